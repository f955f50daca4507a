"""What a storage of progress promises; `tests/contracts/` holds each to it. `get_storage()` gives the one in use."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime

from progress.records import Award, Page, QuestionKey, Record

PAGE_LIMIT = 100


class ProgressStorage(ABC):
    """Points per learner and question, each earned once. Safe to call from many threads and processes.

    `user_id` is an `Identity.owner`. Every method raises StorageUnavailable when the storage does not answer, so that
    an outage is never read as "nothing earned". Identifiers and points are valid: see `QuestionKey` and `check_points`.
    """

    @abstractmethod
    def get(self, user_id: str) -> Record:
        """What one learner has earned, up to the last award that was answered; an empty record where nothing is."""

    @abstractmethod
    def get_many(self, user_ids: Collection[str]) -> dict[str, Record]:
        """As `get`, for each of them, in a number of requests that does not grow with what they have earned."""

    @abstractmethod
    def award(self, user_id: str, key: QuestionKey, points: int) -> Award:
        """Gives a question's points unless they are earned already, however often and concurrently it is called."""

    @abstractmethod
    def merge(self, user_id: str, earned: Mapping[QuestionKey, int], when: datetime | None = None) -> Record:
        """Gives the points of all these questions that are not earned yet, as of `when` (default: now).

        A question that is earned already keeps its points, and `updated` never goes back. Calling it again changes
        nothing: what was cut short may be repeated.
        """

    @abstractmethod
    def list_page(self, cursor: str | None = None, limit: int = PAGE_LIMIT) -> Page:
        """At most `limit` learners who have earned something, from where the page before ended; in no certain order.

        Who is there from the first page to the last is seen exactly once, whatever others write in between.
        """

    @abstractmethod
    def reset(self, user_id: str) -> None:
        """Forgets all that one learner has earned."""

    @abstractmethod
    def count(self) -> int:
        """How many learners have earned something. May take a look at each of them."""

    def check(self) -> None:  # noqa: B027 - most have nothing to check
        """Called at start-up. Raises ImproperlyConfigured where it can never work, StorageUnavailable where not now.

        May cross the network, but only once and for few seconds.
        """

    def iterate(self, limit: int = PAGE_LIMIT) -> Iterator[tuple[Record, ...]]:
        """All learners, a page at a time."""
        cursor: str | None = None
        while True:
            page = self.list_page(cursor, limit)
            if page.records:
                yield page.records
            if page.next_cursor is None:
                return
            cursor = page.next_cursor
