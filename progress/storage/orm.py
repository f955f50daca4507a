"""Keep progress in Django's database (the default). The only module that uses the table of earned questions."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from django.db import IntegrityError, InterfaceError, OperationalError, ProgrammingError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from progress.exceptions import StorageUnavailable
from progress.models import Earned
from progress.records import Award, Page, QuestionKey, Record, get_key
from progress.storage.base import PAGE_LIMIT, ProgressStorage

logger = logging.getLogger(__name__)

MAX_NAMED = 10_000  # learners per query: databases limit the number of parameters


class ORMStorage(ProgressStorage):
    """Storage with one row per learner and earned question. A unique constraint makes sure that it is earned once."""

    def get(self, user_id: str) -> Record:
        return self.get_many([user_id])[user_id]

    def get_many(self, user_ids: Collection[str]) -> dict[str, Record]:
        wanted = list(dict.fromkeys(user_ids))
        found: dict[str, Record] = {}
        with answering():
            for start in range(0, len(wanted), MAX_NAMED):
                some = wanted[start : start + MAX_NAMED]
                found.update(_collect(Earned.objects.filter(user_id__in=some), some))
        return {user_id: found.get(user_id) or Record(user_id) for user_id in wanted}

    def award(self, user_id: str, key: QuestionKey, points: int) -> Award:
        with answering():
            was_new = _insert(user_id, key, points)
        return Award(self.get(user_id), was_new)

    def merge(self, user_id: str, earned: Mapping[QuestionKey, int], when: datetime | None = None) -> Record:
        when = when or timezone.now()
        with answering():
            Earned.objects.bulk_create(
                [_build_row(user_id, key, points, when) for key, points in earned.items()], ignore_conflicts=True
            )
        return self.get(user_id)

    def list_page(self, cursor: str | None = None, limit: int = PAGE_LIMIT) -> Page:
        rows = Earned.objects.order_by("user_id")
        if cursor is not None:
            rows = rows.filter(user_id__gt=cursor)
        with answering():
            user_ids = list(rows.values_list("user_id", flat=True).distinct()[: limit + 1])
            page, more = user_ids[:limit], len(user_ids) > limit
            found = _collect(Earned.objects.filter(user_id__gte=page[0], user_id__lte=page[-1]), page) if page else {}
        # A learner who was reset between the two queries is not in `found`.
        return Page(tuple(found[user_id] for user_id in page if user_id in found), page[-1] if more else None)

    def reset(self, user_id: str) -> None:
        with answering():
            Earned.objects.filter(user_id=user_id).delete()

    def count(self) -> int:
        with answering():
            return Earned.objects.values("user_id").distinct().count()


@contextmanager
def answering() -> Iterator[None]:
    """Convert errors of a database that is unreachable, locked or not migrated into StorageUnavailable."""
    try:
        yield
    except (OperationalError, InterfaceError, ProgrammingError) as error:  # PostgreSQL's error for a missing table
        logger.error("The database did not answer for progress: %s", error)
        raise StorageUnavailable("Progress cannot be reached just now.") from error


def _insert(user_id: str, key: QuestionKey, points: int) -> bool:
    """Insert the row. Return whether it was new."""
    try:
        with transaction.atomic():
            _build_row(user_id, key, points, timezone.now()).save(force_insert=True)
    except IntegrityError:
        return False
    return True


def _build_row(user_id: str, key: QuestionKey, points: int, when: datetime) -> Earned:
    return Earned(
        user_id=user_id,
        module_id=key.module_id,
        section_id=key.section_id,
        question_id=key.question_id,
        points=points,
        when=when,
    )


def _collect(rows: QuerySet[Earned], user_ids: Iterable[str]) -> dict[str, Record]:
    earned: dict[str, dict[QuestionKey, int]] = {user_id: {} for user_id in user_ids}
    updated: dict[str, datetime] = {}
    columns = rows.values_list("user_id", "module_id", "section_id", "question_id", "points", "when")
    for user_id, module_id, section_id, question_id, points, when in columns.iterator(chunk_size=2_000):
        if user_id in earned:
            earned[user_id][get_key(module_id, section_id, question_id)] = points
            if user_id not in updated or when > updated[user_id]:
                updated[user_id] = when
    return {user_id: Record(user_id, earned[user_id], when) for user_id, when in updated.items()}
