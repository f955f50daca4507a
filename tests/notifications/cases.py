"""Base class of mail tests: settings with immediate retries, and a running delivery."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from django.test import override_settings

from notifications.delivery import DeliveryThreads
from notifications.models import EmailMessage, MailStatus
from notifications.submission import submit
from playground.wire.identity import Identity
from tests.training.cases import ALICE, wait_until

IMPATIENT = {"RETRY_SECONDS": 0.02, "LEASE_SECONDS": 5}
OVER = (MailStatus.SENT, MailStatus.FAILED, MailStatus.CANCELLED)


def queue_text(number: int = 0, identity: Identity = ALICE, **fields: Any) -> EmailMessage:
    return submit(identity, recipient=f"ada{number}@example.org", subject=f"No. {number}", body_text="…", **fields)


@contextmanager
def delivering(constants: dict[str, float] | None = None, **settings: Any) -> Iterator[DeliveryThreads]:
    """A delivery at work, under these settings and constants of the queue."""
    logger = logging.getLogger("notifications.delivery")
    with (
        override_settings(**{"EMAIL_TIMEOUT": 0.5, **settings}),
        patch.multiple("notifications.mail_queue", **{**IMPATIENT, **(constants or {})}),
        patch("notifications.delivery.POLL_SECONDS", 0.02),
    ):
        delivery = DeliveryThreads()
        delivery.start()
        logger.setLevel(logging.ERROR)  # what goes wrong on the way is what these tests are about
        try:
            yield delivery
        finally:
            delivery.stop()
            logger.setLevel(logging.NOTSET)


def wait_until_delivered(timeout: float = 30) -> None:
    wait_until(lambda: not EmailMessage.objects.exclude(status__in=OVER).exists(), "the queue to be empty", timeout)
