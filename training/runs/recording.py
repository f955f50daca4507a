"""Recording of what happened in a run: its status and its numbered events, in one transaction.

Watchers are told after the commit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from playground.wire.envelope import dump
from playground.wire.errors import PlaygroundError
from playground.wire.identity import GUEST_PREFIX
from playground.wire.storable_text import make_storable
from training import broadcast
from training.artifacts.catalog import Facts, promised_names
from training.messages.base import RunEventMessage
from training.messages.boundary import FrameOrder, TrainingBoundary
from training.messages.events import ArtifactInfo, RunEnd, TrainingCancelled, TrainingProgress, TrainingResult
from training.messages.insights import TrainingInsights
from training.messages.results import AuxiliaryOutputs, find_finite
from training.messages.runs import RunKind, RunStatus
from training.messages.sweeps import RESULTS, SweepProgress
from training.meters import EPOCHS
from training.models import Artifact, Building, Checkpoint, RunEvent, TrainingRun
from training.runs.finish_signal import GRACE, send_finished
from training.runs.history import artifact_url, find_last_frame
from training.updates import CheckpointStored, FilesStored, RunUpdate, TrainerChosen

KEPT_CHECKPOINTS = 2


@dataclass(frozen=True)
class Claim:
    """The right to work on a run. It ends when the run's row has another token."""

    run_id: UUID
    token: str


def record(claim: Claim, messages: Sequence[RunUpdate]) -> bool:
    """Store each message with the next number of the run, and tell watchers on commit.

    Epochs and frames that an earlier attempt recorded are dropped: the same spec and seed gave the same numbers.

    Return False if the worker is to stop: the run is to be cancelled, or another engine has claimed it, or it was
    deleted. In the last two cases nothing is written.
    """
    with transaction.atomic():
        held = TrainingRun.objects.filter(pk=claim.run_id, worked_by=claim.token)
        run = held.defer("spec").select_for_update().first()  # a spec may contain a whole table
        if run is None:
            _drop_files(messages)
            return False
        for message in messages:
            if isinstance(message, FilesStored):
                _add_files(run, message)
            elif isinstance(message, CheckpointStored):
                _add_checkpoint(run, message)
            elif isinstance(message, TrainingInsights):
                _add_insights(run, message)
        if run.status == RunStatus.RUNNING:
            _go_on(run, messages)
        return not (run.status == RunStatus.RUNNING and run.cancel_requested)


def fail(claim: Claim, error: PlaygroundError) -> None:
    """End the run with an error."""
    kind = TrainingRun.objects.filter(pk=claim.run_id).values_list("kind", flat=True).first()
    if kind is not None:
        record(claim, [RESULTS[RunKind(kind)].of_failure(claim.run_id, error)])


def finish(run: TrainingRun, status: RunStatus, message: RunEnd) -> None:
    append(run, [message], **_end(run, status, message))
    _conclude(run, status)


def append(run: TrainingRun, messages: Iterable[RunEventMessage], **fields: Any) -> None:
    """Store the messages as the next events of the run, and change these fields of its row."""
    events = []
    for message in messages:
        run.last_seq += 1
        events.append((run.last_seq, message.event_name, dump(message.model_copy(update={"seq": run.last_seq}))))
    RunEvent.objects.bulk_create(RunEvent(run=run, seq=seq, event=event, data=data) for seq, event, data in events)
    update(run, last_seq=run.last_seq, **fields)
    transaction.on_commit(lambda: broadcast.send_events(run.pk, events))


def update(run: TrainingRun, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(run, name, value)
    run.save(update_fields=list(fields))


def _go_on(run: TrainingRun, messages: Sequence[RunUpdate]) -> None:
    """Record the progress of a run, and its end if the messages have one, in one write."""
    events: list[RunEventMessage] = []
    fields: dict[str, Any] = {}
    last_epoch, status = run.last_epoch, None
    last_frame: FrameOrder | None = None
    for message in messages:
        if isinstance(message, TrainerChosen):
            fields["trainer"] = message.trainer
        elif isinstance(message, TrainingProgress):
            fresh = [row for row in message.epochs if row.epoch > last_epoch]
            if not fresh:
                continue
            last_epoch = fresh[-1].epoch
            events.append(message.model_copy(update={"epochs": fresh}))
            EPOCHS.inc(len(fresh))
            # Attempts count failures without progress: a run that makes progress does not kill its workers.
            fields |= {"last_epoch": last_epoch, "progress": message.progress, "attempts": 1}
        elif isinstance(message, TrainingBoundary):
            last_frame = last_frame or find_last_frame(run.pk)
            if fresh_frames := message.after(last_frame):
                last_frame = fresh_frames.frames[-1].order
                events.append(fresh_frames)
        elif isinstance(message, SweepProgress):
            events.append(message)
            fields |= {"progress": message.progress, "attempts": 1}
        elif isinstance(message, RunEnd):
            status = _status_after(message)
            if isinstance(message, TrainingResult) and message.success:
                message = _promise_files(run, message)
            events.append(message)
            fields |= _end(run, status, message)
            break
    if events:
        append(run, events, **fields)
    if status is not None:
        _conclude(run, status)


def _status_after(message: RunEnd) -> RunStatus:
    if isinstance(message, TrainingCancelled):
        return RunStatus.CANCELLED
    return RunStatus.SUCCEEDED if message.success else RunStatus.FAILED


def _promise_files(run: TrainingRun, result: TrainingResult) -> TrainingResult:
    promised = promised_names(Facts.of(result.auxiliary_outputs, result.dl_results))
    infos = [ArtifactInfo(name=name, size=None, url=artifact_url(run.pk, name)) for name in promised]
    return result.model_copy(update={"artifacts": infos})


def _end(run: TrainingRun, status: RunStatus, message: RunEnd) -> dict[str, Any]:
    """Return the fields of the run's row that its end changes."""
    succeeded = status is RunStatus.SUCCEEDED
    has_files = succeeded and run.kind == RunKind.TRAINING
    now = timezone.now()
    fields = {
        "status": status,
        "finished": now,
        "tell_by": now + GRACE,
        "message": make_storable(message.message)[:500],
        "building": Building.WANTED if has_files else Building.NOT_WANTED,
        "attempts": 0,
        "cancel_requested": False,
    }
    if not run.owner.startswith(GUEST_PREFIX):
        fields["address_key"] = ""  # runs of accounts count by address only until they end
    if succeeded:
        fields["progress"] = 100.0
        if isinstance(message, TrainingResult):
            fields |= read_headline(message.auxiliary_outputs)
    return fields


def _conclude(run: TrainingRun, status: RunStatus) -> None:
    """Delete the checkpoints, and tell other apps on commit, after the watchers."""
    run.checkpoints.all().delete()
    transaction.on_commit(lambda: send_finished(run.pk, status))


def _add_insights(run: TrainingRun, message: TrainingInsights) -> None:
    """Record the insights, unless a lost worker has recorded them already."""
    if not RunEvent.objects.filter(run=run, event=message.event_name).exists():
        append(run, [message])


def _drop_files(messages: Iterable[RunUpdate]) -> None:
    """Delete the files of messages that are not recorded."""
    for stored in messages:
        for location in stored.locations if isinstance(stored, FilesStored | CheckpointStored) else ():
            default_storage.delete(location)


def _add_checkpoint(run: TrainingRun, stored: CheckpointStored) -> None:
    """Record a checkpoint. The one before is kept, in case this file is damaged."""
    if run.status != RunStatus.RUNNING:
        _drop_files([stored])
        return
    Checkpoint.objects.create(run=run, epoch=stored.epoch, file=stored.location)
    for outdated in run.checkpoints.order_by("-pk")[KEPT_CHECKPOINTS:]:
        outdated.delete()


def _add_files(run: TrainingRun, stored: FilesStored) -> None:
    Artifact.objects.bulk_create(
        [Artifact(run=run, name=file.name, file=file.location, size=file.size) for file in stored.files],
        update_conflicts=True,
        unique_fields=["run", "name"],
        update_fields=["file", "size"],
    )


def read_headline(auxiliary: AuxiliaryOutputs) -> dict[str, Any]:
    """Return the fields `metric`, `value` and `baseline` of TrainingRun. Numbers that are undefined are None."""
    headline = auxiliary.headline
    if headline is None:
        return {"metric": "", "value": None, "baseline": None}
    return {
        "metric": headline.metric.value,
        "value": find_finite(headline.value),
        "baseline": find_finite(headline.baseline),
    }
