"""Limits on the number of questions under way: for one owner, for one network address, and in total."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import Future
from typing import Any

from training.engines.question_queue import count_shares
from training.engines.requester import Requester
from training.exceptions import QuestionLimitReached, QuestionsFull

MAX_QUESTIONS_PER_OWNER = 16  # questions of one owner under way at once
MAX_QUESTIONS = 1_000  # questions under way at once in one server process


class QuestionLimits:
    """Counts the questions of this process that wait or are being answered. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owners: Counter[str] = Counter()
        self._groups: Counter[str] = Counter()  # by Requester.group

    def admit(self, requester: Requester) -> Future[Any]:
        """Return the future of a new question. It stops counting when the future is done.

        A guest who has no question under way is admitted up to twice the limit of the address: a few guests cannot
        shut out all others behind the same router.

        Raises QuestionLimitReached, QuestionsFull.
        """
        with self._lock:
            if self._owners[requester.owner] >= MAX_QUESTIONS_PER_OWNER:
                raise QuestionLimitReached(
                    f"You have {MAX_QUESTIONS_PER_OWNER} questions under way, and may have no more."
                )
            limit = count_shares(requester) * MAX_QUESTIONS_PER_OWNER
            if requester.is_guest and not self._owners[requester.owner]:
                limit *= 2
            if self._groups[requester.group] >= limit:
                who = "guests" if requester.is_guest else "accounts"
                raise QuestionLimitReached(f"The {who} at your address have too many questions under way.")
            if self._owners.total() >= MAX_QUESTIONS:
                raise QuestionsFull("The server has too many questions to answer just now.")
            self._owners[requester.owner] += 1
            if requester.group:
                self._groups[requester.group] += 1
        future: Future[Any] = Future()
        future.add_done_callback(lambda _: self._release(requester))
        return future

    def _release(self, requester: Requester) -> None:
        with self._lock:
            for counter, key in ((self._owners, requester.owner), (self._groups, requester.group)):
                counter[key] -= 1
                if counter[key] <= 0:
                    del counter[key]
