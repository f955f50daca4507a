"""Who is on the other side: a signed-in user, or a guest known by their session. Called by consumers and views."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from playground.wire.address import hash_address, read_address

GUEST_KEY = "guest_id"
GUEST_PREFIX = "guest:"


@dataclass(frozen=True)
class Identity:
    """Who sent a request or opened a socket.

    owner: the owner of rows: `user:5`, or `guest:` and a random name that only the session knows.
    address: keyed hash of the network address (`hash_address`); empty for what has none, such as a command.
    """

    owner: str
    user_id: int | None = None
    is_staff: bool = False
    address: str = ""

    @property
    def is_guest(self) -> bool:
        """Whether this is a visitor without an account."""
        return self.owner.startswith(GUEST_PREFIX)

    def may_see(self, owner: str) -> bool:
        return self.is_staff or secrets.compare_digest(self.owner.encode(), owner.encode())


def identify(connection: HttpRequest | Mapping[str, Any]) -> Identity:
    """Return the identity behind a request or an ASGI scope. A new guest gets one, kept in the session.

    Reads and may write the session: call it from a thread, not from the event loop.
    """
    if isinstance(connection, HttpRequest):
        user, session = connection.user, connection.session
    else:
        user, session = connection["user"], connection["session"]
    address = hash_address(read_address(connection))
    if user.is_authenticated and user.is_active:
        return Identity(owner_of(user.pk), user_id=user.pk, is_staff=user.is_staff, address=address)
    if GUEST_KEY not in session:
        session[GUEST_KEY] = secrets.token_urlsafe(24)
        session.save()
    return Identity(f"{GUEST_PREFIX}{session[GUEST_KEY]}", address=address)


def owner_of(user_id: int) -> str:
    """What rows of an account are owned by."""
    return f"user:{user_id}"


def find_guest(session: Mapping[str, Any]) -> str | None:
    """What rows are owned by that the visitor of this session made before they signed in."""
    return f"{GUEST_PREFIX}{session[GUEST_KEY]}" if GUEST_KEY in session else None
