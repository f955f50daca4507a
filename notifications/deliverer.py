"""The threads that empty the outbox, beside the local engine in the server's process. `get_deliverer()` is that
process's, whatever the engine.
"""

from __future__ import annotations

import logging
import threading
from functools import cache
from time import thread_time
from typing import Any

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection

from notifications.delivery import deliver_due
from notifications.handover import Handover
from notifications.signals import email_queued

SENDERS = 2  # messages that one process sends at once

TICK = 1.0  # seconds between looks at what has become due, or was queued by other processes
SHARE = 0.1  # of one core's time, for each sender: mail may wait, the sockets of the same process may not

logger = logging.getLogger(__name__)


class Deliverer:
    """SENDERS threads send, so that a road that hangs holds up one message each."""

    def __init__(self) -> None:
        self._bell = threading.Condition()
        self._rung = 0
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    # --- from any thread ---------------------------------------------------------------------------------------------

    def start(self) -> None:
        if not self._threads:
            self._stopping.clear()
            email_queued.connect(self.wake)
            self._threads = [threading.Thread(target=self._work, name="mail", daemon=True) for _ in range(SENDERS)]
            for thread in self._threads:
                thread.start()

    def stop(self) -> None:
        """What is on its way may still arrive. What does not in ten seconds is taken up again when its lease lapses."""
        email_queued.disconnect(self.wake)
        self._stopping.set()
        self.wake()
        for thread in self._threads:
            thread.join(timeout=10)
        self._threads = []

    def wake(self, **_: Any) -> None:
        """Something is queued: look now. A hint only."""
        with self._bell:
            self._rung += 1
            self._bell.notify_all()

    # --- the threads -------------------------------------------------------------------------------------------------

    def _work(self) -> None:
        heard = 0
        while not self._stopping.is_set():
            began = thread_time()
            if self._deliver_one():
                self._stopping.wait((thread_time() - began) * (1 / SHARE - 1))
            else:
                heard = self._wait(heard)
        connection.close()

    def _deliver_one(self) -> bool:
        """Whether there was one."""
        try:
            close_old_connections()
            return deliver_due(at_most=1) > 0
        except DatabaseError as error:
            # Locked, away or not migrated. What was claimed is taken up again when its lease lapses.
            logger.error("the deliverer could not use the database: %s", error)
            connection.close()
            return False
        except Exception:
            # Without this thread no mail leaves any more, so it outlives every error.
            logger.exception("a turn of the deliverer failed")
            connection.close()
            return False

    def _wait(self, heard: int) -> int:
        """Until something is queued since `heard`, or a tick has passed."""
        with self._bell:
            self._bell.wait_for(lambda: self._rung != heard or self._stopping.is_set(), timeout=TICK)
            return self._rung


@cache
def get_deliverer() -> Deliverer | Handover:
    """Not started: whoever serves starts it. Beside Celery's workers it hands over to them."""
    return Handover() if settings.TRAINING_ENGINE == "celery" else Deliverer()
