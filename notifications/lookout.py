"""A thread of the worker that takes mail: looks for what is due although no message tells of it, retries above all."""

from __future__ import annotations

import logging
import threading

from django.db import Error, close_old_connections, connection

from notifications import outbox
from notifications.deliverer import TICK, get_deliverer

logger = logging.getLogger(__name__)


class Lookout:
    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._look, name="mail-lookout", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(timeout=10)

    def _look(self) -> None:
        while not self._stopping.wait(TICK):
            try:
                close_old_connections()
                if outbox.has_due():
                    get_deliverer().wake()
            except Error:
                logger.exception("the outbox could not be looked at")
                connection.close()
        connection.close()
