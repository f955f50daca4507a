"""Engine: base class of what trains queued runs and answers questions. `get_engine()` returns the one in use."""

from __future__ import annotations

from abc import ABC, abstractmethod
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from functools import cache
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from playground.wire.envelope import ServerMessage
from training import limits
from training.engines.requester import Requester
from training.exceptions import AnswerTimeout
from training.jobs.questions import Question
from training.queues import TRAINING

ENGINES = {"local": "training.engines.local.LocalEngine", "celery": "training.engines.celery.CeleryEngine"}


class Engine(ABC):
    """Trains queued runs and answers questions.

    The queue is the table of runs. An engine claims runs from it, so no run is lost with an engine.
    """

    @abstractmethod
    def start(self) -> None:
        """Start to work, in the background. Called once in a server process."""

    @abstractmethod
    def stop(self) -> None:
        """Stop, and give all claimed runs back, so that another engine can continue them at once."""

    @abstractmethod
    def wake(self, queue: str = TRAINING) -> None:
        """Say that a run waits in a queue. Only a hint: an engine checks the queue at intervals as well."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Return whether a new run or question would be started without delay. Fast; for any thread."""

    def check_broker(self) -> None:  # noqa: B027 - most engines have none
        """Raise an exception of the broker's client if no message can be sent. May block; for any thread."""

    @abstractmethod
    def cancel(self, run_id: UUID) -> None:
        """Stop working on a run, if this engine does."""

    def answer(self, question: Question, requester: Requester) -> Any:
        """Ask a question and wait for the answer. Raises PlaygroundError, AnswerTimeout if it takes too long."""
        future = self.ask(question, requester)
        try:
            return future.result(timeout=limits.ANSWER_SECONDS)
        except FutureTimeout:
            future.cancel()
            raise AnswerTimeout("The answer took too long.") from None

    @abstractmethod
    def ask(self, question: Question, requester: Requester) -> Future[ServerMessage]:
        """Have a worker answer a question, before all jobs. Requesters share the question workers fairly.

        The future raises PlaygroundError if there is no answer.
        """


@cache
def get_engine() -> Engine:
    """Return the engine that `TRAINING_ENGINE` names, not started.

    Raises ImproperlyConfigured for an unknown name.
    """
    try:
        path = ENGINES[settings.TRAINING_ENGINE]
    except KeyError:
        raise ImproperlyConfigured(f"TRAINING_ENGINE is one of {', '.join(ENGINES)}.") from None
    return import_string(path)()
