"""Delivers what is due over the road that EMAIL_BACKEND names. A thread or a task that works calls `deliver_due`."""

from __future__ import annotations

import logging
import os
from functools import partial

from notifications import leases, outbox, policy, resets
from notifications.compose import compose
from notifications.exceptions import MailLimitReached, MailNotNeeded
from notifications.failures import describe, is_permanent
from notifications.files import FilesPending
from notifications.models import EmailMessage

LOOK_AGAIN = 0.5  # seconds between looks for files that are being built

logger = logging.getLogger(__name__)


def deliver_due(*, at_most: int | None = None) -> int:
    """Delivers what is due, one message after the other, and returns how many were taken up.

    Any number of threads and processes may do so at once: each message is sent by one of them.
    """
    taken = 0
    while (at_most is None or taken < at_most) and (claim := outbox.claim_next(_name_worker())) is not None:
        with leases.holding(claim):
            _deliver(claim)
        taken += 1
    return taken


def _deliver(claim: outbox.Claim) -> None:
    """Composes, sends, and records what became of it."""
    message = outbox.get_message(claim)
    if message is None:
        return
    if message.attempts > outbox.MAX_ATTEMPTS:
        outbox.record_failure(claim, "Given up: whoever tried to send it was lost each time.")
        return
    try:
        letter = compose(message)
        _count_reset(claim, message)
        letter.send()
    except FilesPending:
        outbox.await_files(claim, LOOK_AGAIN)
    except MailNotNeeded as refusal:
        outbox.record_dropped(claim, refusal.message)
    except Exception as error:
        # Whatever a road raises is this message's fate alone: the others go on.
        reason = describe(error)
        if is_permanent(error):
            logger.warning("message %s failed: %s", message.pk, reason)
            outbox.record_failure(claim, reason)
        else:
            logger.warning("message %s was not sent at attempt %d: %s", message.pk, message.attempts, reason)
            outbox.retry_later(claim, message.attempts, reason)
    else:
        outbox.record_sent(claim)


def _count_reset(claim: outbox.Claim, message: EmailMessage) -> None:
    """Count a mail with links for new passwords, which was stored uncounted. Raises MailNotNeeded over the limits."""
    if message.is_counted:
        return
    is_own = any(account.is_confirmed for account in resets.find_accounts(message.recipient))
    try:
        outbox.count(claim, message, partial(policy.check_reset, is_own=is_own))
    except MailLimitReached as refusal:
        logger.warning("message %s, a link for a new password, is not sent: %s", message.pk, refusal.message)
        raise MailNotNeeded(refusal.message) from refusal


def _name_worker() -> str:
    """For people who look into the table; the claim's token alone counts."""
    return f"mail-{os.getpid()}"
