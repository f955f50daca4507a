"""What Celery's workers do for mail."""

from __future__ import annotations

import threading

from celery import shared_task

from notifications.deliverer import SENDERS
from notifications.delivery import deliver_due

_places = threading.BoundedSemaphore(SENDERS)


@shared_task(name="notifications.deliver", acks_late=True, ignore_result=True)
def deliver() -> None:
    """Delivers all that is due, unless as many as may do so at a time are at it already: then they do."""
    if _places.acquire(blocking=False):
        try:
            deliver_due()
        finally:
            _places.release()
