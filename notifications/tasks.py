"""Delivery by Celery workers: the task, and a thread that looks for retries."""

from __future__ import annotations

import logging
import threading

from celery import shared_task
from django.db import Error, close_old_connections, connection

from notifications import mail_queue
from notifications.delivery import POLL_SECONDS, SENDERS, TASK, deliver_due, get_delivery

logger = logging.getLogger(__name__)

_slots = threading.BoundedSemaphore(SENDERS)


@shared_task(name=TASK, acks_late=True, ignore_result=True)
def deliver() -> None:
    """Deliver all messages that are due. Does nothing if SENDERS tasks of this process already do."""
    if _slots.acquire(blocking=False):
        try:
            deliver_due()
        finally:
            _slots.release()


class QueuePoller:
    """A thread of a worker that looks for due messages of which no task tells, mainly retries."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mail-poller", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        while not self._stopping.wait(POLL_SECONDS):
            try:
                close_old_connections()
                if mail_queue.has_due():
                    get_delivery().wake()
            except Error:
                logger.exception("the queue of e-mails could not be read")
                connection.close()
        connection.close()
