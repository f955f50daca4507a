"""Transfers everything that a guest owns to an account, at sign-up, sign-in and sign-out."""

from __future__ import annotations

import logging
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest

from notifications import mail_queue
from playground.accounts import user_settings
from playground.closed_accounts import AccountClosed
from playground.wire.identity import find_guest
from progress import guests as progress
from training import guest_transfer as training

logger = logging.getLogger(__name__)


def transfer_guest(*, request: HttpRequest | None, user: User | None, **_: Any) -> None:
    """Transfer the data of the session's guest. Receiver of `user_logged_in` and `user_logged_out`.

    At sign-out it transfers what a page that was open since before the sign-in did as the guest. A repeated call
    changes nothing. If another account was signed in before, Django has emptied the session and with it the guest.
    """
    guest = find_guest(request.session) if request is not None and hasattr(request, "session") else None
    if guest is None or user is None:
        return
    try:
        transfer(guest, user)
    except AccountClosed:
        logger.info("guest data was not transferred to account %s: the account is deleted", user.pk)


def transfer(guest_owner: str, user: User) -> None:
    """Transfer runs, tables, settings, e-mails and progress of a guest to an account. Raises AccountClosed."""
    training.transfer(guest_owner, user)
    user_settings.transfer(guest_owner, user)
    mail_queue.transfer(guest_owner, user)
    progress.transfer(guest_owner, user)
