"""How many runs there are of each status, and how long they wait. Asked for by /metrics."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Min
from django.utils import timezone

from training.messages.runs import RunStatus
from training.models import TrainingRun


@dataclass(frozen=True)
class Census:
    """`by_status` has every status. `oldest_waiting`: seconds since the oldest queued run was created; 0 for none."""

    by_status: dict[RunStatus, int]
    oldest_waiting: float


def take_census() -> Census:
    counts = dict(TrainingRun.objects.order_by().values_list("status").annotate(Count("pk")))
    oldest = TrainingRun.objects.filter(status=RunStatus.QUEUED).aggregate(oldest=Min("created"))["oldest"]
    waiting = (timezone.now() - oldest).total_seconds() if oldest else 0.0
    return Census({status: counts.get(status, 0) for status in RunStatus}, waiting)
