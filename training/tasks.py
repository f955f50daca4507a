"""What Celery's workers do for training. A job's task waits in a thread while a process of the station works."""

from __future__ import annotations

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import redis
from celery import shared_task

from playground.wire.errors import PlaygroundError
from training.engines import replies
from training.engines.asker import Asker
from training.engines.parcels import pack_answer, unpack_question
from training.engines.station import get_station

_replying = ThreadPoolExecutor(4, thread_name_prefix="reply")

logger = logging.getLogger(__name__)


@shared_task(name="training.work", acks_late=True, reject_on_worker_lost=True, ignore_result=True)
def work() -> None:
    """One job from the queue of runs, whichever is next in fairness. Nothing waiting: nothing to do."""
    get_station().work()


@shared_task(name="training.answer", ignore_result=True)
def answer(question: dict[str, Any], address: str, number: str, owner: str, asker_address: str) -> None:
    """Have the station answer question `number`, and send the answer to the mailbox `address`.

    The task does not wait for the answer: the station, not the order of messages, decides whose question is next.
    """
    future = get_station().ask(unpack_question(question), Asker(owner, asker_address))
    future.add_done_callback(lambda done: _replying.submit(_reply, done, address, number))


def _reply(done: Future[Any], address: str, number: str) -> None:
    try:
        content = done.result()
    except PlaygroundError as error:
        content = error
    try:
        replies.send(address, number, pack_answer(content))
    except redis.RedisError:
        logger.warning("an answer could not be sent", exc_info=True)
