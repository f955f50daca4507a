"""CeleryEngine, the engine of several machines: it sends hints and questions to workers through Celery.

The queue is the table of runs. A message only says that a job may be waiting, and the worker that receives it claims
the next run in the database. So a lost message loses no run, and a message that arrives twice trains no run twice.
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
from training.engines.base import Engine
from training.engines.question_limits import QuestionLimits
from training.engines.replies import Mailbox
from training.engines.requester import Requester
from training.exceptions import EngineUnavailable
from training.jobs.questions import Question
from training.jobs.serialization import serialize_question
from training.queues import QUESTIONS, TRAINING, build_presence_key

SENDING_THREADS = 16  # threads that send questions to the broker; none waits for an answer
HINT_THREADS = 2  # threads that send hints to the broker, so that no request waits for it

logger = logging.getLogger(__name__)


class CeleryEngine(Engine):
    """An engine that sends work to Celery workers. It has no worker of its own, and nothing to start."""

    def __init__(self) -> None:
        self._limits = QuestionLimits()
        self._mailbox = Mailbox()
        self._asking = ThreadPoolExecutor(SENDING_THREADS, thread_name_prefix="question")
        self._sending = ThreadPoolExecutor(HINT_THREADS, thread_name_prefix="hint")

    def start(self) -> None:
        pass

    def stop(self) -> None:
        pass

    def is_ready(self) -> bool:
        """Return whether warm workers take runs, and questions. Raises the cache's exception when the cache is
        unavailable.
        """
        return all(cache.get(build_presence_key(queue)) for queue in (TRAINING, QUESTIONS))

    def check_broker(self) -> None:
        with current_app.connection_for_write() as connection:
            connection.ensure_connection(max_retries=1, interval_start=0, interval_step=0)
            connection.default_channel.close()

    def wake(self, queue: str = TRAINING) -> None:
        self._sending.submit(_send_hint, queue)

    def cancel(self, run_id: UUID) -> None:
        """Do nothing: the worker reads the run's row whenever it records something, and twice a second."""

    def ask(self, question: Question, requester: Requester) -> Future[ServerMessage]:
        """See Engine. This process counts the questions of each requester. The workers divide their time fairly."""
        future: Future[ServerMessage]
        try:
            future = self._limits.admit(requester)
        except PlaygroundError as error:
            future = Future()
            future.set_exception(error)
            return future
        number = self._mailbox.expect(future, limits.ANSWER_SECONDS)
        self._asking.submit(self._send, question, requester, number)
        return future

    def _send(self, question: Question, requester: Requester, number: str) -> None:
        try:
            current_app.send_task(
                "training.answer",
                args=[serialize_question(question), self._mailbox.address, number, requester.owner, requester.address],
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
