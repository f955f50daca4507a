"""Pool: the job workers of one machine. Its thread assigns jobs, records their events, renews leases, enforces limits.

The local engine and Celery workers use it.
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

STOP_SECONDS = 3.0  # in which trainings may write a checkpoint when the pool stops
RESEND_SECONDS = 60.0  # between searches for runs whose `run_finished` is still to be sent

logger = logging.getLogger(__name__)


class Pool(WorkerGroup):
    """Workers that do one job after the other."""

    def __init__(
        self,
        name: str,
        size: int,
        next_job: Callable[[], Assignment | None],
        on_tick: Callable[[], None] = lambda: None,
    ) -> None:
        """Create a pool of `size` workers.

        The thread calls both functions: `next_job` while a worker is idle, after `wake` and at intervals; `on_tick`
        every TICK seconds.
        """
        super().__init__(name, on_tick)
        self._size = size
        self._next_job = next_job
        self._cancelling: queue.SimpleQueue[UUID] = queue.SimpleQueue()
        self._resent = -RESEND_SECONDS
        self._queue_grew = True  # whether there may be a new job: only then is `next_job` called

    # --- from any thread ---------------------------------------------------------------------------------------------

    def wake(self) -> None:
        self._queue_grew = True
        self._wake_thread()

    def cancel(self, run_id: UUID) -> None:
        self._cancelling.put(run_id)
        self._wake_thread()

    # --- the thread --------------------------------------------------------------------------------------------------

    def _work(self) -> None:
        compiler: BaseProcess | None = None
        try:
            while not self._stopping.is_set():
                try:
                    self._loop_once()
                    if compiler is None and self._size:
                        compiler = start_compiler()  # after the workers, which do not wait for it
                except DatabaseError as error:
                    # Locked, unavailable or not migrated. Runs keep their leases, and the loop tries again.
                    logger.error("the engine could not use the database: %s", error)
                    connection.close()
                    self._stopping.wait(1)
                except Exception:
                    # For example, no process can be started. The thread must go on: without it nothing is trained.
                    logger.exception("the engine failed, and tries again")
                    self._stopping.wait(1)
            self._stop_trainings()
        finally:
            self._end_all()
            if compiler is not None and compiler.is_alive():  # the id of an ended process may be reused
                compiler.kill()
            with contextlib.suppress(DatabaseError):
                runs.give_back_all(self.id)
            connection.close()

    def _stop_trainings(self) -> None:
        """Have trainings write a checkpoint, so that the next engine continues from there."""
        training = [worker for worker in self._workers if isinstance(worker.task, TrainJob)]
        for worker in training:
            worker.request_stop()
        deadline = monotonic() + STOP_SECONDS
        try:
            while (left := [worker for worker in training if worker.assignment]) and monotonic() < deadline:
                pipes: dict[Connection, WorkerProcess] = {worker.pipe: worker for worker in left}
                for ready in wait(list(pipes), timeout=deadline - monotonic()):
                    self._receive(pipes[ready])  # type: ignore[index]
        except Exception:
            # A run without a checkpoint starts again. The process must end in any case.
            logger.exception("some runs could not write a checkpoint")

    def _count_needed(self) -> Mapping[Role, int]:
        return {Role.JOB: self._size}

    def _assign_tasks(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                self._cancel({self._cancelling.get_nowait()})
        for worker in [worker for worker in self._workers if worker.received]:
            self._handle_received(worker)
        idle = [worker for worker in self._workers if worker.idle]
        while idle and self._queue_grew:
            self._queue_grew = False  # before the call, so that a job queued meanwhile is not missed
            assignment = self._next_job()
            if assignment is not None:
                idle.pop().assign(assignment)
                self._queue_grew = True  # there may be another job

    def _handle_received(self, worker: WorkerProcess) -> None:
        """Nothing that a worker says is lost while the database is away: it is received again in the next turn."""
        assignment = worker.assignment
        emitted = [message for kind, messages in worker.received if kind == EMITTED for message in messages]
        if emitted and assignment and assignment.claim and not runs.record(assignment.claim, emitted):
            worker.cancel()  # the run is to be cancelled, or another engine works on it
        worker.received = [(kind, content) for kind, content in worker.received if kind != EMITTED]
        while worker.received:
            kind, _ = worker.received[0]
            if kind == READY:
                self._mark_ready(worker)
            elif kind == DONE and worker.assignment:
                self._finish(worker.assignment, tried_all=True)
                worker.end_task()
            worker.received.pop(0)

    def _finish(self, assignment: Assignment, *, tried_all: bool) -> None:
        self._queue_grew = True  # at least the files of the run are to be made
        if assignment.claim is not None:
            if isinstance(assignment.task, BuildJob):
                runs.finish_building(assignment.claim, tried_all=tried_all)
            else:
                runs.give_back(assignment.claim)
            assignment.answer(None)
            with self._ended:
                self._ended.notify_all()

    def _handle_lost(self, worker: WorkerProcess) -> None:
        """Give its run back, which queues it again."""
        if worker.assignment is not None:
            self._finish(worker.assignment, tried_all=False)
        self._end_worker(worker)

    def _tick(self) -> None:
        close_old_connections()
        self._queue_grew = True  # other processes do not wake this one
        assigned = [worker.assignment for worker in self._workers if worker.assignment]
        # Before expired ones are taken back: these may have expired too, while the database was unavailable.
        self._cancel(runs.renew([assignment.claim for assignment in assigned if assignment.claim]))
        runs.take_back_expired()
        if monotonic() - self._resent >= RESEND_SECONDS:
            self._resent = monotonic()
            runs.resend_missed()

    def _cancel(self, run_ids: set[UUID]) -> None:
        for worker in self._workers:
            if worker.assignment and worker.assignment.claim and worker.assignment.claim.run_id in run_ids:
                worker.cancel()

    def _check_limits(self, worker: WorkerProcess) -> None:
        """End a worker whose job exceeds its time or memory. The memory limit inside the worker comes first."""
        assignment = worker.assignment
        if assignment is None or assignment.claim is None:
            return
        job, claim = cast("Job", assignment.task), assignment.claim
        error: PlaygroundError
        if isinstance(job, BuildJob):
            too_long = worker.busy_seconds() > limits.ANSWER_SECONDS
            if too_long or worker.memory_mb() > job.run.limits.memory_mb:
                self._handle_lost(worker)
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
        self._handle_lost(worker)
