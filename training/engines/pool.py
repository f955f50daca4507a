"""The trainers of one machine, and the thread that owns them: hands out jobs, records their events, keeps leases,
enforces limits. Used by the local engine and by Celery workers.
"""

from __future__ import annotations

import contextlib
import logging
import queue
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from time import monotonic
from typing import cast
from uuid import UUID

from django.db import DatabaseError, close_old_connections, connection

from playground.wire.errors import PlaygroundError
from training import limits, runs
from training.engines.process import Assignment, WorkerProcess, start_compiler
from training.engines.worker_group import WorkerGroup
from training.exceptions import MemoryLimitReached, TimeLimitReached
from training.jobs.jobs import BuildJob, Job, TrainJob
from training.messages.events import TrainingCancelled
from training.work.roles import Role
from training.work.worker import DONE, EMITTED, READY

LEAVE_SECONDS = 3.0  # that trainings get when the pool stops
ANNOUNCE_SECONDS = 60.0  # between looks for ends of runs that nobody was told of

logger = logging.getLogger(__name__)


class Pool(WorkerGroup):
    """Trainers. Each takes one job after the other."""

    def __init__(
        self,
        name: str,
        trainers: int,
        next_job: Callable[[], Assignment | None],
        on_tick: Callable[[], None] = lambda: None,
    ) -> None:
        """Both functions are called by the thread: `next_job` while a trainer is idle, after `wake` and now and then;
        `on_tick` twice a second.
        """
        super().__init__(name, on_tick)
        self._trainers = trainers
        self._next_job = next_job
        self._cancelling: queue.SimpleQueue[UUID] = queue.SimpleQueue()
        self._announced = -ANNOUNCE_SECONDS
        self._queue_grew = True  # or may have: only then is `next_job` called

    # --- from any thread ---------------------------------------------------------------------------------------------

    def wake(self) -> None:
        self._queue_grew = True
        self._ring()

    def cancel(self, run_id: UUID) -> None:
        self._cancelling.put(run_id)
        self._ring()

    # --- the thread --------------------------------------------------------------------------------------------------

    def _work(self) -> None:
        compiler: BaseProcess | None = None
        try:
            while not self._stopping.is_set():
                try:
                    self._turn()
                    if compiler is None and self._trainers:
                        compiler = start_compiler()  # after the others, who do not wait for it
                except DatabaseError as error:
                    # Locked, away or not migrated: leases hold what is running, and the next turn tries again.
                    logger.error("the engine could not use the database: %s", error)
                    connection.close()
                    self._stopping.wait(1)
                except Exception:
                    # Not one more process can be started, say. Without this thread nothing trains any more: it
                    # outlives whatever nobody foresaw.
                    logger.exception("a turn of the engine failed")
                    self._stopping.wait(1)
            self._take_leave()
        finally:
            self._dismiss_all()
            if compiler is not None and compiler.is_alive():  # or its number may be another's by now
                compiler.kill()
            with contextlib.suppress(DatabaseError):
                runs.give_back_all(self.id)
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

    def _count_needed(self) -> Mapping[Role, int]:
        return {Role.TRAINER: self._trainers}

    def _begin_turn(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                self._cancel({self._cancelling.get_nowait()})
        for worker in [worker for worker in self._workers if worker.heard]:
            self._deal_with(worker)
        idle = [worker for worker in self._workers if worker.idle]
        while idle and self._queue_grew:
            self._queue_grew = False  # before looking, so that what is queued meanwhile is not missed
            assignment = self._next_job()
            if assignment is not None:
                idle.pop().assign(assignment)
                self._queue_grew = True  # there may be more

    def _deal_with(self, worker: WorkerProcess) -> None:
        """Nothing that a worker says is lost while the database is away: it is heard again in the next turn."""
        assignment = worker.assignment
        emitted = [message for kind, messages in worker.heard if kind == EMITTED for message in messages]
        if emitted and assignment and assignment.claim and not runs.record(assignment.claim, emitted):
            worker.cancel()  # as somebody wants, or because somebody else works on this run now
        worker.heard = [(kind, content) for kind, content in worker.heard if kind != EMITTED]
        while worker.heard:
            kind, _ = worker.heard[0]
            if kind == READY:
                self._welcome(worker)
            elif kind == DONE and worker.assignment:
                self._finish(worker.assignment, tried_all=True)
                worker.end_task()
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

    def _lose(self, worker: WorkerProcess) -> None:
        """Its run is queued again."""
        if worker.assignment is not None:
            self._finish(worker.assignment, tried_all=False)
        self._dismiss(worker)

    def _tick(self) -> None:
        close_old_connections()
        self._queue_grew = True  # by other processes, which ring no bell here
        assigned = [worker.assignment for worker in self._workers if worker.assignment]
        # Before others' are taken back: while the database was away, these leases may have lapsed, too.
        self._cancel(runs.renew([assignment.claim for assignment in assigned if assignment.claim]))
        runs.take_back_expired()
        if monotonic() - self._announced >= ANNOUNCE_SECONDS:
            self._announced = monotonic()
            runs.resend_missed()

    def _cancel(self, run_ids: set[UUID]) -> None:
        for worker in self._workers:
            if worker.assignment and worker.assignment.claim and worker.assignment.claim.run_id in run_ids:
                worker.cancel()

    def _watch(self, worker: WorkerProcess) -> None:
        """End a worker whose job exceeds its time or memory. The memory limit inside the worker comes first."""
        assignment = worker.assignment
        if assignment is None or assignment.claim is None:
            return
        job, claim = cast("Job", assignment.task), assignment.claim
        error: PlaygroundError
        if isinstance(job, BuildJob):
            too_long = worker.busy_seconds() > limits.ANSWER_SECONDS
            if too_long or worker.memory_mb() > job.run.limits.memory_mb:
                self._lose(worker)
            return
        if worker.ignores_cancel:
            runs.record(claim, [TrainingCancelled(run_id=claim.run_id)])
        elif worker.busy_seconds() > job.limits.seconds:
            error = TimeLimitReached(f"The run took longer than the {job.limits.seconds:g} seconds that it may take.")
            runs.fail(claim, error)
        elif worker.memory_mb() > job.limits.memory_mb:
            error = MemoryLimitReached(f"The run needed more than the {job.limits.memory_mb} MB that a run may use.")
            runs.fail(claim, error)
        else:
            return
        self._lose(worker)
