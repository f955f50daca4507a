"""The rights of an open socket: whether its session and account are valid, and its current permissions.

A socket is authenticated once, when it is opened. Sign-out, deactivation, deletion, a new password or a new role may
follow. EventConsumer reads the rights every RIGHTS_SECONDS and closes the socket when they have changed.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from channels.db import database_sync_to_async
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.utils import timezone

from playground.wire.batching import BatchedRead
from playground.wire.identity import find_permissions

KEYS_A_QUERY = 500

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Credentials:
    """What a socket was opened with.

    Parameters
    ----------
    session_key
        Of the session. Empty for a guest whose session is not stored.
    user_id, auth_hash
        The account and its session hash, which changes with the password. None and empty for guests.
    wanted
        The permissions that the socket's events ask for.
    """

    session_key: str
    user_id: int | None
    auth_hash: str
    wanted: frozenset[str]


def build_credentials(scope: Mapping[str, Any], wanted: frozenset[str]) -> Credentials:
    """Return the credentials of a socket with this ASGI scope."""
    user, session_key = scope["user"], scope["session"].session_key or ""
    if not user.is_authenticated:
        return Credentials(session_key, None, "", frozenset())
    return Credentials(session_key, user.pk, user.get_session_auth_hash(), wanted)


async def find_rights(credentials: Credentials) -> frozenset[str] | None:
    """Return the current permissions of a socket, or None if its session or its account is not valid any more.

    The answer is at most as old as a batch, 0.2 s. Raises DatabaseError.
    """
    return (await _gathering.get([credentials])).get(credentials)


def read_rights(asked: Collection[Credentials]) -> dict[Credentials, frozenset[str]]:
    """Return the permissions of all credentials that are still valid."""
    sessions = _find_sessions({each.session_key for each in asked if each.session_key})
    users = get_user_model().objects.in_bulk({each.user_id for each in asked if each.user_id is not None})
    found = {}
    for each in asked:
        if each.session_key and each.session_key not in sessions:
            continue
        user = users.get(each.user_id) if each.user_id is not None else None
        if each.user_id is None:
            found[each] = frozenset[str]()
        elif user is not None and user.is_active and _is_same(user.get_session_auth_hash(), each.auth_hash):
            found[each] = find_permissions(user, each.wanted)
    return found


def _find_sessions(keys: Collection[str]) -> set[str]:
    ordered, found = sorted(keys), set[str]()
    for start in range(0, len(ordered), KEYS_A_QUERY):
        rows = Session.objects.filter(session_key__in=ordered[start : start + KEYS_A_QUERY])
        found |= set(rows.filter(expire_date__gt=timezone.now()).values_list("session_key", flat=True))
    return found


def _is_same(one: str, other: str) -> bool:
    return secrets.compare_digest(one.encode(), other.encode())


async def _read_batch(asked: Collection[Credentials]) -> Mapping[Credentials, frozenset[str]]:
    try:
        found: dict[Credentials, frozenset[str]] = await _read_in_thread(asked)
    except Exception:
        # Logged once here, since every socket of the batch gets the exception.
        logger.exception("the rights of open sockets could not be read")
        raise
    return found


_read_in_thread = database_sync_to_async(read_rights, thread_sensitive=False)
_gathering: BatchedRead[Credentials, frozenset[str]] = BatchedRead(_read_batch)
