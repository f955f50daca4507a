"""The tasks of Celery workers. A task only waits: processes of the worker (`engines/celery_worker`) do the work.

Brokers hold messages with the names and arguments of tasks over an upgrade: do not change them.
"""

from __future__ import annotations

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import redis
from celery import shared_task

from playground.wire.errors import PlaygroundError
from training.engines import replies
from training.engines.celery_worker import get_celery_worker
from training.engines.requester import Requester
from training.jobs.serialization import parse_question, serialize_answer

_replying = ThreadPoolExecutor(4, thread_name_prefix="reply")

logger = logging.getLogger(__name__)


@shared_task(name="training.work", acks_late=True, reject_on_worker_lost=True, ignore_result=True)
def work() -> None:
    """Do the next job of the queue of runs, if there is one."""
    get_celery_worker().work()


@shared_task(name="training.answer", ignore_result=True)
def answer(question: dict[str, Any], address: str, number: str, owner: str, requester_address: str) -> None:
    """Have question `number` answered, and the answer sent to the mailbox `address`.

    The task ends before the answer is there: the question queue, not the order of messages, decides which is next.
    """
    future = get_celery_worker().ask(parse_question(question), Requester(owner, requester_address))
    future.add_done_callback(lambda done: _replying.submit(_reply, done, address, number))


def _reply(done: Future[Any], address: str, number: str) -> None:
    try:
        content = done.result()
    except PlaygroundError as error:
        content = error
    try:
        replies.send(address, number, serialize_answer(content))
    except redis.RedisError:
        logger.warning("an answer could not be sent", exc_info=True)
