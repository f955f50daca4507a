"""What a visitor did before they had an account comes along. Hears who signs up, in and out."""

from __future__ import annotations

import logging
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest

from notifications import adoption as notifications
from playground.closing import AccountClosed
from playground.wire.identity import find_guest
from progress import guests as progress
from training import adoption as training

logger = logging.getLogger(__name__)


def adopt_guest(*, request: HttpRequest | None, user: User | None, **_: Any) -> None:
    """Receiver of `user_logged_in` and `user_logged_out`.

    At sign-out once more, for a page that was open all the while and whose sockets were still the guest's. Each app may
    be asked again without doubling anything. Django has emptied the session where another user's was there before.
    """
    guest = find_guest(request.session) if request is not None and hasattr(request, "session") else None
    if guest is None or user is None:
        return
    try:
        adopt(guest, user)
    except AccountClosed:
        logger.info("nothing is adopted for account %s, which is deleted", user.pk)


def adopt(guest: str, user: User) -> None:
    """Give everything that a guest owns to an account. Raises AccountClosed."""
    for app in (training, notifications, progress):
        app.adopt(guest, user)
