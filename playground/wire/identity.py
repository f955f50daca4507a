"""Who is on the other side: a signed-in user, or a guest known by their session. Called by consumers and views."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest

from playground.wire.address import hash_address, read_address
from playground.wire.session_limit import may_begin_session

GUEST_KEY = "guest_id"
GUEST_PREFIX = "guest:"


@dataclass(frozen=True)
class Identity:
    """The owner of what a visitor creates, and the visitor's permissions on what others own.

    Parameters
    ----------
    owner
        The `owner` of the visitor's rows: `user:5`, or `guest:` and a random name that only the session knows.
    user_id
        The account's primary key. None for guests.
    permissions
        Django permissions such as `training.view_trainingrun`, with which staff may act on other people's objects.
        Empty for guests and learners.
    address
        Keyed hash of the network address (`hash_address`). Empty for a command.
    """

    owner: str
    user_id: int | None = None
    permissions: frozenset[str] = frozenset()
    address: str = ""

    @property
    def is_guest(self) -> bool:
        """Whether this is a visitor without an account."""
        return self.owner.startswith(GUEST_PREFIX)

    def may(self, *permissions: str) -> bool:
        """Return whether the visitor has all of these permissions."""
        return self.permissions.issuperset(permissions)

    def may_reach(self, owner: str, *permissions: str) -> bool:
        """Return whether the visitor is `owner`, or has all of these permissions. With none named, only `owner` may."""
        is_own = secrets.compare_digest(self.owner.encode(), owner.encode())
        return is_own or (bool(permissions) and self.may(*permissions))

    def limit_to(self, permissions: Iterable[str]) -> Identity:
        """Return the same visitor with no other permissions than these."""
        return replace(self, permissions=self.permissions.intersection(permissions))


def identify(connection: HttpRequest | Mapping[str, Any], *permissions: str) -> Identity:
    """Return the identity behind a request or an ASGI scope. A new guest gets one, kept in the session.

    Where too many sessions began at the address lately, the session is not stored, and the guest is known for this
    request or socket only.

    The identity has only the permissions that are named here. A view or an event that names none reaches no object of
    others. Reads and may write the session: call it from a thread, not from the event loop.
    """
    if isinstance(connection, HttpRequest):
        user, session = connection.user, connection.session
    else:
        user, session = connection["user"], connection["session"]
    address = hash_address(read_address(connection))
    if user.is_authenticated and user.is_active:
        permitted = find_permissions(user, permissions)
        return Identity(owner_of(user.pk), user_id=user.pk, permissions=permitted, address=address)
    if GUEST_KEY not in session:
        name = secrets.token_urlsafe(24)
        if not may_begin_session(address):
            return Identity(f"{GUEST_PREFIX}{name}", address=address)
        session[GUEST_KEY] = name
        session.save()
    return Identity(f"{GUEST_PREFIX}{session[GUEST_KEY]}", address=address)


def find_permissions(user: Any, wanted: Iterable[str]) -> frozenset[str]:
    """Return those of the wanted permissions that an account has. As in the admin, only active staff have any."""
    if not (user.is_active and user.is_staff):
        return frozenset()
    return frozenset(permission for permission in wanted if user.has_perm(permission))


def owner_of(user_id: int) -> str:
    """Return the `owner` of an account's rows."""
    return f"user:{user_id}"


def find_user_id(owner: str) -> int | None:
    """Return the account's primary key from an `owner`; None for a guest or a command."""
    number = owner.removeprefix("user:")
    # More digits may exceed the integers of the database.
    return int(number) if owner.startswith("user:") and number.isdecimal() and len(number) < 19 else None


def find_guest(session: Mapping[str, Any]) -> str | None:
    """Return the `owner` of what the visitor of this session made as a guest, or None."""
    return f"{GUEST_PREFIX}{session[GUEST_KEY]}" if GUEST_KEY in session else None
