"""Reading of runs: their rows, events, epochs and files. Nothing is written."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db.models import Q
from django.urls import reverse

from playground.wire.identity import Identity
from training.artifacts.catalog import KINDS, names_built_later
from training.events import StoredEvent
from training.exceptions import RunNotFound
from training.messages.boundary import NO_FRAME, FrameOrder, TrainingBoundary
from training.messages.events import ArtifactInfo, EpochRow, TrainingProgress, TrainingResult
from training.messages.runs import RunKind, RunStatus, RunSummary
from training.messages.sweeps import SweepProgress, SweepScore
from training.models import RunEvent, TrainingRun
from training.share_links import find_url


def get_run(identity: Identity, run_id: UUID, *permissions: str) -> TrainingRun:
    """Return a run of the visitor, or of others for staff with all of these permissions.

    Without permissions, only the owner gets it. Raises RunNotFound, also for runs of others.
    """
    run = TrainingRun.objects.filter(pk=run_id).first()
    if run is None or not identity.may_reach(run.owner, *permissions):
        raise RunNotFound("There is no such run.")
    return run


def list_runs(identity: Identity, *, limit: int, before: UUID | None) -> list[RunSummary]:
    """Return the visitor's runs, newest first. `before`: start after this run. Raises RunNotFound."""
    runs = TrainingRun.objects.filter(owner=identity.owner).select_related("share").order_by("-created", "-pk")
    if before is not None:
        last = get_run(identity, before)
        runs = runs.filter(Q(created__lt=last.created) | Q(created=last.created, pk__lt=last.pk))
    return [summarize(run) for run in runs.defer("spec")[:limit]]  # a spec may contain a whole table


def summarize(run: TrainingRun) -> RunSummary:
    """Return what lists show of a run."""
    return RunSummary(
        run_id=run.pk,
        kind=RunKind(run.kind),
        name=run.name,
        status=RunStatus(run.status),
        data=run.data,
        model=run.model,
        target=run.target,
        progress=run.progress,
        metric=run.metric,
        value=run.value,
        baseline=run.baseline,
        created=run.created,
        started=run.started,
        finished=run.finished,
        message=run.message,
        last_seq=run.last_seq,
        url=reverse("run", args=[run.pk]),
        shared_url=find_url(run),
    )


def read_events(run_id: UUID, after_seq: int) -> list[StoredEvent]:
    """Return the stored events after number `after_seq`, in order."""
    rows = RunEvent.objects.filter(run_id=run_id, seq__gt=after_seq).order_by("seq").values_list("seq", "event", "data")
    return [StoredEvent(*row) for row in rows]


def read_last(run_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return the number of the last event of each run. Deleted runs are missing."""
    return dict(TrainingRun.objects.filter(pk__in=run_ids).values_list("pk", "last_seq"))


def read_epochs(run_id: UUID) -> list[EpochRow]:
    """Return all epochs of a training, in order."""
    events = (
        RunEvent.objects.filter(run_id=run_id, event=TrainingProgress.event_name)
        .order_by("seq")
        .values_list("data", flat=True)
    )
    return [EpochRow.model_validate(row) for data in events for row in data["epochs"]]


def read_scores(run_id: UUID) -> list[SweepScore]:
    """Return the scores of the trainings of a sweep or comparison that have ended, in that order."""
    events = (
        RunEvent.objects.filter(run_id=run_id, event=SweepProgress.event_name)
        .order_by("seq")
        .values_list("data", flat=True)
    )
    return [SweepScore.model_validate(score) for data in events for score in data["results"]]


def names_to_build(run: TrainingRun, *, has_table: bool = True) -> tuple[str, ...]:
    """Return the names of files that the result promises, that are made after the run, and that do not exist yet.

    `has_table`: False if the table was deleted, so that files which need it cannot be made.
    """
    there = set(run.artifacts.values_list("name", flat=True))
    names = names_built_later(promised_files(run), has_table=has_table)
    return tuple(name for name in names if name not in there)


def describe_artifacts(run: TrainingRun) -> list[ArtifactInfo]:
    """Return the files that exist, in the order of the catalogue."""
    files = {file.name: file for file in run.artifacts.all()}
    return [
        ArtifactInfo(name=name, size=files[name].size, url=artifact_url(run.pk, name))
        for name in KINDS
        if name in files
    ]


def promised_files(run: TrainingRun) -> list[str]:
    """Return the names of the files that the result of a run lists."""
    result = read_result(run.pk)
    return [file.name for file in result.artifacts] if result else []


def read_result(run_id: UUID) -> TrainingResult | None:
    """Return the result of a training. None if it has not ended or was cancelled."""
    data = RunEvent.objects.filter(run_id=run_id, event=TrainingResult.event_name).values_list("data", flat=True)
    found = data.first()
    return TrainingResult.model_validate(found) if found else None


def find_last_frame(run_id: UUID) -> FrameOrder:
    """Return the last stored frame of the decision boundary, NO_FRAME if there is none."""
    stored = RunEvent.objects.filter(run_id=run_id, event=TrainingBoundary.event_name).order_by("-seq")
    data = stored.values_list("data", flat=True).first()
    return TrainingBoundary.model_validate(data).frames[-1].order if data else NO_FRAME


def artifact_url(run_id: UUID, name: str) -> str:
    """Return the path from which the owner downloads a file of a run."""
    return reverse("artifact", args=[run_id, name])
