"""Delivers messages of the outbox over the road that EMAIL_BACKEND names. Called by the deliverer's threads."""

from __future__ import annotations

import logging

from django.conf import settings

from notifications import outbox
from notifications.compose import compose
from notifications.failures import describe, is_permanent
from notifications.files import FilesPending

LOOK_AGAIN = 0.5  # seconds between looks for files that are being built

logger = logging.getLogger(__name__)


def deliver(claim: outbox.Claim) -> None:
    """Composes, sends, and records what became of it."""
    message = outbox.get_message(claim)
    if message is None:
        return
    if message.attempts > settings.EMAIL_MAX_ATTEMPTS:
        outbox.record_failure(claim, "Given up: whoever tried to send it was lost each time.")
        return
    try:
        compose(message).send()
    except FilesPending:
        outbox.await_files(claim, LOOK_AGAIN)
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


def deliver_due(deliverer_id: str = "by hand") -> int:
    """Delivers what is due, one after the other, and returns how many messages were taken up."""
    taken = 0
    while (claim := outbox.claim_next(deliverer_id)) is not None:
        deliver(claim)
        taken += 1
    return taken
