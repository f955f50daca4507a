"""What an engine is: it works off the queue of runs and answers questions. `get_engine()` is the one in use."""

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
    """The queue itself is the table of runs: an engine claims from it, so nothing is lost when an engine is."""

    @abstractmethod
    def start(self) -> None:
        """Begin to work, in the background. Called once by whoever serves."""

    @abstractmethod
    def stop(self) -> None:
        """Stop working and give back what is claimed, so that another engine can take it up at once."""

    @abstractmethod
    def wake(self, queue: str = TRAINING) -> None:
        """Something is queued there: look now. A hint only; an engine looks by itself now and then."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Whether what is queued or asked now would be worked on without delay. From any thread; returns soon."""

    def check_broker(self) -> None:  # noqa: B027 - most engines have none
        """Raise what the broker's client raises where no message can be sent. From any thread; may block."""

    @abstractmethod
    def cancel(self, run_id: UUID) -> None:
        """Stop working on a run, if it is this engine that does."""

    def answer(self, question: Question, requester: Requester) -> Any:
        """Ask and wait. Raises PlaygroundError if there is no answer, AnswerTimeout if it takes too long."""
        future = self.ask(question, requester)
        try:
            return future.result(timeout=limits.ANSWER_SECONDS)
        except FutureTimeout:
            future.cancel()
            raise AnswerTimeout("The answer took too long.") from None

    @abstractmethod
    def ask(self, question: Question, requester: Requester) -> Future[ServerMessage]:
        """Have a worker answer, ahead of all training. Requesters share the question workers fairly.

        The future raises PlaygroundError if there is no answer.
        """


@cache
def get_engine() -> Engine:
    """The engine that `TRAINING_ENGINE` names, not started.

    Raises ImproperlyConfigured for a name that is none.
    """
    try:
        path = ENGINES[settings.TRAINING_ENGINE]
    except KeyError:
        raise ImproperlyConfigured(f"TRAINING_ENGINE is one of {', '.join(ENGINES)}.") from None
    return import_string(path)()
