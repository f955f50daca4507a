"""CeleryWorker: the pools of processes beside a Celery worker's threads. `get_celery_worker` returns it.

A task of `training/tasks.py` brings a permit for one job, or a question. It waits while a process works.
"""

from __future__ import annotations

import contextlib
import queue
from collections.abc import Collection
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from time import monotonic
from typing import Any

import redis
from django.conf import settings
from django.core.cache import cache

from playground.wire.envelope import ServerMessage
from training import runs
from training.engines.base import get_engine
from training.engines.next_job import claim_job
from training.engines.pool import Pool
from training.engines.process import Assignment
from training.engines.question_pool import QuestionPool
from training.engines.requester import Requester
from training.engines.worker_group import WorkerGroup
from training.exceptions import EngineUnavailable
from training.jobs.questions import Question
from training.queues import GPU, QUESTIONS, TRAINING, build_presence_key

PRESENCE_SECONDS = 5  # for which the cache shows that this worker is ready
CHECK_SECONDS = 2.0  # between checks of the database for jobs that no message has announced


class CeleryWorker:
    """A pool of job workers and a pool of question workers.

    Parameters
    ----------
    queues
        The queues from which the Celery worker takes messages.
    size
        The number of jobs done at the same time.
    """

    def __init__(self, queues: Collection[str], size: int) -> None:
        trains = bool({TRAINING, GPU} & set(queues))
        self.pool = Pool("celery", size if trains else 0, self._next_job, self._show_presence)
        self.questions = QuestionPool("celery-questions", self._show_presence)
        self._groups: list[WorkerGroup] = [self.pool] if trains else []
        self._groups += [self.questions] if QUESTIONS in queues else []
        self._queues = tuple(queues)
        self._hint_queue = TRAINING if TRAINING in queues else GPU  # the queue of hints that reach this worker
        self._permits: queue.SimpleQueue[Future[Any]] = queue.SimpleQueue()
        self._checked = monotonic()
        self._closing = False

    def start(self) -> None:
        for group in self._groups:
            group.start()

    def stop(self) -> None:
        """Take nothing more, and give back the jobs that are still under way after TRAINING_DRAIN_SECONDS."""
        self._closing = True
        deadline = monotonic() + settings.TRAINING_DRAIN_SECONDS
        for group in self._groups:
            group.wait_until_idle(deadline - monotonic())
        for group in self._groups:
            group.stop()

    def work(self) -> None:
        """Do one job to its end, if there is one. Raises EngineUnavailable when the worker stops meanwhile."""
        permit: Future[Any] = Future()
        self._permits.put(permit)
        self.pool.wake()
        while self.pool.is_running:
            with contextlib.suppress(FutureTimeout):
                permit.result(timeout=CHECK_SECONDS)
                break
        else:
            raise EngineUnavailable("The worker is stopping.")
        if runs.has_work(self._queues):
            get_engine().wake(self._hint_queue)  # at least for the files of the run

    def ask(self, question: Question, requester: Requester) -> Future[ServerMessage]:
        """Return the future of the answer. It raises PlaygroundError where there is none."""
        return self.questions.ask(question, requester)

    def _next_job(self) -> Assignment | None:
        """Return a job for an idle process. Called by the pool's thread."""
        while True:
            try:
                permit = self._permits.get_nowait()
            except queue.Empty:
                self._check_for_work()
                return None
            assignment = None if self._closing else claim_job(self.pool.id, self._queues)
            if assignment is not None:
                assignment.future = permit
                return assignment
            permit.set_result(None)

    def _show_presence(self) -> None:
        """Show servers, by keys in the cache, that this worker is ready."""
        if not self._closing and all(group.is_ready for group in self._groups):
            with contextlib.suppress(redis.RedisError):  # without Redis no server can read the keys either
                cache.set_many({build_presence_key(queue): self.pool.id for queue in self._queues}, PRESENCE_SECONDS)

    def _check_for_work(self) -> None:
        """Send a hint if a job waits although a process is idle: a message was lost, or a run was given back."""
        if monotonic() - self._checked >= CHECK_SECONDS and not self._closing:
            self._checked = monotonic()
            if runs.has_work(self._queues):
                get_engine().wake(self._hint_queue)


_celery_worker: CeleryWorker | None = None


def open_celery_worker(queues: Collection[str], size: int) -> CeleryWorker:
    """Create the worker of this process. Called once, when Celery starts."""
    global _celery_worker
    _celery_worker = CeleryWorker(queues, size)
    return _celery_worker


def get_celery_worker() -> CeleryWorker:
    """Return the worker of this process. Raises EngineUnavailable outside of a Celery worker."""
    if _celery_worker is None:
        raise EngineUnavailable("This process is no Celery worker.")
    return _celery_worker
