"""The engine of one machine: job workers and question workers of the server process."""

from __future__ import annotations

from concurrent.futures import Future
from uuid import UUID

from django.conf import settings

from playground.wire.envelope import ServerMessage
from training.engines.base import Engine
from training.engines.next_job import claim_job
from training.engines.pool import Pool
from training.engines.question_pool import QuestionPool
from training.engines.requester import Requester
from training.jobs.questions import Question
from training.queues import TRAINING


class LocalEngine(Engine):
    """An engine whose idle workers take the next job from the database."""

    def __init__(self) -> None:
        self.pool = Pool("local", settings.TRAINING_WORKERS, lambda: claim_job(self.pool.id))
        self.questions = QuestionPool("questions")

    def start(self) -> None:
        self.questions.start()
        self.pool.start()

    def stop(self) -> None:
        self.questions.stop()
        self.pool.stop()

    def is_ready(self) -> bool:
        return self.pool.is_ready and self.questions.is_ready

    def wake(self, queue: str = TRAINING) -> None:
        self.pool.wake()

    def cancel(self, run_id: UUID) -> None:
        self.pool.cancel(run_id)

    def ask(self, question: Question, requester: Requester) -> Future[ServerMessage]:
        return self.questions.ask(question, requester)
