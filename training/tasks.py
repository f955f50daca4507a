"""What Celery's workers do for training. Each task waits in a thread while a process of the station works."""

from __future__ import annotations

from typing import Any

from celery import shared_task

from training.engines import replies
from training.engines.asker import Asker
from training.engines.parcels import pack_answer, unpack_question
from training.engines.station import get_station


@shared_task(name="training.work", acks_late=True, reject_on_worker_lost=True, ignore_result=True)
def work() -> None:
    """One job from the queue of runs, whichever is next in fairness. Nothing waiting: nothing to do."""
    get_station().work()


@shared_task(name="training.answer", ignore_result=True)
def answer(question: dict[str, Any], address: str, owner: str) -> None:
    """Send the answer, or the reason why there is none, to the list `address` in Redis. `owner` asks."""
    replies.send(address, pack_answer(get_station().answer(unpack_question(question), Asker(owner))))
