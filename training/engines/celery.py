"""The engine of many machines, as the servers see it: Celery carries hints and questions to workers elsewhere.

The queue itself stays the table of runs: a message says that a job may be waiting, and whoever takes it claims the next
one in the database. So no lost message loses a run, and none that arrives twice trains one twice.
"""

from __future__ import annotations

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from uuid import UUID

import kombu.exceptions
import redis
from celery import current_app
from django.core.cache import cache

from playground.wire.envelope import ServerMessage
from playground.wire.errors import PlaygroundError
from training import limits
from training.engines.admission import Admission
from training.engines.asker import Asker
from training.engines.base import Engine
from training.engines.jobs import Question
from training.engines.parcels import pack_question
from training.engines.queues import QUESTIONS, TRAINING, presence_of
from training.engines.replies import Mailbox
from training.exceptions import EngineUnavailable

ASKERS = 16  # threads that hand questions to the broker; none of them waits for an answer
SENDERS = 2  # threads that hand hints to the broker, so that no request waits for it

logger = logging.getLogger(__name__)


class CeleryEngine(Engine):
    """Has no worker of its own, and nothing to start."""

    def __init__(self) -> None:
        self._admission = Admission()
        self._mailbox = Mailbox()
        self._asking = ThreadPoolExecutor(ASKERS, thread_name_prefix="question")
        self._sending = ThreadPoolExecutor(SENDERS, thread_name_prefix="hint")

    def start(self) -> None:
        pass

    def stop(self) -> None:
        pass

    def is_ready(self) -> bool:
        """Somewhere warm workers take runs, and questions. Raises what the cache raises when it is away."""
        return all(cache.get(presence_of(queue)) for queue in (TRAINING, QUESTIONS))

    def check_broker(self) -> None:
        with current_app.connection_for_write() as connection:
            connection.ensure_connection(max_retries=1, interval_start=0, interval_step=0)
            connection.default_channel.close()

    def wake(self, queue: str = TRAINING) -> None:
        self._sending.submit(_send_hint, queue)

    def cancel(self, run_id: UUID) -> None:
        """Nothing: the worker reads the run's row whenever it records something, and twice a second."""

    def ask(self, question: Question, asker: Asker) -> Future[ServerMessage]:
        """See Engine. The workers' stations share their time fairly; here each asker's questions are only counted."""
        future: Future[ServerMessage]
        try:
            future = self._admission.admit(asker)
        except PlaygroundError as error:
            future = Future()
            future.set_exception(error)
            return future
        number = self._mailbox.expect(future, limits.ANSWER_SECONDS)
        self._asking.submit(self._send, question, asker, number)
        return future

    def _send(self, question: Question, asker: Asker, number: str) -> None:
        try:
            current_app.send_task(
                "training.answer",
                args=[pack_question(question), self._mailbox.address, number, asker.owner, asker.address],
                queue=QUESTIONS,
                expires=limits.ANSWER_SECONDS,
                ignore_result=True,
            )
        except (kombu.exceptions.OperationalError, redis.RedisError, OSError):
            logger.warning("a question could not be asked", exc_info=True)
            self._mailbox.fail(number, EngineUnavailable("The workers cannot be reached just now. Nothing is lost."))


def _send_hint(queue: str) -> None:
    try:
        current_app.send_task("training.work", queue=queue, ignore_result=True)
    except (kombu.exceptions.OperationalError, OSError):
        # The run is queued all the same: a worker that has nothing to do looks by itself.
        logger.warning("the broker could not be told of a run", exc_info=True)
