"""What a Celery worker has beside its threads: a pool of warm processes that do the work. `get_station` gives it.

A task of `training/tasks.py` brings a ticket for one job, or a question; it waits while a process works.
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
from training.engines.asker import Asker
from training.engines.base import get_engine
from training.engines.claims import claim_job
from training.engines.crew import Crew
from training.engines.jobs import Question
from training.engines.pool import Pool
from training.engines.process import Assignment
from training.engines.question_pool import QuestionPool
from training.engines.queues import GPU, QUESTIONS, TRAINING, presence_of
from training.exceptions import EngineUnavailable

SHOWN_SECONDS = 5
LOOK_SECONDS = 2.0  # between looks for what no message has told of


class Station:
    """`queues`: what the worker takes messages from; `trainers`: how many jobs it does at a time."""

    def __init__(self, queues: Collection[str], trainers: int) -> None:
        trains = bool({TRAINING, GPU} & set(queues))
        self.pool = Pool("celery", trainers if trains else 0, self._next_job, self._show_up)
        self.questions = QuestionPool("celery-questions", self._show_up)
        self._parts: list[Crew] = [self.pool] if trains else []
        self._parts += [self.questions] if QUESTIONS in queues else []
        self._queues = tuple(queues)
        self._hints = TRAINING if TRAINING in queues else GPU  # where a message for this station goes
        self._tickets: queue.SimpleQueue[Future[Any]] = queue.SimpleQueue()
        self._looked = monotonic()
        self._closing = False

    def start(self) -> None:
        for part in self._parts:
            part.start()

    def stop(self) -> None:
        """Takes nothing more, and gives back what is still under way after TRAINING_DRAIN_SECONDS."""
        self._closing = True
        deadline = monotonic() + settings.TRAINING_DRAIN_SECONDS
        for part in self._parts:
            part.wait_until_idle(deadline - monotonic())
        for part in self._parts:
            part.stop()

    def work(self) -> None:
        """Does one job to its end, if there is one. Raises EngineUnavailable when the station stops meanwhile."""
        ticket: Future[Any] = Future()
        self._tickets.put(ticket)
        self.pool.wake()
        while self.pool.is_running:
            with contextlib.suppress(FutureTimeout):
                ticket.result(timeout=LOOK_SECONDS)
                break
        else:
            raise EngineUnavailable("The worker is stopping.")
        if runs.has_work(self._queues):
            get_engine().wake(self._hints)  # for the run's files, if nothing else

    def ask(self, question: Question, asker: Asker) -> Future[ServerMessage]:
        """Return the future of the answer. It raises PlaygroundError where there is none."""
        return self.questions.ask(question, asker)

    def _next_job(self) -> Assignment | None:
        """Called by the pool's thread while a trainer is idle."""
        while True:
            try:
                ticket = self._tickets.get_nowait()
            except queue.Empty:
                self._look()
                return None
            assignment = None if self._closing else claim_job(self.pool.id, self._queues)
            if assignment is not None:
                assignment.future = ticket
                return assignment
            ticket.set_result(None)

    def _show_up(self) -> None:
        """Servers that want to know whether they can serve look for it."""
        if not self._closing and all(part.is_ready for part in self._parts):
            with contextlib.suppress(redis.RedisError):  # away: then nobody can look, either
                cache.set_many({presence_of(queue): self.pool.id for queue in self._queues}, SHOWN_SECONDS)

    def _look(self) -> None:
        """A trainer is idle: is there work all the same? Then a message was lost, or a run was given back."""
        if monotonic() - self._looked >= LOOK_SECONDS and not self._closing:
            self._looked = monotonic()
            if runs.has_work(self._queues):
                get_engine().wake(self._hints)


_station: Station | None = None


def open_station(queues: Collection[str], trainers: int) -> Station:
    """Called once by whatever worker this process is."""
    global _station
    _station = Station(queues, trainers)
    return _station


def get_station() -> Station:
    """Raises EngineUnavailable outside of a worker."""
    if _station is None:
        raise EngineUnavailable("There is no station in this process.")
    return _station
