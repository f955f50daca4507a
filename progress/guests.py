"""Visitors without an account: what they have earned follows them when they sign up, or in.

At sign-in, and once more whenever a socket opens, in case the storage did not answer then.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User

from playground.wire.identity import find_guest, owner_of
from progress import services
from progress.exceptions import StorageUnavailable

logger = logging.getLogger(__name__)


def adopt(guest_owner: str, user: User) -> None:
    """A guest's points and attempts become an account's. Called when somebody signs up, in or out."""
    _carry_over(guest_owner, user.pk)


def carry_over(session: Mapping[str, Any], user_id: int | None) -> None:
    """Gives the account behind a session what its guest has earned before. `user_id` is None for who is still one."""
    guest = find_guest(session)
    if guest is not None and user_id is not None:
        _carry_over(guest, user_id)


def _carry_over(guest_owner: str, user_id: int) -> None:
    try:
        services.carry_over(guest_owner, owner_of(user_id))
    except StorageUnavailable:
        # Signing in matters more; the next socket tries again.
        logger.warning("What a guest earned could not be carried over to user %s yet.", user_id)
