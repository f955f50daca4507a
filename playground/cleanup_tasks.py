"""A cleanup task deletes or reduces rows that are no longer kept, in small batches. `manage.py clean` runs all tasks.

Any number of machines may run the same task at once: each batch locks its rows and checks again that they are due.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import sleep
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

BATCH_SIZE = 50  # rows in a transaction: other writers wait for its end, a fifth of a second for runs
PAUSE = 0.05  # seconds between two batches, in which other writers have their turn


def delete_rows(rows: QuerySet[Any]) -> None:
    """Delete the rows, with everything that belongs to them. Files are deleted with their rows."""
    rows.delete()


@dataclass(frozen=True)
class CleanupTask:
    """A kind of rows, and what to do with them.

    Parameters
    ----------
    description
        The rows in words, for the output of `manage.py clean`.
    find_rows
        Returns the rows that are due.
    handle
        Deletes or changes a batch of them, so that they are no longer due.
    batch_size
        The most rows in a batch.
    """

    description: str
    find_rows: Callable[[], QuerySet[Any]]
    handle: Callable[[QuerySet[Any]], None] = delete_rows
    batch_size: int = BATCH_SIZE

    def count(self) -> int:
        """Return how many rows are due."""
        return self.find_rows().count()

    def run(self) -> int:
        """Handle all rows that are due. Return how many this process handled."""
        done = 0
        while handled := self._run_batch():
            done += handled
            sleep(PAUSE)
        return done

    def _run_batch(self) -> int:
        with transaction.atomic():
            due = self.find_rows().order_by("pk")
            # Rows that another process has locked are left to it.
            if connection.features.has_select_for_update_skip_locked:
                due = due.select_for_update(skip_locked=True)
            keys = list(due.values_list("pk", flat=True)[: self.batch_size])
            if keys:
                self.handle(self.find_rows().filter(pk__in=keys))
            return len(keys)


def days_ago(days: int) -> datetime:
    return timezone.now() - timedelta(days=days)
