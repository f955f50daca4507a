"""Visitors without an account: what they have earned follows them when they sign up, or in.

At sign-in, and once more whenever a socket opens, in case the storage did not answer then.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest

from playground.wire.identity import GUEST_KEY
from progress import services
from progress.exceptions import StorageUnavailable

logger = logging.getLogger(__name__)


def carry_over_at_login(*, request: HttpRequest | None, user: User, **_: Any) -> None:
    """Receiver of `user_logged_in`. Django has emptied the session where another user's was there before."""
    if request is not None and hasattr(request, "session"):
        carry_over(request.session, user.pk)


def carry_over(session: Mapping[str, Any], user_id: int | None) -> None:
    """Gives the account behind a session what its guest has earned before. `user_id` is None for who is still one."""
    guest = session.get(GUEST_KEY)
    if guest is None or user_id is None:
        return
    try:
        services.carry_over(f"guest:{guest}", f"user:{user_id}")
    except StorageUnavailable:
        # Signing in matters more; the next socket tries again.
        logger.warning("What a guest earned could not be carried over to user %s yet.", user_id)
