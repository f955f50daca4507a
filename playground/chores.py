"""A chore: rows of one kind that are no longer kept, and go in small batches. Apps list theirs; `clean` does them all.

Any number of machines may work on the same chore at once: each batch is locked, and asked for again once it is.
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

BATCH = 50  # rows a transaction: other writers wait for no longer than that takes, a fifth of a second for runs
PAUSE = 0.05  # seconds between two, for them to have their turn


def delete(rows: QuerySet[Any]) -> None:
    """With what hangs on them: files, too, go with their rows."""
    rows.delete()


@dataclass(frozen=True)
class Chore:
    """`due`: the rows that are no longer kept. `do` does away with a batch of them."""

    what: str
    due: Callable[[], QuerySet[Any]]
    do: Callable[[QuerySet[Any]], None] = delete
    batch: int = BATCH

    def count(self) -> int:
        return self.due().count()

    def work_off(self) -> int:
        """How many rows were done away with, by this process."""
        done = 0
        while batch := self._do_batch():
            done += batch
            sleep(PAUSE)
        return done

    def _do_batch(self) -> int:
        with transaction.atomic():
            due = self.due().order_by("pk")
            # Rows that somebody else is at are left to them.
            if connection.features.has_select_for_update_skip_locked:
                due = due.select_for_update(skip_locked=True)
            keys = list(due.values_list("pk", flat=True)[: self.batch])
            if keys:
                self.do(self.due().filter(pk__in=keys))
            return len(keys)


def days_ago(days: int) -> datetime:
    return timezone.now() - timedelta(days=days)
