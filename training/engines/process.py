"""WorkerProcess: a worker process as its owner sees it. Starts it, assigns tasks, cancels, measures time and memory."""

from __future__ import annotations

import contextlib
import multiprocessing
import sys
import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, SpawnContext
from multiprocessing.process import BaseProcess
from time import monotonic
from typing import Any

import psutil

from playground.wire.envelope import ServerMessage
from playground.wire.errors import PlaygroundError
from training.jobs.jobs import Job
from training.jobs.questions import Question
from training.runs import Claim
from training.work.roles import Role
from training.work.worker import NICENESS, run_compiler, run_worker

_context: ForkServerContext | SpawnContext
if sys.platform == "linux":
    # Forked from a process that has loaded the libraries, which takes seconds, and nothing of the server.
    _context = multiprocessing.get_context("forkserver")
    _context.set_forkserver_preload(["training.work.preload"])
else:  # on other systems, libraries do not work after a fork
    _context = multiprocessing.get_context("spawn")

_start_lock = threading.Lock()  # several threads start processes

CANCEL_GRACE = 1.5  # seconds that a cancelled job gets before its worker is ended


@dataclass
class Assignment:
    """The task of a worker: a claimed job or a question. `future` is done when the task has ended."""

    task: Job | Question
    claim: Claim | None = None
    future: Future[Any] | None = None
    began: float = field(default_factory=monotonic)
    cancelled_at: float | None = None

    def answer(self, content: ServerMessage | PlaygroundError | None) -> None:
        """Give the answer or the error to the requester. `content` is None at the end of a job."""
        if self.future is not None and not self.future.done() and self.future.set_running_or_notify_cancel():
            if isinstance(content, PlaygroundError):
                self.future.set_exception(content)
            else:
                self.future.set_result(content)


def start_compiler() -> BaseProcess:
    """Start the process that compiles the training kernel. It ends by itself."""
    process = _context.Process(target=run_compiler, name="playground-compiler", daemon=True)
    process.start()
    return process


class WorkerProcess:
    """A process that runs from its construction. `ready`: whether it has warmed up."""

    def __init__(self, role: Role) -> None:
        self.role = role
        self.ready = False
        self.ends_after_task = False  # whether it is ended after its task
        self.last_owner = ""  # of the last question: the worker may still have this owner's table
        self._idle_since = monotonic()
        self.assignment: Assignment | None = None
        self.received: list[tuple[str, Any]] = []  # messages that are not handled yet: the database may be unavailable
        self.pipe: Connection
        self.pipe, theirs = _context.Pipe()
        self._cancelled = _context.RawValue("b", 0)
        self._stopping = _context.RawValue("b", 0)
        self._process = _context.Process(
            target=run_worker,
            args=(theirs, self._cancelled, self._stopping, role),
            name=f"playground-{role.value}",
            daemon=True,
        )
        with _start_lock:
            self._process.start()
        theirs.close()  # so that the pipe closes when the worker ends
        self._usage = psutil.Process(self._process.pid)
        self._own_at_start = 0.0

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    @property
    def idle(self) -> bool:
        return self.ready and self.assignment is None

    @property
    def task(self) -> Job | Question | None:
        return self.assignment.task if self.assignment else None

    def become_ready(self) -> None:
        """Record that it has warmed up, and its memory at this moment."""
        self.ready = True
        self._own_at_start = self._measure_own()

    def assign(self, assignment: Assignment) -> None:
        """Give a task to an idle worker. Two processes that send to each other at the same time would block."""
        self._cancelled.value = 0
        self.assignment = assignment
        assignment.began = monotonic()
        self.pipe.send(assignment.task)

    def end_task(self) -> None:
        self.assignment = None
        self._idle_since = monotonic()

    def idle_seconds(self) -> float:
        return monotonic() - self._idle_since

    def yield_to_others(self, role: Role) -> None:
        """Continue its task in another role, with a lower priority. The worker is ended after the task."""
        self.role = role
        self.ends_after_task = True
        with contextlib.suppress(psutil.Error, OSError):
            self._usage.nice(NICENESS if sys.platform != "win32" else psutil.BELOW_NORMAL_PRIORITY_CLASS)

    def cancel(self) -> None:
        """Ask its job to stop at the next batch."""
        self._cancelled.value = 1
        if self.assignment and self.assignment.cancelled_at is None:
            self.assignment.cancelled_at = monotonic()

    def request_stop(self) -> None:
        """Ask its training to write a checkpoint at the end of the epoch, and to end without a result."""
        self._stopping.value = 1

    @property
    def ignores_cancel(self) -> bool:
        """Return whether its job goes on CANCEL_GRACE seconds after it was cancelled: a library's own fit does not
        stop.
        """
        cancelled_at = self.assignment.cancelled_at if self.assignment else None
        return cancelled_at is not None and monotonic() - cancelled_at > CANCEL_GRACE

    def busy_seconds(self) -> float:
        return monotonic() - self.assignment.began if self.assignment else 0.0

    def grown_mb(self) -> float:
        """Return by how many megabytes it has grown since it warmed up."""
        return self._measure_own() - self._own_at_start

    def _measure_own(self) -> float:
        """Return its resident megabytes without files and shared memory."""
        try:
            usage = self._usage.memory_info()
        except psutil.NoSuchProcess:
            return 0.0
        return float(usage.rss - getattr(usage, "shared", 0)) / 2**20

    def memory_mb(self) -> float:
        try:
            return self._usage.memory_info().rss / 2**20
        except psutil.NoSuchProcess:
            return 0.0

    def receive(self) -> list[tuple[str, Any]]:
        """Return all messages that have arrived. Raises EOFError if there is none and the worker has ended."""
        arrived = []
        try:
            while self.pipe.poll():
                arrived.append(self.pipe.recv())
        except (EOFError, OSError):
            if not arrived:
                raise EOFError from None
        return arrived

    def kill(self) -> None:
        self._process.kill()
        self._process.join(timeout=5)
        self.pipe.close()
