"""Beside Celery, the servers deliver nothing: they tell the workers that there is something to deliver."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from notifications.signals import email_queued

QUEUE = "mail"

logger = logging.getLogger(__name__)


class Handover:
    """As a Deliverer, to whoever starts and stops it. In servers and in workers alike, where reports are queued."""

    def __init__(self) -> None:
        self._sending = ThreadPoolExecutor(1, thread_name_prefix="mail-hint")

    def start(self) -> None:
        email_queued.connect(self.wake)

    def stop(self) -> None:
        email_queued.disconnect(self.wake)

    def wake(self, **_: Any) -> None:
        self._sending.submit(_send_hint)


def _send_hint() -> None:
    from celery import current_app
    from kombu.exceptions import OperationalError

    try:
        current_app.send_task("notifications.deliver", queue=QUEUE, ignore_result=True)
    except (OperationalError, OSError):
        # The message is in the outbox all the same: a worker that has nothing to do looks by itself.
        logger.warning("the broker could not be told of mail", exc_info=True)
