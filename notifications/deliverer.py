"""The threads that empty the outbox, beside the engine in the server's process; `get_deliverer()` is that process's."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import uuid
from collections.abc import Callable, Iterator
from functools import cache
from time import thread_time

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection

from notifications import delivery, outbox

TICK = 1.0  # seconds between looks at what has become due, or was queued by other processes
SHARE = 0.1  # of one core's time, for each sender: mail may wait, the sockets of the same process may not

logger = logging.getLogger(__name__)


class Deliverer:
    """EMAIL_SENDERS threads send, so that a road that hangs holds up one message each; one more renews their leases."""

    def __init__(self) -> None:
        self.id = f"mail-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._bell = threading.Condition()
        self._rung = 0
        self._held: set[outbox.Claim] = set()
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    # --- from any thread ---------------------------------------------------------------------------------------------

    def start(self) -> None:
        if not self._threads:
            self._stopping.clear()
            work: list[Callable[[], None]] = [self._send] * settings.EMAIL_SENDERS + [self._renew]
            self._threads = [threading.Thread(target=each, name="mail", daemon=True) for each in work]
            for thread in self._threads:
                thread.start()

    def stop(self) -> None:
        """What is on its way may still arrive. What does not in ten seconds is taken up again when its lease lapses."""
        self._stopping.set()
        self.wake()
        for thread in self._threads:
            thread.join(timeout=10)
        self._threads = []

    def wake(self) -> None:
        """Something is queued: look now. A hint only."""
        with self._bell:
            self._rung += 1
            self._bell.notify_all()

    # --- the threads -------------------------------------------------------------------------------------------------

    def _send(self) -> None:
        heard = 0
        while not self._stopping.is_set():
            try:
                close_old_connections()
                if (claim := outbox.claim_next(self.id)) is not None:
                    began = thread_time()
                    with self._holding(claim):
                        delivery.deliver(claim)
                    self._stopping.wait((thread_time() - began) * (1 / SHARE - 1))
                    continue
            except DatabaseError:
                # Locked or away: what was claimed is taken up again when its lease lapses.
                logger.exception("the deliverer could not use the database")
                connection.close()
            heard = self._wait(heard)
        connection.close()

    def _wait(self, heard: int) -> int:
        """Until something is queued since `heard`, or a tick has passed."""
        with self._bell:
            self._bell.wait_for(lambda: self._rung != heard or self._stopping.is_set(), timeout=TICK)
            return self._rung

    @contextlib.contextmanager
    def _holding(self, claim: outbox.Claim) -> Iterator[None]:
        self._held.add(claim)
        try:
            yield
        finally:
            self._held.discard(claim)

    def _renew(self) -> None:
        while not self._stopping.wait(settings.EMAIL_LEASE_SECONDS / 4):
            if held := self._held.copy():
                try:
                    close_old_connections()
                    outbox.renew(held)
                except DatabaseError:
                    logger.exception("the leases of mail could not be renewed")
                    connection.close()
        connection.close()


@cache
def get_deliverer() -> Deliverer:
    """Not started: whoever serves starts it."""
    return Deliverer()
