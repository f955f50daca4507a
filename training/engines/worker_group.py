"""WorkerGroup: a thread that owns worker processes. Base class of the pools of job workers and question workers."""

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

TICK = 0.5  # seconds between calls of `_tick`
LIMITS_INTERVAL = 0.1  # seconds between checks of the time and memory of busy workers
GROWN_MB = 150.0  # growth since its start that an idle worker may keep, such as tables that it may need again
KEPT_SECONDS = 10.0  # how long an idle worker may keep more than that

logger = logging.getLogger(__name__)


class WorkerGroup(ABC):
    """A thread and its worker processes. Only the thread uses the workers.

    Other threads put a message into an inbox of the subclass and call `_wake_thread`.
    """

    def __init__(self, name: str, on_tick: Callable[[], None] = lambda: None) -> None:
        """`on_tick` is called by the thread, every TICK seconds."""
        self.id = f"{name}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._wake_sender: Connection
        self._wake_receiver: Connection
        self._wake_receiver, self._wake_sender = Pipe(duplex=False)
        self._is_waking = threading.Event()
        self._stopping = threading.Event()
        self._warm = threading.Event()
        self._thread: threading.Thread | None = None
        self._workers: list[WorkerProcess] = []
        self._starter = ThreadPoolExecutor(1, thread_name_prefix="starter")
        self._starting: dict[Future[WorkerProcess], Role] = {}
        self._on_tick = on_tick
        self._ended = threading.Condition()  # notified after each task
        self._tick_began = self._limits_checked = 0.0

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
            self._wake_thread()
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
        """Return whether every worker is there and has warmed up."""
        workers = self.workers
        return all(
            sum(worker.role is role and worker.ready for worker in workers) >= count
            for role, count in self._count_needed().items()
        )

    @property
    def workers(self) -> tuple[WorkerProcess, ...]:
        return tuple(self._workers)

    def _wake_thread(self) -> None:
        if not self._is_waking.is_set():
            self._is_waking.set()
            self._wake_sender.send_bytes(b"!")

    # --- the thread --------------------------------------------------------------------------------------------------

    @abstractmethod
    def _work(self) -> None:
        """Run the thread: call `_loop_once` until `_stopping` is set, then end the workers."""

    @abstractmethod
    def _count_needed(self) -> Mapping[Role, int]:
        """Return how many workers of each role there should be now."""

    @abstractmethod
    def _assign_tasks(self) -> None:
        """Read the inbox and give tasks to idle workers."""

    @abstractmethod
    def _handle_received(self, worker: WorkerProcess) -> None:
        """Handle the messages in `worker.received`."""

    @abstractmethod
    def _handle_lost(self, worker: WorkerProcess) -> None:
        """Handle a worker whose process ended unexpectedly. Implementations call `_end_worker`."""

    @abstractmethod
    def _check_limits(self, worker: WorkerProcess) -> None:
        """Enforce the limits of the task of a busy worker."""

    @abstractmethod
    def _tick(self) -> None:
        """Check for changes that no message announces. Called every TICK seconds."""

    def _loop_once(self) -> None:
        self._start_missing()
        self._assign_tasks()
        busy = any(worker.assignment for worker in self._workers)
        pipes: dict[Connection, WorkerProcess] = {worker.pipe: worker for worker in self._workers}
        for ready in wait([self._wake_receiver, *pipes], timeout=LIMITS_INTERVAL if busy else TICK):
            if ready is self._wake_receiver:
                self._wake_receiver.recv_bytes()
                self._is_waking.clear()
            else:
                self._receive(pipes[ready])  # type: ignore[index]
        now = monotonic()
        if now - self._tick_began >= TICK:
            self._tick_began = now
            self._tick()
            self._end_grown()
            self._on_tick()
        if now - self._limits_checked >= LIMITS_INTERVAL:
            self._limits_checked = now
            for worker in [worker for worker in self._workers if worker.assignment]:
                self._check_limits(worker)

    def _start_missing(self) -> None:
        """Add the workers that have started, and start those that are missing.

        Another thread starts them, since that takes seconds while the process that forks them is not running yet.
        """
        for future in [future for future in self._starting if future.done()]:
            del self._starting[future]
            self._workers.append(future.result())
        for role, count in self._count_needed().items():
            present = sum(worker.role is role for worker in self._workers)
            for _ in range(count - present - list(self._starting.values()).count(role)):
                future = self._starter.submit(WorkerProcess, role)
                self._starting[future] = role
                future.add_done_callback(lambda _: self._wake_thread())

    def _receive(self, worker: WorkerProcess) -> None:
        try:
            worker.received += worker.receive()
        except EOFError:
            self._handle_received(worker)
            logger.warning("worker %s ended unexpectedly", worker.pid)
            if not worker.ready:
                self._stopping.wait(1)  # a worker that cannot start is not started again at once
            self._handle_lost(worker)
            return
        self._handle_received(worker)

    def _mark_ready(self, worker: WorkerProcess) -> None:
        """Handle READY: the worker has warmed up."""
        worker.become_ready()
        if self.is_complete:
            self._warm.set()

    def _end_worker(self, worker: WorkerProcess) -> None:
        """End a worker. The thread starts another one if it is needed."""
        worker.kill()
        self._workers.remove(worker)

    def _end_grown(self) -> None:
        """End workers that keep much memory and have been idle for KEPT_SECONDS."""
        for worker in [worker for worker in self._workers if worker.idle]:
            if worker.idle_seconds() > KEPT_SECONDS and worker.grown_mb() > GROWN_MB:
                self._end_worker(worker)

    def _end_all(self) -> None:
        for future in self._starting:
            if not future.cancel() and future.exception() is None:
                self._workers.append(future.result())
        self._starting.clear()
        for worker in self._workers:
            worker.kill()
        self._workers.clear()
