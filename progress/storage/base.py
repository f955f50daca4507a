"""The interface of a progress storage. `tests/contracts/` tests every backend against it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime

from progress.records import Award, Page, QuestionKey, Record

PAGE_LIMIT = 100


class ProgressStorage(ABC):
    """Points per learner and question, each earned once. Safe to call from many threads and processes.

    `user_id` is an `Identity.owner`. Every method raises StorageUnavailable if the storage does not answer, so that an
    outage is never read as "nothing earned". Callers pass valid identifiers and points: see `QuestionKey` and
    `check_points`.
    """

    @abstractmethod
    def get(self, user_id: str) -> Record:
        """Return what one learner has earned, including the last answered award. The record is empty if nothing is
        earned.
        """

    @abstractmethod
    def get_many(self, user_ids: Collection[str]) -> dict[str, Record]:
        """Return the record of each learner. The number of requests does not depend on what they have earned."""

    @abstractmethod
    def award(self, user_id: str, key: QuestionKey, points: int) -> Award:
        """Award a question's points unless they are already earned. Repeated and concurrent calls award them once."""

    @abstractmethod
    def merge(self, user_id: str, earned: Mapping[QuestionKey, int], when: datetime | None = None) -> Record:
        """Award the points of all these questions that are not earned yet, as of `when` (default: now).

        A question that is already earned keeps its points. `updated` never goes back. An interrupted call may be
        repeated.
        """

    @abstractmethod
    def list_page(self, cursor: str | None = None, limit: int = PAGE_LIMIT) -> Page:
        """Return at most `limit` learners who have earned something, from `cursor` on, in no particular order.

        A learner whose record exists during the whole iteration is returned exactly once, whatever is written
        meanwhile.
        """

    @abstractmethod
    def reset(self, user_id: str) -> None:
        """Delete all that one learner has earned."""

    @abstractmethod
    def count(self) -> int:
        """Return how many learners have earned something. May read every record."""

    def check(self) -> None:  # noqa: B027 - most have nothing to check
        """Check the storage at start-up. Sends at most one request, for a few seconds.

        Raises ImproperlyConfigured if it can never work, StorageUnavailable if it does not answer now.
        """

    def iterate(self, limit: int = PAGE_LIMIT) -> Iterator[tuple[Record, ...]]:
        """Yield all learners' records, a page at a time."""
        cursor: str | None = None
        while True:
            page = self.list_page(cursor, limit)
            if page.records:
                yield page.records
            if page.next_cursor is None:
                return
            cursor = page.next_cursor
