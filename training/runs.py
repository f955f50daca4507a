"""The ONLY writer of run state: create, cancel, claim, record, replay. Called by consumers, views, admin and engines.

A run's state changes by conditional UPDATE, so that of two writers one wins. Whoever works on a run holds its lease:
a token in the row, without which nothing is recorded, and which lapses when it is not renewed.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Count, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from playground.wire.envelope import dump
from playground.wire.errors import PlaygroundError
from playground.wire.identity import Identity
from training import broadcast
from training.artifacts.catalog import names_drawn_later, promised_names
from training.engines.base import get_engine
from training.engines.jobs import FilesStored
from training.exceptions import ArtifactNotFound, RunNotFound, TooManyRuns, WorkerLost
from training.messages import (
    ArtifactInfo,
    EpochRow,
    RunEventMessage,
    RunStatus,
    RunSummary,
    TrainingArtifacts,
    TrainingCancelled,
    TrainingProgress,
    TrainingResult,
)
from training.models import Artifact, Dataset, Drawing, RunEvent, TrainingRun
from training.signals import run_finished
from training.spec import TrainingSpec

ACTIVE = (RunStatus.QUEUED, RunStatus.RUNNING)

StoredEvent = tuple[int, str, dict[str, Any]]
"""(seq, event, data)"""


@dataclass(frozen=True)
class Claim:
    """The right to work on one run, for as long as `token` stands in its row."""

    run_id: UUID
    token: str


# --- for owners ------------------------------------------------------------------------------------------------------


def create(
    identity: Identity, spec: TrainingSpec, *, data: str, model: str, dataset: Dataset | None, run_id: UUID
) -> int:
    """Stores a queued run and returns its position in the queue, 1 for the next. The spec must have passed the preflight.

    Raises TooManyRuns.
    """
    spec = spec.with_seed()
    owned = TrainingRun.objects.filter(owner=identity.owner)
    with transaction.atomic():
        if owned.filter(status__in=ACTIVE).count() >= settings.TRAINING_MAX_ACTIVE_RUNS_PER_OWNER:
            raise TooManyRuns(
                f"You have {settings.TRAINING_MAX_ACTIVE_RUNS_PER_OWNER} runs waiting or training already."
            )
        if owned.count() >= settings.TRAINING_MAX_RUNS_PER_OWNER:
            raise TooManyRuns(
                f"You have {settings.TRAINING_MAX_RUNS_PER_OWNER} runs, which is as many as are kept for one owner."
            )
        run = TrainingRun.objects.create(
            id=run_id,
            owner=identity.owner,
            user_id=identity.user_id,
            name=spec.custom_model_name,
            spec=spec.model_dump(mode="json", exclude_unset=True) | {"seed": spec.seed},
            seed=spec.seed,
            dataset=dataset,
            data=data[:200],
            model=model[:200],
        )
        position = TrainingRun.objects.filter(status=RunStatus.QUEUED, created__lte=run.created).count()
        transaction.on_commit(get_engine().wake)
    return position


def get_run(identity: Identity, run_id: UUID) -> TrainingRun:
    """Raises RunNotFound, to strangers too."""
    run = TrainingRun.objects.filter(pk=run_id).first()
    if run is None or not identity.may_see(run.owner):
        raise RunNotFound("There is no such run.")
    return run


def list_runs(identity: Identity, *, limit: int, before: UUID | None) -> list[RunSummary]:
    """The owner's runs, newest first, after the run `before` in that order. Raises RunNotFound for an unknown `before`."""
    runs = TrainingRun.objects.filter(owner=identity.owner).order_by("-created", "-pk")
    if before is not None:
        last = get_run(identity, before)
        runs = runs.filter(Q(created__lt=last.created) | Q(created=last.created, pk__lt=last.pk))
    return [summarize(run) for run in runs[:limit]]


def summarize(run: TrainingRun) -> RunSummary:
    return RunSummary(
        run_id=run.pk,
        name=run.name,
        status=RunStatus(run.status),
        data=run.data,
        model=run.model,
        progress=run.progress,
        created=run.created,
        started=run.started,
        finished=run.finished,
        message=run.message,
        last_seq=run.last_seq,
        url=reverse("run", args=[run.pk]),
    )


def request_cancel(run_id: UUID) -> None:
    """Ends a queued run at once, and has a running one stopped within a batch. A run that is over stays as it is."""
    with transaction.atomic():
        run = TrainingRun.objects.select_for_update().get(pk=run_id)
        if run.status == RunStatus.QUEUED:
            _finish(run, RunStatus.CANCELLED, TrainingCancelled(run_id=run_id))
        elif run.status == RunStatus.RUNNING:
            TrainingRun.objects.filter(pk=run_id).update(cancel_requested=True)
            transaction.on_commit(lambda: get_engine().cancel(run_id))


def read_events(run_id: UUID, after_seq: int) -> list[StoredEvent]:
    """The stored events after `after_seq`, in order."""
    return list(
        RunEvent.objects.filter(run_id=run_id, seq__gt=after_seq).order_by("seq").values_list("seq", "event", "data")
    )


def read_grown(seen: dict[UUID, int]) -> list[UUID]:
    """Which of these runs have events after the number seen."""
    last = TrainingRun.objects.filter(pk__in=seen).values_list("pk", "last_seq")
    return [run_id for run_id, last_seq in last if last_seq > seen[run_id]]


def read_epochs(run_id: UUID) -> list[EpochRow]:
    events = (
        RunEvent.objects.filter(run_id=run_id, event=TrainingProgress.event_name)
        .order_by("seq")
        .values_list("data", flat=True)
    )
    return [EpochRow.model_validate(row) for data in events for row in data["epochs"]]


def find_artifact(run: TrainingRun, name: str) -> Artifact | None:
    """The file, or None while it is being built, which is hurried up.

    Raises ArtifactNotFound for what this run does not and will not have.
    """
    artifact = Artifact.objects.filter(run=run, name=name).first()
    if artifact is None:
        pending = TrainingRun.objects.filter(pk=run.pk, drawing__gt=Drawing.NOT_WANTED)
        if name not in _promised(run) or not pending.exists():
            raise ArtifactNotFound("This run has no such file.")
        pending.update(drawing=Drawing.URGENT)
        get_engine().wake()
    return artifact


# --- for engines -----------------------------------------------------------------------------------------------------


def claim_next(engine_id: str) -> Claim | None:
    """The next run to train: of the owner with the fewest running, then the one served longest ago, then the oldest."""
    same_owner = TrainingRun.objects.filter(owner=OuterRef("owner")).order_by()
    running = same_owner.filter(status=RunStatus.RUNNING).values("owner").annotate(count=Count("*")).values("count")
    served = same_owner.filter(started__isnull=False).order_by("-started").values("started")[:1]
    queued = TrainingRun.objects.filter(status=RunStatus.QUEUED).annotate(
        owner_running=Coalesce(Subquery(running), 0), owner_served=Subquery(served)
    )
    ordered = queued.order_by("owner_running", F("owner_served").asc(nulls_first=True), "created")
    run_id = ordered.values_list("pk", flat=True).first()
    return claim(run_id, engine_id) if run_id else None


def claim(run_id: UUID, engine_id: str) -> Claim | None:
    """Takes one queued run, or None where somebody else has."""
    token, now = _make_token(engine_id), timezone.now()
    taken = TrainingRun.objects.filter(pk=run_id, status=RunStatus.QUEUED).update(
        status=RunStatus.RUNNING,
        worked_by=token,
        lease_until=now + _lease(),
        attempts=F("attempts") + 1,
        started=Coalesce(F("started"), now),
    )
    return Claim(run_id, token) if taken else None


def claim_drawing(engine_id: str, *, urgent_only: bool, run_id: UUID | None = None) -> Claim | None:
    """Takes a finished run whose plots are still to be made: that one, or else the one that waited longest."""
    now = timezone.now()
    free = TrainingRun.objects.filter(
        Q(lease_until=None) | Q(lease_until__lt=now), drawing__gte=Drawing.URGENT if urgent_only else Drawing.WANTED
    )
    run_id = run_id or free.order_by("-drawing", "finished").values_list("pk", flat=True).first()
    if run_id is None:
        return None
    token = _make_token(engine_id)
    taken = free.filter(pk=run_id).update(worked_by=token, lease_until=now + _lease(), attempts=F("attempts") + 1)
    return Claim(run_id, token) if taken else None


def renew(engine_id: str) -> set[UUID]:
    """Prolongs every lease of the engine's and returns the runs that somebody wants cancelled."""
    held = TrainingRun.objects.filter(worked_by__startswith=f"{engine_id}:", lease_until__isnull=False)
    held.update(lease_until=timezone.now() + _lease())
    return set(held.filter(cancel_requested=True, status=RunStatus.RUNNING).values_list("pk", flat=True))


def record(claim: Claim, messages: Sequence[RunEventMessage | FilesStored]) -> bool:
    """Gives each message the run's next number, stores it, and tells the watchers on commit.

    Epochs that an earlier attempt recorded are dropped: the same spec and seed gave the same numbers.
    False, and nothing is written, where the lease has gone to somebody else or the run is over.
    """
    with transaction.atomic():
        run = TrainingRun.objects.select_for_update().filter(pk=claim.run_id, worked_by=claim.token).first()
        if run is None:
            return False
        for message in messages:
            if isinstance(message, FilesStored):
                _add_files(run, message)
            elif run.status == RunStatus.RUNNING:
                _record_one(run, message)
    return True


def fail(claim: Claim, error: PlaygroundError) -> None:
    """Ends the run with what went wrong and what to do about it."""
    record(claim, [TrainingResult.of_failure(claim.run_id, error)])


def give_back(claim: Claim) -> None:
    """The job is done, or its worker is gone: a run that is not over is queued again, unless it has had its attempts."""
    with transaction.atomic():
        run = TrainingRun.objects.select_for_update().filter(pk=claim.run_id, worked_by=claim.token).first()
        if run is not None:
            _release(run)


def take_back_expired() -> None:
    """Queues again what a lost engine was working on."""
    with transaction.atomic():
        for run in TrainingRun.objects.select_for_update().filter(
            status=RunStatus.RUNNING, lease_until__lt=timezone.now()
        ):
            _release(run)


def give_back_all(engine_id: str) -> None:
    """The engine stops: whoever comes next need not wait for its leases to lapse."""
    held = TrainingRun.objects.filter(worked_by__startswith=f"{engine_id}:", lease_until__isnull=False)
    held.update(lease_until=timezone.now() - timedelta(seconds=1))


def finish_drawing(claim: Claim) -> None:
    """Ends the making of files, complete or not after the last attempt, and announces what there is."""
    with transaction.atomic():
        run = TrainingRun.objects.select_for_update().filter(pk=claim.run_id, worked_by=claim.token).first()
        if run is None or run.drawing == Drawing.NOT_WANTED:
            return
        missing = set(_promised(run)) - set(run.artifacts.values_list("name", flat=True))
        if missing and run.attempts < settings.TRAINING_MAX_ATTEMPTS:
            _update(run, lease_until=None)
            return
        _update(run, drawing=Drawing.NOT_WANTED, lease_until=None)
        _append(run, [TrainingArtifacts(run_id=run.pk, artifacts=describe_artifacts(run))])


def names_to_draw(run: TrainingRun) -> tuple[str, ...]:
    """Promised files that are made from the run's epochs and are not there yet."""
    there = set(run.artifacts.values_list("name", flat=True))
    return tuple(name for name in names_drawn_later(_promised(run)) if name not in there)


def describe_artifacts(run: TrainingRun) -> list[ArtifactInfo]:
    return [
        ArtifactInfo(name=file.name, size=file.size, url=_artifact_url(run.pk, file.name))
        for file in run.artifacts.all()
    ]


# --- inside ----------------------------------------------------------------------------------------------------------


def _record_one(run: TrainingRun, message: RunEventMessage) -> None:
    if isinstance(message, TrainingProgress):
        fresh = [row for row in message.epochs if row.epoch > run.last_epoch]
        if fresh:
            _append(run, [message.model_copy(update={"epochs": fresh})])
            # Attempts count failures to get further: a run that makes headway is not the one that kills workers.
            _update(run, last_epoch=fresh[-1].epoch, progress=message.progress, attempts=1)
    elif isinstance(message, TrainingCancelled):
        _finish(run, RunStatus.CANCELLED, message)
    elif isinstance(message, TrainingResult):
        if message.success:
            promised = promised_names(message.auxiliary_outputs)
            infos = [ArtifactInfo(name=name, size=None, url=_artifact_url(run.pk, name)) for name in promised]
            message = message.model_copy(update={"artifacts": infos})
        _finish(run, RunStatus.SUCCEEDED if message.success else RunStatus.FAILED, message)


def _finish(run: TrainingRun, status: RunStatus, message: TrainingCancelled | TrainingResult) -> None:
    succeeded = status is RunStatus.SUCCEEDED
    _append(run, [message])
    _update(
        run,
        status=status,
        finished=timezone.now(),
        message=message.message[:500],
        progress=100.0 if succeeded else run.progress,
        drawing=Drawing.WANTED if succeeded else Drawing.NOT_WANTED,
        attempts=0,
        cancel_requested=False,
    )
    transaction.on_commit(lambda: run_finished.send(sender=TrainingRun, run_id=run.pk, status=status))


def _release(run: TrainingRun) -> None:
    if run.status != RunStatus.RUNNING:
        _update(run, lease_until=None)
    elif run.cancel_requested:
        _finish(run, RunStatus.CANCELLED, TrainingCancelled(run_id=run.pk))
    elif run.attempts >= settings.TRAINING_MAX_ATTEMPTS:
        lost = WorkerLost(f"The worker process ended {run.attempts} times while it trained this.")
        _finish(run, RunStatus.FAILED, TrainingResult.of_failure(run.pk, lost))
    else:
        _update(run, status=RunStatus.QUEUED, worked_by="", lease_until=None)
        transaction.on_commit(get_engine().wake)


def _add_files(run: TrainingRun, stored: FilesStored) -> None:
    for file in stored.files:
        Artifact.objects.update_or_create(run=run, name=file.name, defaults={"file": file.location, "size": file.size})


def _append(run: TrainingRun, messages: Iterable[RunEventMessage]) -> None:
    events = []
    for message in messages:
        run.last_seq += 1
        events.append((run.last_seq, message.event_name, dump(message.model_copy(update={"seq": run.last_seq}))))
    RunEvent.objects.bulk_create(RunEvent(run=run, seq=seq, event=event, data=data) for seq, event, data in events)
    _update(run, last_seq=run.last_seq)
    transaction.on_commit(lambda: broadcast.nudge(run.pk, events))


def _update(run: TrainingRun, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(run, name, value)
    run.save(update_fields=list(fields))


def _promised(run: TrainingRun) -> list[str]:
    result = RunEvent.objects.filter(run=run, event=TrainingResult.event_name).values_list("data", flat=True).first()
    return [file["name"] for file in result["artifacts"]] if result else []


def _artifact_url(run_id: UUID, name: str) -> str:
    return reverse("artifact", args=[run_id, name])


def _make_token(engine_id: str) -> str:
    return f"{engine_id}:{uuid.uuid4().hex[:12]}"


def _lease() -> timedelta:
    return timedelta(seconds=settings.TRAINING_LEASE_SECONDS)
