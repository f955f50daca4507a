"""The engine of one machine: a pool of worker processes, owned by the server process."""

from __future__ import annotations

from concurrent.futures import Future
from uuid import UUID

from django.conf import settings

from playground.wire.envelope import ServerMessage
from training.engines.asker import Asker
from training.engines.base import Engine
from training.engines.claims import claim_job
from training.engines.jobs import Question
from training.engines.pool import Pool
from training.engines.queues import TRAINING
from training.engines.worker import Role


class LocalEngine(Engine):
    """Whatever trainer is idle takes the next job from the database."""

    def __init__(self) -> None:
        roles = [Role.DESK, Role.READER] + [Role.TRAINER] * settings.TRAINING_WORKERS
        self.pool = Pool("local", roles, lambda: claim_job(self.pool.id))

    def start(self) -> None:
        self.pool.start()

    def stop(self) -> None:
        self.pool.stop()

    def is_ready(self) -> bool:
        return self.pool.is_ready

    def wake(self, queue: str = TRAINING) -> None:
        self.pool.wake()

    def cancel(self, run_id: UUID) -> None:
        self.pool.cancel(run_id)

    def ask(self, question: Question, asker: Asker) -> Future[ServerMessage]:
        return self.pool.ask(question, asker)
