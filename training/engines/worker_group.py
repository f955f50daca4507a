"""A thread that owns worker processes. Base class of the pool of trainers and of the pool of question workers."""

from __future__ import annotations

import logging
import os
import threading
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from time import monotonic

from training.engines.process import WorkerProcess
from training.work.roles import Role

TICK = 0.5  # seconds between checks of what no event announces
WATCH = 0.1  # seconds between checks of the memory and time of busy workers
GROWN_MB = 150.0  # growth that an idle worker may keep for good, such as tables that it may need again
KEPT_SECONDS = 10.0  # how long an idle worker may keep more than that

logger = logging.getLogger(__name__)


class WorkerGroup(ABC):
    """Only its thread uses the workers. Other threads put a message into an inbox of the subclass and call `_ring`."""

    def __init__(self, name: str, on_tick: Callable[[], None] = lambda: None) -> None:
        """`on_tick` is called by the thread, every TICK seconds."""
        self.id = f"{name}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._bell: Connection
        self._ear: Connection
        self._ear, self._bell = Pipe(duplex=False)
        self._ringing = threading.Event()
        self._stopping = threading.Event()
        self._warm = threading.Event()
        self._thread: threading.Thread | None = None
        self._workers: list[WorkerProcess] = []
        self._starter = ThreadPoolExecutor(1, thread_name_prefix="starter")
        self._hiring: dict[Future[WorkerProcess], Role] = {}
        self._on_tick = on_tick
        self._ended = threading.Condition()  # notified after each task
        self._ticked = self._watched = 0.0

    # --- from any thread ---------------------------------------------------------------------------------------------

    def start(self) -> None:
        if self._thread is None:
            self._stopping.clear()
            self._warm.clear()
            self._thread = threading.Thread(target=self._work, name=self.id, daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the workers, and give back or refuse what they were doing."""
        if self._thread is not None:
            self._stopping.set()
            self._ring()
            self._thread.join(timeout=10)
            self._thread = None

    @property
    def is_running(self) -> bool:
        return self._thread is not None

    @property
    def is_ready(self) -> bool:
        """Whether the thread runs and its workers have warmed up. Replacing a worker leaves it ready."""
        return self._thread is not None and self._thread.is_alive() and self._warm.is_set()

    def wait_until_warm(self, timeout: float) -> bool:
        """Return True once every worker has warmed up at least once."""
        return self._warm.wait(timeout)

    def wait_until_idle(self, timeout: float) -> bool:
        """Return True once no worker has a task. It may get one the moment after."""
        with self._ended:
            return self._ended.wait_for(lambda: not any(worker.assignment for worker in self.workers), timeout)

    @property
    def is_complete(self) -> bool:
        """Whether every worker is there and has warmed up."""
        workers = self.workers
        return all(
            sum(worker.role is role and worker.ready for worker in workers) >= count
            for role, count in self._count_needed().items()
        )

    @property
    def workers(self) -> tuple[WorkerProcess, ...]:
        return tuple(self._workers)

    def _ring(self) -> None:
        if not self._ringing.is_set():
            self._ringing.set()
            self._bell.send_bytes(b"!")

    # --- the thread --------------------------------------------------------------------------------------------------

    @abstractmethod
    def _work(self) -> None:
        """Call `_turn` until `_stopping` is set, then end the workers."""

    @abstractmethod
    def _count_needed(self) -> Mapping[Role, int]:
        """Return how many workers of each role there should be now."""

    @abstractmethod
    def _begin_turn(self) -> None:
        """Read the inbox and give tasks to idle workers."""

    @abstractmethod
    def _deal_with(self, worker: WorkerProcess) -> None:
        """Handle what `worker.heard` holds."""

    @abstractmethod
    def _lose(self, worker: WorkerProcess) -> None:
        """Handle a worker whose process ended unexpectedly. Implementations call `_dismiss`."""

    @abstractmethod
    def _watch(self, worker: WorkerProcess) -> None:
        """Enforce the limits of a busy worker."""

    @abstractmethod
    def _tick(self) -> None:
        """Check what no event announces. Called every TICK seconds."""

    def _turn(self) -> None:
        self._hire()
        self._begin_turn()
        busy = any(worker.assignment for worker in self._workers)
        pipes: dict[Connection, WorkerProcess] = {worker.pipe: worker for worker in self._workers}
        for ready in wait([self._ear, *pipes], timeout=WATCH if busy else TICK):
            if ready is self._ear:
                self._ear.recv_bytes()
                self._ringing.clear()
            else:
                self._hear(pipes[ready])  # type: ignore[index]
        now = monotonic()
        if now - self._ticked >= TICK:
            self._ticked = now
            self._tick()
            self._dismiss_grown()
            self._on_tick()
        if now - self._watched >= WATCH:
            self._watched = now
            for worker in [worker for worker in self._workers if worker.assignment]:
                self._watch(worker)

    def _hire(self) -> None:
        """Add the workers that have started, and start those that are missing.

        Another thread starts them, since that takes seconds while the process that forks them is not running yet.
        """
        for future in [future for future in self._hiring if future.done()]:
            del self._hiring[future]
            self._workers.append(future.result())
        for role, count in self._count_needed().items():
            present = sum(worker.role is role for worker in self._workers)
            for _ in range(count - present - list(self._hiring.values()).count(role)):
                future = self._starter.submit(WorkerProcess, role)
                self._hiring[future] = role
                future.add_done_callback(lambda _: self._ring())

    def _hear(self, worker: WorkerProcess) -> None:
        try:
            worker.heard += worker.receive()
        except EOFError:
            self._deal_with(worker)
            logger.warning("worker %s ended unexpectedly", worker.pid)
            if not worker.ready:
                self._stopping.wait(1)  # a worker that cannot start is not started again at once
            self._lose(worker)
            return
        self._deal_with(worker)

    def _welcome(self, worker: WorkerProcess) -> None:
        """Handle READY."""
        worker.become_ready()
        if self.is_complete:
            self._warm.set()

    def _dismiss(self, worker: WorkerProcess) -> None:
        """End a worker. The next turn hires another if it is needed."""
        worker.kill()
        self._workers.remove(worker)

    def _dismiss_grown(self) -> None:
        """Dismiss workers that keep much memory and have had nothing to do for a while."""
        for worker in [worker for worker in self._workers if worker.idle]:
            if worker.idle_seconds() > KEPT_SECONDS and worker.grown_mb() > GROWN_MB:
                self._dismiss(worker)

    def _dismiss_all(self) -> None:
        for future in self._hiring:
            if not future.cancel() and future.exception() is None:
                self._workers.append(future.result())
        self._hiring.clear()
        for worker in self._workers:
            worker.kill()
        self._workers.clear()
