"""Deletion of old runs, their files and their progress events, as the settings say. Used by `manage.py clean`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from playground.cleanup_tasks import CleanupTask, days_ago
from playground.wire.identity import GUEST_PREFIX
from training.messages.events import TrainingProgress
from training.messages.sweeps import SweepProgress
from training.models import Artifact, Building, Dataset, Owned, RunEvent, TrainingRun
from training.runs.queue_limits import ACTIVE

ROWS = {TrainingProgress.event_name: "epochs", SweepProgress.event_name: "results"}
"""The progress events, and the field of each that has the new epochs or scores."""
PACKED_AT_ONCE = 20  # runs, each of which may have thousands of epochs


def list_cleanup_tasks() -> Iterator[CleanupTask]:
    """Return the deletions that the settings ask for. 0 days means that nothing is deleted."""
    if days := settings.KEEP_GUEST_RUNS_DAYS:
        yield CleanupTask("runs of guests", partial(_of_guests, days))
    if days := settings.KEEP_USER_RUNS_DAYS:
        yield CleanupTask("runs of users", partial(_of_users, days))
    if days := settings.KEEP_FILES_DAYS:
        yield CleanupTask("files of runs", partial(_files, days))
    if days := settings.KEEP_EVENTS_DAYS:
        yield CleanupTask("runs whose progress is packed", partial(_loose, days), pack, PACKED_AT_ONCE)
    if days := settings.KEEP_ADDRESSES_DAYS:
        yield CleanupTask("addresses of runs", partial(_addressed, days, TrainingRun), forget_address)
        yield CleanupTask("addresses of uploads", partial(_addressed, days, Dataset), forget_address)


def pack(runs: QuerySet[TrainingRun]) -> None:
    """Merge the progress events of each run into its last one. Pages show the same from fewer rows."""
    for run in runs.order_by():
        events = list(run.events.filter(event__in=ROWS).order_by("seq"))
        *earlier, last = events
        field = ROWS[last.event]
        last.data[field] = [row for event in events for row in event.data[field]]
        last.save(update_fields=["data"])
        RunEvent.objects.filter(pk__in=[event.pk for event in earlier]).delete()


def forget_address(rows: QuerySet[Any]) -> None:
    """Clear the hashed address, so that the rows no longer count for a limit by address."""
    rows.update(address_key="")


def delete_all(owner: str) -> bool:
    """Delete all runs of an owner, or none while one waits or trains. Return whether they were deleted."""
    theirs = TrainingRun.objects.filter(owner=owner)
    if theirs.filter(status__in=ACTIVE).exists():
        return False
    theirs.delete()
    return True


def find_runs_on(dataset: OuterRef) -> QuerySet[TrainingRun]:
    """Return the runs that were, or will be, trained or tested on an upload."""
    return TrainingRun.objects.filter(Q(dataset=dataset) | Q(test_dataset=dataset))


def _over(days: int) -> QuerySet[TrainingRun]:
    """Return the runs that ended so many days ago and whose files are made."""
    over = TrainingRun.objects.exclude(status__in=ACTIVE)
    return over.filter(finished__lt=days_ago(days), building=Building.NOT_WANTED)


def _addressed(days: int, model: type[Owned]) -> QuerySet[Any]:
    """Return the rows older than so many days that still have an address."""
    return model._default_manager.filter(created__lt=days_ago(days)).exclude(address_key="")


def _of_guests(days: int) -> QuerySet[TrainingRun]:
    return _over(days).filter(owner__startswith=GUEST_PREFIX)  # runs of commands have another owner and are kept


def _of_users(days: int) -> QuerySet[TrainingRun]:
    return _over(days).filter(user__isnull=False)


def _files(days: int) -> QuerySet[Artifact]:
    return Artifact.objects.filter(run__in=_over(days))


def _loose(days: int) -> QuerySet[TrainingRun]:
    """Return old runs that have more than one progress event."""
    progress = RunEvent.objects.filter(run=OuterRef("pk"), event__in=ROWS).order_by("seq")
    return _over(days).filter(Exists(progress.values("pk")[1:2]))
