"""The worker processes of one machine, and the thread that owns them: hands out jobs and questions, records what comes
back, keeps leases, enforces limits. Used by the local engine, and by Celery's workers through `station`.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import threading
import uuid
from collections import Counter, deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from itertools import chain
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from time import monotonic
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection

from playground.wire.errors import PlaygroundError
from training import runs
from training.engines.asker import Asker
from training.engines.jobs import BuildJob, Question, SweepJob, TableQuestion, TrainJob
from training.engines.process import Assignment, WorkerProcess, start_compiler
from training.engines.worker import ANSWERED, DONE, EMITTED, READY, Role
from training.exceptions import AnswerTimeout, EngineUnavailable, MemoryLimitReached, TimeLimitReached
from training.messages import TrainingCancelled

LEAVE_SECONDS = 3.0  # that trainings get when the pool stops
QUESTIONS_AT_ONCE = 16  # that a worker gets, so that it need not wait for this thread, which may have much to record
TICK = 0.5  # seconds between looks at leases, limits and what other processes queued
ANNOUNCE_SECONDS = 60.0  # between looks for ends of runs that nobody was told of

logger = logging.getLogger(__name__)


class Pool:
    """All of its state belongs to its thread; other threads leave a word in `_inbox` and ring `_bell`."""

    def __init__(
        self,
        name: str,
        roles: Iterable[Role],
        next_job: Callable[[], Assignment | None],
        on_tick: Callable[[], None] = lambda: None,
    ) -> None:
        """Both are called by the thread: `next_job` while a trainer is idle, after `wake` and now and then; `on_tick`
        twice a second.
        """
        self.id = f"{name}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._roles = tuple(roles)
        self._next_job = next_job
        self._on_tick = on_tick
        self._inbox: queue.SimpleQueue[Assignment | UUID] = queue.SimpleQueue()
        self._bell: Connection
        self._ear: Connection
        self._ear, self._bell = Pipe(duplex=False)
        self._ringing = threading.Event()
        self._stopping = threading.Event()
        self._warm = threading.Event()
        self._ended = threading.Condition()  # notified after each job
        self._thread: threading.Thread | None = None
        self._workers: list[WorkerProcess] = []
        self._questions: dict[Role, deque[Assignment]] = {Role.DESK: deque(), Role.READER: deque()}
        self._ticked = 0.0
        self._announced = -ANNOUNCE_SECONDS
        self._queue_grew = True  # or may have: only then is `next_job` called

    # --- from any thread ---------------------------------------------------------------------------------------------

    def start(self) -> None:
        if self._thread is None:
            self._stopping.clear()
            self._warm.clear()
            self._thread = threading.Thread(target=self._work, name="pool", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Ends the workers and gives back what they were doing."""
        if self._thread is not None:
            self._stopping.set()
            self.wake()
            self._thread.join(timeout=10)
            self._thread = None

    @property
    def is_running(self) -> bool:
        return self._thread is not None

    @property
    def is_ready(self) -> bool:
        """Its thread runs, and its workers have warmed up. One that is replaced leaves the others ready."""
        return self._thread is not None and self._thread.is_alive() and self._warm.is_set()

    def wait_until_warm(self, timeout: float) -> bool:
        """True once every worker has warmed up at least once."""
        return self._warm.wait(timeout)

    def wait_until_idle(self, timeout: float) -> bool:
        """True once no worker has anything to do. Nothing keeps it from getting something the moment after."""
        with self._ended:
            return self._ended.wait_for(lambda: not any(worker.assignment for worker in self._workers), timeout)

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

    def ask(self, question: Question, asker: Asker) -> Future[Any]:
        future: Future[Any] = Future()
        if self._thread is None:
            future.set_exception(EngineUnavailable("Nothing is running that could answer."))
        else:
            self._inbox.put(Assignment(question, future=future))
            self._ring()
        return future

    @property
    def is_complete(self) -> bool:
        """Every worker is there, and has warmed up."""
        return len(self._workers) == len(self._roles) and all(worker.ready for worker in self.workers)

    @property
    def workers(self) -> tuple[WorkerProcess, ...]:
        return tuple(self._workers)

    # --- the thread --------------------------------------------------------------------------------------------------

    def _work(self) -> None:
        compiler: BaseProcess | None = None
        try:
            while not self._stopping.is_set():
                try:
                    self._turn()
                    if compiler is None and Role.TRAINER in self._roles:
                        compiler = start_compiler()  # after the others, who do not wait for it
                except DatabaseError:
                    # Locked or away: leases hold what is running, and the next turn tries again.
                    logger.exception("the engine could not use the database")
                    connection.close()
                    self._stopping.wait(1)
                except Exception:
                    # Not one more process can be started, say. Without this thread nothing trains any more: it
                    # outlives whatever nobody foresaw.
                    logger.exception("a turn of the engine failed")
                    self._stopping.wait(1)
            self._take_leave()
        finally:
            assigned = [worker.assignment for worker in self._workers if worker.assignment]
            assigned += [assignment for worker in self._workers for assignment in worker.waiting]
            for worker in self._workers:
                worker.kill()
            self._workers.clear()
            if compiler is not None and compiler.is_alive():  # or its number may be another's by now
                compiler.kill()
            with contextlib.suppress(DatabaseError):
                runs.give_back_all(self.id)
            for assignment in chain(assigned, *self._questions.values()):
                assignment.answer(EngineUnavailable("The server is stopping."))
            connection.close()

    def _take_leave(self) -> None:
        """Trainings keep where they stand, so that whoever comes next need not begin anew."""
        training = [worker for worker in self._workers if isinstance(worker.task, TrainJob)]
        for worker in training:
            worker.leave()
        deadline = monotonic() + LEAVE_SECONDS
        try:
            while (left := [worker for worker in training if worker.assignment]) and monotonic() < deadline:
                pipes: dict[Connection, WorkerProcess] = {worker.pipe: worker for worker in left}
                for ready in wait(list(pipes), timeout=deadline - monotonic()):
                    self._hear(pipes[ready])  # type: ignore[index]
        except Exception:
            # What is not kept is trained again, and the process must end.
            logger.exception("not every run could be left in order")

    def _turn(self) -> None:
        self._hire()
        self._read_inbox()
        for worker in [worker for worker in self._workers if worker.heard]:
            self._deal_with(worker)
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

    def _hire(self) -> None:
        missing = Counter(self._roles) - Counter(worker.role for worker in self._workers)
        for role in missing.elements():
            self._workers.append(WorkerProcess(role))

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
            if questions := self._questions.get(worker.role):
                worker.assign(*(questions.popleft() for _ in range(min(len(questions), QUESTIONS_AT_ONCE))))
        trainers = [worker for worker in idle if worker.role is Role.TRAINER]
        while trainers and self._queue_grew:
            self._queue_grew = False  # before looking, so that what is queued meanwhile is not missed
            assignment = self._next_job()
            if assignment is not None:
                trainers.pop().assign(assignment)
                self._queue_grew = True  # there may be more

    def _hear(self, worker: WorkerProcess) -> None:
        try:
            worker.heard += worker.receive()
        except EOFError:
            self._deal_with(worker)
            logger.warning("worker %s ended unexpectedly", worker.pid)
            if not worker.ready:
                self._stopping.wait(1)  # one that cannot even start will not do so any sooner
            self._replace(worker, EngineUnavailable("The process that was to answer ended. Nothing is lost."))
            return
        self._deal_with(worker)

    def _deal_with(self, worker: WorkerProcess) -> None:
        """Nothing that a worker says is lost while the database is away: it is heard again in the next turn."""
        assignment = worker.assignment
        emitted = [message for kind, messages in worker.heard if kind == EMITTED for message in messages]
        if emitted and assignment and assignment.claim and not runs.record(assignment.claim, emitted):
            worker.cancel()  # as somebody wants, or because somebody else works on this run now
        worker.heard = [(kind, content) for kind, content in worker.heard if kind != EMITTED]
        while worker.heard:
            kind, content = worker.heard[0]
            if kind == READY:
                worker.ready = True
                if self.is_complete:
                    self._warm.set()
            elif kind == ANSWERED and worker.assignment:
                worker.assignment.answer(content)
                worker.go_on()
            elif kind == DONE and worker.assignment:
                self._finish(worker.assignment, tried_all=True)
                worker.go_on()
            worker.heard.pop(0)

    def _finish(self, assignment: Assignment, *, tried_all: bool) -> None:
        self._queue_grew = True  # by the run's files, if nothing else
        if assignment.claim is not None:
            if isinstance(assignment.task, BuildJob):
                runs.finish_building(assignment.claim, tried_all=tried_all)
            else:
                runs.give_back(assignment.claim)
            assignment.answer(None)
            with self._ended:
                self._ended.notify_all()

    def _replace(self, worker: WorkerProcess, error: PlaygroundError) -> None:
        """Ends a worker that is gone or must go; another comes in the next turn. Its run is queued again, its question
        gets the error.
        """
        if (assignment := worker.assignment) is not None:
            if assignment.claim is None:
                assignment.answer(error)
            self._finish(assignment, tried_all=False)
        if worker.role in self._questions:
            self._questions[worker.role].extendleft(reversed(worker.waiting))
        worker.kill()
        self._workers.remove(worker)

    def _tick(self) -> None:
        close_old_connections()
        self._queue_grew = True  # by other processes, which ring no bell here
        assigned = [worker.assignment for worker in self._workers if worker.assignment]
        # Before others' are taken back: while the database was away, these leases may have lapsed, too.
        self._cancel(runs.renew([assignment.claim for assignment in assigned if assignment.claim]))
        runs.take_back_expired()
        if monotonic() - self._announced >= ANNOUNCE_SECONDS:
            self._announced = monotonic()
            runs.announce_missed()
        self._on_tick()
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
