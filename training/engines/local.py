"""The engine of one machine: a pool of worker processes, owned by a thread of the server process."""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import threading
import uuid
from collections import deque
from concurrent.futures import Future
from itertools import chain
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from time import monotonic
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection

from playground.wire.envelope import ServerMessage
from playground.wire.errors import PlaygroundError
from training import runs
from training.engines.base import Engine
from training.engines.jobs import BuildJob, Question, SweepJob, TableQuestion, TrainJob
from training.engines.orders import order_building, order_training
from training.engines.process import Assignment, WorkerProcess
from training.engines.worker import ANSWERED, DONE, EMITTED, READY, Role
from training.exceptions import AnswerTimeout, EngineUnavailable, MemoryLimitReached, TimeLimitReached
from training.messages import TrainingCancelled

TICK = 0.5  # seconds between looks at leases, limits and what other processes queued

logger = logging.getLogger(__name__)


class LocalEngine(Engine):
    """All of its state belongs to its thread; other threads leave a word in `_inbox` and ring `_bell`."""

    def __init__(self) -> None:
        self.id = f"local-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._inbox: queue.SimpleQueue[Assignment | UUID] = queue.SimpleQueue()
        self._bell: Connection
        self._ear: Connection
        self._ear, self._bell = Pipe(duplex=False)
        self._ringing = threading.Event()
        self._stopping = threading.Event()
        self._warm = threading.Event()
        self._thread: threading.Thread | None = None
        self._workers: list[WorkerProcess] = []
        self._questions: dict[Role, deque[Assignment]] = {Role.DESK: deque(), Role.READER: deque()}
        self._ticked = 0.0
        self._queue_grew = True  # or may have: only then is the database asked for work

    # --- from any thread ---------------------------------------------------------------------------------------------

    def start(self) -> None:
        if self._thread is None:
            self._stopping.clear()
            self._warm.clear()
            self._thread = threading.Thread(target=self._work, name="engine", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        if self._thread is not None:
            self._stopping.set()
            self.wake()
            self._thread.join(timeout=10)
            self._thread = None

    def wait_until_warm(self, timeout: float) -> bool:
        """True once every worker has warmed up at least once."""
        return self._warm.wait(timeout)

    def is_ready(self) -> bool:
        """Its thread runs, and its workers have warmed up. One that is replaced leaves the others ready."""
        return self._thread is not None and self._thread.is_alive() and self._warm.is_set()

    def wake(self) -> None:
        self._queue_grew = True
        self._ring()

    def _ring(self) -> None:
        if not self._ringing.is_set():
            self._ringing.set()
            self._bell.send_bytes(b"!")

    def cancel(self, run_id: UUID) -> None:
        self._inbox.put(run_id)
        self._ring()

    def ask(self, question: Question) -> Future[ServerMessage]:
        future: Future[ServerMessage] = Future()
        if self._thread is None:
            future.set_exception(EngineUnavailable("Nothing is running that could answer."))
        else:
            self._inbox.put(Assignment(question, future=future))
            self._ring()
        return future

    @property
    def workers(self) -> tuple[WorkerProcess, ...]:
        return tuple(self._workers)

    # --- the thread --------------------------------------------------------------------------------------------------

    def _work(self) -> None:
        roles = [Role.DESK, Role.READER] + [Role.TRAINER] * settings.TRAINING_WORKERS
        self._workers = [WorkerProcess(role) for role in roles]
        try:
            while not self._stopping.is_set():
                try:
                    self._turn()
                except DatabaseError:
                    # Locked or away: leases hold what is running, and the next turn tries again.
                    logger.exception("the engine could not use the database")
                    connection.close()
                    self._stopping.wait(1)
                except Exception:
                    # Without this thread nothing trains any more: it outlives whatever nobody foresaw.
                    logger.exception("a turn of the engine failed")
                    self._stopping.wait(1)
        finally:
            for worker in self._workers:
                worker.kill()
            for assignment in chain.from_iterable(self._questions.values()):
                assignment.answer(EngineUnavailable("The server is stopping."))
            with contextlib.suppress(DatabaseError):
                runs.give_back_all(self.id)
            connection.close()

    def _turn(self) -> None:
        self._read_inbox()
        self._assign()
        pipes: dict[Connection, WorkerProcess] = {worker.pipe: worker for worker in self._workers}
        for ready in wait([self._ear, *pipes], timeout=TICK):
            if ready is self._ear:
                self._ear.recv_bytes()
                self._ringing.clear()
            else:
                self._hear(pipes[ready])  # type: ignore[index]
        if monotonic() - self._ticked >= TICK:
            self._ticked = monotonic()
            self._tick()

    def _read_inbox(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                word = self._inbox.get_nowait()
                if isinstance(word, Assignment):
                    role = Role.READER if isinstance(word.task, TableQuestion) else Role.DESK
                    self._questions[role].append(word)
                else:
                    self._cancel({word})

    def _assign(self) -> None:
        idle = [worker for worker in self._workers if worker.idle]
        for worker in idle:
            if self._questions.get(worker.role):
                worker.assign(self._questions[worker.role].popleft())
        trainers = [worker for worker in idle if worker.role is Role.TRAINER]
        while trainers and self._queue_grew:
            self._queue_grew = False  # before looking, so that what is queued meanwhile is not missed
            assignment = self._next_job()
            if assignment is not None:
                trainers.pop().assign(assignment)
                self._queue_grew = True  # there may be more

    def _next_job(self) -> Assignment | None:
        """What somebody waits for first, then training, and files when there is nothing else to do."""
        claim = runs.claim_building(self.id, urgent_only=True)
        if claim is None and (claim := runs.claim_next(self.id)) is not None:
            try:
                return Assignment(order_training(claim.run_id), claim)
            except PlaygroundError as error:  # its dataset has been deleted, say
                runs.fail(claim, error)
                return self._next_job()
        if claim is None and (claim := runs.claim_building(self.id, urgent_only=False)) is None:
            return None
        try:
            return Assignment(order_building(claim.run_id), claim)
        except PlaygroundError:  # it has been deleted since
            runs.finish_building(claim, tried_all=True)
            return self._next_job()

    def _hear(self, worker: WorkerProcess) -> None:
        try:
            arrived = worker.receive()
        except EOFError:
            logger.warning("worker %s ended unexpectedly", worker.pid)
            if not worker.ready:
                self._stopping.wait(1)  # one that cannot even start will not do so any sooner
            self._replace(worker, EngineUnavailable("The process that was to answer ended. Nothing is lost."))
            return
        assignment = worker.assignment
        emitted = [message for kind, messages in arrived if kind == EMITTED for message in messages]
        if emitted and assignment and assignment.claim and not runs.record(assignment.claim, emitted):
            worker.cancel()  # the lease is gone: somebody else works on this run now
        for kind, content in arrived:
            if kind == READY:
                worker.ready = True
                if all(each.ready for each in self._workers):
                    self._warm.set()
            elif kind == ANSWERED and assignment:
                assignment.answer(content)
                worker.assignment = None
            elif kind == DONE and assignment:
                self._finish(assignment, tried_all=True)
                worker.assignment = None

    def _finish(self, assignment: Assignment, *, tried_all: bool) -> None:
        self._queue_grew = True  # by the run's files, if nothing else
        if assignment.claim is not None:
            if isinstance(assignment.task, BuildJob):
                runs.finish_building(assignment.claim, tried_all=tried_all)
            else:
                runs.give_back(assignment.claim)

    def _replace(self, worker: WorkerProcess, error: PlaygroundError) -> None:
        """A new worker for one that is gone or must go; its run is queued again, its question gets the error."""
        worker.kill()
        self._workers[self._workers.index(worker)] = WorkerProcess(worker.role)
        if worker.assignment is not None:
            worker.assignment.answer(error)
            self._finish(worker.assignment, tried_all=False)

    def _tick(self) -> None:
        close_old_connections()
        self._queue_grew = True  # by other processes, which ring no bell here
        runs.take_back_expired()
        self._cancel(runs.renew(self.id))
        for worker in list(self._workers):
            self._enforce_limits(worker)

    def _cancel(self, run_ids: set[UUID]) -> None:
        for worker in self._workers:
            if worker.assignment and worker.assignment.claim and worker.assignment.claim.run_id in run_ids:
                worker.cancel()

    def _enforce_limits(self, worker: WorkerProcess) -> None:
        assignment = worker.assignment
        if assignment is None:
            return
        if isinstance(assignment.task, TrainJob | SweepJob) and assignment.claim is not None:
            limits, claim = assignment.task.limits, assignment.claim
            if worker.ignores_cancel:
                runs.record(claim, [TrainingCancelled(run_id=claim.run_id)])
            elif worker.busy_seconds() > limits.seconds:
                runs.fail(
                    claim,
                    TimeLimitReached(f"The run took longer than the {limits.seconds:g} seconds that a run may take."),
                )
            elif worker.memory_mb() > limits.memory_mb:
                runs.fail(
                    claim, MemoryLimitReached(f"The run needed more than the {limits.memory_mb} MB that a run may use.")
                )
            else:
                return
            self._replace(worker, EngineUnavailable("The run was stopped."))
        elif worker.busy_seconds() > settings.TRAINING_ANSWER_SECONDS:
            self._replace(worker, AnswerTimeout("The answer took too long."))
