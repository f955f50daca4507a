"""Numbers of runs by status, and how long runs wait, for /metrics."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Min
from django.utils import timezone

from training.messages.runs import RunStatus
from training.models import TrainingRun


@dataclass(frozen=True)
class RunCounts:
    """The runs in the database.

    Parameters
    ----------
    by_status
        The number of runs for each status, 0 included.
    oldest_waiting
        Seconds since the oldest queued run was created. 0 if none is queued.
    """

    by_status: dict[RunStatus, int]
    oldest_waiting: float


def count_runs() -> RunCounts:
    """Count the runs in the database. Two queries."""
    counts = dict(TrainingRun.objects.order_by().values_list("status").annotate(Count("pk")))
    oldest = TrainingRun.objects.filter(status=RunStatus.QUEUED).aggregate(oldest=Min("created"))["oldest"]
    waiting = (timezone.now() - oldest).total_seconds() if oldest else 0.0
    return RunCounts({status: counts.get(status, 0) for status in RunStatus}, waiting)
