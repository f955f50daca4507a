"""Keep progress in the memory of one process, for tests and demonstrations. It is lost when the process ends."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from progress.records import Award, Page, QuestionKey, Record
from progress.storage.base import PAGE_LIMIT, ProgressStorage


class MemoryStorage(ProgressStorage):
    """Storage that replaces frozen records under one lock."""

    def __init__(self) -> None:
        self._records: dict[str, Record] = {}
        self._lock = threading.Lock()

    def get(self, user_id: str) -> Record:
        return self._records.get(user_id) or Record(user_id)

    def get_many(self, user_ids: Collection[str]) -> dict[str, Record]:
        return {user_id: self.get(user_id) for user_id in user_ids}

    def award(self, user_id: str, key: QuestionKey, points: int) -> Award:
        with self._lock:
            was_new = key not in self.get(user_id).earned
            return Award(self._merge(user_id, {key: points}, None), was_new)

    def merge(self, user_id: str, earned: Mapping[QuestionKey, int], when: datetime | None = None) -> Record:
        with self._lock:
            return self._merge(user_id, earned, when)

    def _merge(self, user_id: str, earned: Mapping[QuestionKey, int], when: datetime | None) -> Record:
        before = self.get(user_id)
        if earned.keys() <= before.earned.keys():
            return before
        times = [time for time in (before.updated, when or datetime.now(UTC)) if time]
        record = Record(user_id, {**earned, **before.earned}, max(times))
        self._records[user_id] = record
        return record

    def list_page(self, cursor: str | None = None, limit: int = PAGE_LIMIT) -> Page:
        with self._lock:
            after = sorted(user_id for user_id in self._records if cursor is None or user_id > cursor)
            records = tuple(self._records[user_id] for user_id in after[:limit])
        return Page(records, records[-1].user_id if len(after) > limit else None)

    def reset(self, user_id: str) -> None:
        with self._lock:
            self._records.pop(user_id, None)

    def count(self) -> int:
        return len(self._records)
