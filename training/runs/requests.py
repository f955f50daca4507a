"""Changes that an owner asks for: create, cancel, rename and delete runs, and have a file made first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction

from playground.closed_accounts import writing_for
from playground.database_locks import lock
from playground.wire.identity import Identity
from playground.wire.storable_text import make_storable
from training.artifacts.catalog import KINDS
from training.exceptions import ArtifactNotFound, RunActive, RunNotFound
from training.messages.events import TrainingCancelled
from training.messages.runs import ACTIVE, RunKind, RunStatus
from training.models import Artifact, Building, Dataset, TrainingRun
from training.queues import GPU, TRAINING
from training.quota import check_room, counts_by_address
from training.runs.history import promised_files
from training.runs.queue_limits import check_runs
from training.runs.recording import finish
from training.signals import file_requested, run_cancel_requested, run_queued
from training.spec import Device, TrainingSpec, draw_seed

TRAIN_AGAIN = "Train it again: the same seed gives the same model."


def create(
    identity: Identity,
    spec: TrainingSpec,
    *,
    data: str,
    model: str,
    dataset: Dataset | None,
    run_id: UUID,
    test_dataset: Dataset | None = None,
    target: str | None = None,
    kind: RunKind = RunKind.TRAINING,
    task: Mapping[str, Any] | None = None,
) -> int:
    """Store a queued run and return its position in the queue, 1 for the next. The spec has passed the preflight.

    `target`: the column that is predicted, as the preflight found it; the one that the spec names when None.
    `task`: JSON-ready, what a sweep varies or what is compared. Raises StorageFull, TooManyRuns, QueueFull,
    AccountClosed.
    """
    if kind is RunKind.TRAINING:  # only trainings make files; checked before the lock, since it may add up many rows
        check_room(identity)
    queue = GPU if spec.device is Device.GPU else TRAINING
    seed = draw_seed() if spec.seed is None else spec.seed
    with writing_for(identity.owner):
        lock(f"runs of {identity.owner}")
        if counts_by_address(identity):
            lock(f"runs of address {identity.address}")
        waiting = check_runs(identity)
        TrainingRun.objects.create(
            id=run_id,
            kind=kind,
            task=task or {},
            owner=identity.owner,
            user_id=identity.user_id,
            address_key=identity.address,
            name=spec.custom_model_name,
            spec=spec.model_dump(mode="json", exclude_unset=True) | {"seed": seed},
            seed=seed,
            dataset=dataset,
            test_dataset=test_dataset,
            queue=queue,
            data=data[:200],
            model=model[:200],
            target=(target or spec.target or "")[:200],
        )
        transaction.on_commit(lambda: run_queued.send(sender=None, queue=queue))
    return waiting + 1


def request_cancel(run_id: UUID) -> None:
    """End a queued run at once, and have a running one stopped within a batch.

    A run that is over, or has been deleted, stays as it is.
    """
    with transaction.atomic():
        run = TrainingRun.objects.select_for_update().filter(pk=run_id).first()
        if run is None:
            return
        if run.status == RunStatus.QUEUED:
            finish(run, RunStatus.CANCELLED, TrainingCancelled(run_id=run_id))
        elif run.status == RunStatus.RUNNING:
            TrainingRun.objects.filter(pk=run_id).update(cancel_requested=True)
            transaction.on_commit(lambda: run_cancel_requested.send(sender=None, run_id=run_id))


def cancel_all(owner: str) -> None:
    """Cancel all runs of an owner that wait or train."""
    active = TrainingRun.objects.filter(owner=owner, status__in=ACTIVE)
    for run_id in list(active.values_list("pk", flat=True)):
        request_cancel(run_id)


def rename(identity: Identity, run_id: UUID, name: str) -> str:
    """Rename a run, and return the stored name: one line, without surrounding blanks. Raises RunNotFound."""
    kept = " ".join(make_storable(name).split())
    if not TrainingRun.objects.filter(pk=run_id, owner=identity.owner).update(name=kept):
        raise RunNotFound("There is no such run.")
    return kept


def delete(identity: Identity, run_id: UUID) -> None:
    """Delete a run with its events and files. Staff cannot delete the runs of others.

    Raises RunNotFound, RunActive for a run that waits or trains.
    """
    with transaction.atomic():
        run = TrainingRun.objects.select_for_update().filter(pk=run_id, owner=identity.owner).first()
        if run is None:
            raise RunNotFound("There is no such run.")
        if run.status in ACTIVE:
            raise RunActive("This run is still under way.")
        run.delete()


def find_artifact(run: TrainingRun, name: str) -> Artifact | None:
    """Return a file of a run. If it is still to be made, have it made before others and return None.

    Raises ArtifactNotFound for a file that the run does not have and will not get.
    """
    artifact = Artifact.objects.filter(run=run, name=name).first() if name in KINDS else None
    if artifact is None:
        pending = TrainingRun.objects.filter(pk=run.pk, building__gt=Building.NOT_WANTED)
        if name not in promised_files(run):
            raise ArtifactNotFound("This run has no such file.")
        if not pending.exists():
            raise ArtifactNotFound("This file is not kept any more, or could not be made.", hint=TRAIN_AGAIN)
        pending.update(building=Building.URGENT)
        file_requested.send(sender=None)
    return artifact
