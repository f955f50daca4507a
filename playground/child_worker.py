"""A Celery worker in a child process, which ends with its parent. Started by a worker that trains."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence

THREADS = 16  # they wait for answers of the question workers, or for mail servers
STOP_SECONDS = 20
PARENT_PIPE = "PLAYGROUND_PARENT_PIPE"
"""The environment variable that tells a worker that its standard input ends with its parent."""

logger = logging.getLogger(__name__)


class ChildWorker:
    """A worker for some queues. If its process ends unexpectedly, another is started."""

    def __init__(self, queues: Sequence[str]) -> None:
        self._queues = queues
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep_running, name="child-worker", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
        self._thread.join(timeout=STOP_SECONDS)

    def _keep_running(self) -> None:
        command = [sys.executable, "-m", "celery", "-A", "playground", "worker", "-Q", ",".join(self._queues)]
        command += ["-n", f"child-{os.getpid()}@%h", "-c", str(THREADS), "--without-gossip", "--without-mingle"]
        while not self._stopping.is_set():
            # The child reads from the pipe, which ends with this process, however it ends.
            self._process = subprocess.Popen(  # noqa: S603 - nothing in it comes from users
                command, stdin=subprocess.PIPE, env={**os.environ, PARENT_PIPE: "1", "METRICS_PORT": "0"}
            )
            self._process.wait()
            if not self._stopping.is_set():
                logger.warning("the child worker ended unexpectedly")
                self._stopping.wait(1)


def end_with_parent() -> None:
    """End this process when its parent ends. Does nothing in a process that is no child worker."""
    if os.environ.get(PARENT_PIPE):
        threading.Thread(target=_wait_for_parent, name="parent-pipe", daemon=True).start()


def _wait_for_parent() -> None:
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)
