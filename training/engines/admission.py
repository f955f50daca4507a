"""Limits on the questions under way: of one owner, of the guests at one address, and in all."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import Future
from typing import Any

from django.conf import settings

from training.engines.asker import Asker
from training.engines.question_queue import ADDRESS_OWNERS
from training.exceptions import QuestionLimitReached, QuestionsFull


class Admission:
    """Counts the questions of this process that wait or are being answered. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owners: Counter[str] = Counter()
        self._addresses: Counter[str] = Counter()  # of guests

    def admit(self, asker: Asker) -> Future[Any]:
        """Return the future of a new question. It stops counting when the future is done.

        Raises QuestionLimitReached, QuestionsFull.
        """
        with self._lock:
            if self._owners[asker.owner] >= settings.TRAINING_MAX_QUESTIONS_PER_OWNER:
                raise QuestionLimitReached(
                    f"You have {settings.TRAINING_MAX_QUESTIONS_PER_OWNER} questions under way, and may have no more."
                )
            if self._addresses[asker.address] >= ADDRESS_OWNERS * settings.TRAINING_MAX_QUESTIONS_PER_OWNER:
                raise QuestionLimitReached("The guests at your address have too many questions under way.")
            if self._owners.total() >= settings.TRAINING_MAX_QUESTIONS:
                raise QuestionsFull("The server has too many questions to answer just now.")
            self._owners[asker.owner] += 1
            if asker.address:
                self._addresses[asker.address] += 1
        future: Future[Any] = Future()
        future.add_done_callback(lambda _: self._release(asker))
        return future

    def _release(self, asker: Asker) -> None:
        with self._lock:
            for counter, key in ((self._owners, asker.owner), (self._addresses, asker.address)):
                counter[key] -= 1
                if counter[key] <= 0:
                    del counter[key]
