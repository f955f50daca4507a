"""Limits on the questions under way: of one owner, of the guests or accounts at one address, and in all."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import Future
from typing import Any

from training.engines.asker import Asker
from training.engines.question_queue import count_shares
from training.exceptions import QuestionLimitReached, QuestionsFull

MAX_QUESTIONS_PER_OWNER = 16  # questions of one owner under way at once
MAX_QUESTIONS = 1_000  # questions under way at once in one server process


class Admission:
    """Counts the questions of this process that wait or are being answered. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owners: Counter[str] = Counter()
        self._groups: Counter[str] = Counter()  # by Asker.group

    def admit(self, asker: Asker) -> Future[Any]:
        """Return the future of a new question. It stops counting when the future is done.

        A guest who has no question under way is admitted up to twice the limit of the address: a few guests cannot
        shut out all others behind the same router.

        Raises QuestionLimitReached, QuestionsFull.
        """
        with self._lock:
            if self._owners[asker.owner] >= MAX_QUESTIONS_PER_OWNER:
                raise QuestionLimitReached(
                    f"You have {MAX_QUESTIONS_PER_OWNER} questions under way, and may have no more."
                )
            limit = count_shares(asker) * MAX_QUESTIONS_PER_OWNER
            if asker.is_guest and not self._owners[asker.owner]:
                limit *= 2
            if self._groups[asker.group] >= limit:
                who = "guests" if asker.is_guest else "accounts"
                raise QuestionLimitReached(f"The {who} at your address have too many questions under way.")
            if self._owners.total() >= MAX_QUESTIONS:
                raise QuestionsFull("The server has too many questions to answer just now.")
            self._owners[asker.owner] += 1
            if asker.group:
                self._groups[asker.group] += 1
        future: Future[Any] = Future()
        future.add_done_callback(lambda _: self._release(asker))
        return future

    def _release(self, asker: Asker) -> None:
        with self._lock:
            for counter, key in ((self._owners, asker.owner), (self._groups, asker.group)):
                counter[key] -= 1
                if counter[key] <= 0:
                    del counter[key]
