"""A second worker in a process of its own, which lives as long as this one. Started by Celery's first worker."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence

PLACES = 16  # threads that wait for answers, or for roads to take a message
STOP_SECONDS = 20
LIFELINE = "PLAYGROUND_LIFELINE"

logger = logging.getLogger(__name__)


class SecondWorker:
    """Takes `queues`. One that ends by itself is followed by another."""

    def __init__(self, queues: Sequence[str]) -> None:
        self._queues = queues
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep, name="second-worker", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
        self._thread.join(timeout=STOP_SECONDS)

    def _keep(self) -> None:
        command = [sys.executable, "-m", "celery", "-A", "playground", "worker", "-Q", ",".join(self._queues)]
        command += ["-n", f"second-{os.getpid()}@%h", "-c", str(PLACES), "--without-gossip", "--without-mingle"]
        while not self._stopping.is_set():
            # It reads from the pipe, and ends with it, however this process ends.
            self._process = subprocess.Popen(  # noqa: S603 - nothing in it comes from users
                command, stdin=subprocess.PIPE, env={**os.environ, LIFELINE: "1", "METRICS_PORT": "0"}
            )
            self._process.wait()
            if not self._stopping.is_set():
                logger.warning("the second worker ended unexpectedly")
                self._stopping.wait(1)


def hold_lifeline() -> None:
    """In the second worker: ends this process when the first is gone."""
    if os.environ.get(LIFELINE):
        threading.Thread(target=_wait_for_the_end, name="lifeline", daemon=True).start()


def _wait_for_the_end() -> None:
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)
