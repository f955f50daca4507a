"""Move the progress of guests (visitors without an account) to their account when they sign up or sign in.

This happens at sign-in, and again whenever a socket opens, in case the storage did not answer at sign-in.
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


def transfer(guest_owner: str, user: User) -> None:
    """Move the guest's points and attempts to the account. Receiver of the sign-up and sign-in signals."""
    _carry_over(guest_owner, user.pk)


def carry_over(session: Mapping[str, Any], user_id: int | None) -> None:
    """Give the account of a session what its guest has earned. `user_id` is None if the visitor is still a guest."""
    guest = find_guest(session)
    if guest is not None and user_id is not None:
        _carry_over(guest, user_id)


def _carry_over(guest_owner: str, user_id: int) -> None:
    try:
        services.carry_over(guest_owner, owner_of(user_id))
    except StorageUnavailable:
        # A failed move must not prevent the sign-in. The next socket tries again.
        logger.warning("What a guest earned could not be carried over to user %s yet.", user_id)
