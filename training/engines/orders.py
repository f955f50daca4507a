"""From a run's rows in the database to what a worker gets. Called by engines, and by whoever asks about a run."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from training import runs, uploads
from training.datasets.sources import Inline, Stored
from training.engines.jobs import BuildJob, Checkpointing, FinishedRun, SweepJob, TrainJob
from training.exceptions import DatasetNotFound, FileGone, RunNotFinished, RunNotFound
from training.limits import Limits
from training.messages.events import TrainingResult
from training.messages.runs import RunKind
from training.models import Building, TrainingRun
from training.runs import leases
from training.spec import Trainer, TrainingSpec
from training.spec.reading import ReadingOptions
from training.sweeps.orders import order_sweep

CHECKPOINT_EPOCHS = 1  # after which a run stores a checkpoint
CHECKPOINT_SECONDS = 10  # between two checkpoints at least; a shorter run stores none


def order_training(run_id: UUID) -> TrainJob | SweepJob:
    """Raises RunNotFound or DatasetNotFound where the run or its upload has been deleted since."""
    run = _get_run(run_id)
    spec = TrainingSpec.model_validate(run.spec)
    if (spec.dataset_id or spec.fileURL) and run.dataset is None:
        raise DatasetNotFound("The table of this run has been deleted.")
    if spec.split is not None and spec.split.dataset_id is not None and run.test_dataset is None:
        raise DatasetNotFound("The table with the test rows of this run has been deleted.")
    source = uploads.find_source(spec, run.dataset, run.test_dataset)
    if source is None:
        raise DatasetNotFound("This run names no table.")
    limits = Limits.from_settings()
    if run.kind == RunKind.TRAINING:
        if run.attempts != 1 and run.trainer:
            spec = spec.model_copy(update={"trainer": Trainer(run.trainer)})  # as its first epochs
        return TrainJob(run.pk, spec, source, limits, _find_checkpoints(run))
    return order_sweep(run, spec, source, limits)


def order_building(run_id: UUID) -> BuildJob | TrainJob:
    """The run has succeeded. One whose worker was lost before it had stored the model is trained once more: its events
    are recorded already, and the same spec and seed give the same model. Raises RunNotFound where it has been deleted.
    """
    run = _get_run(run_id)
    result = _get_result(run)
    finished = _describe(run, result)
    if not finished.has_model and finished.source is not None and run.attempts < leases.MAX_ATTEMPTS:
        job = order_training(run_id)
        assert isinstance(job, TrainJob), "sweeps have no model"
        # By whom it was trained then: where that has been compiled since, the last bits would be others.
        spec = job.spec.model_copy(update={"trainer": finished.spec.trainer})
        return replace(job, spec=spec, checkpointing=None)
    names = runs.names_to_build(run, has_table=finished.source is not None)
    return BuildJob(finished, names, tuple(result.dl_results), result.auxiliary_outputs)


def describe_finished(run: TrainingRun) -> FinishedRun:
    """For questions about a run's model. Raises RunNotFinished, or FileGone where it is no longer kept."""
    finished = _describe(run, _get_result(run))
    if not finished.has_model and run.building == Building.NOT_WANTED:
        raise FileGone("This run's model is not kept any more.", hint=runs.TRAIN_AGAIN)
    if not finished.has_model:
        raise RunNotFinished("This run's model is not stored yet.", hint="Try again in a moment.")
    return finished


def _get_run(run_id: UUID) -> TrainingRun:
    run = TrainingRun.objects.select_related("dataset", "test_dataset").filter(pk=run_id).first()
    if run is None:
        raise RunNotFound("The run has been deleted.")
    return run


def _find_checkpoints(run: TrainingRun) -> Checkpointing:
    """The run has been claimed."""
    every = Checkpointing(CHECKPOINT_EPOCHS, CHECKPOINT_SECONDS)
    if run.attempts == 1:
        return every
    return replace(every, kept=tuple(run.checkpoints.order_by("-pk").values_list("file", flat=True)))


def _get_result(run: TrainingRun) -> TrainingResult:
    result = runs.read_result(run.pk)
    if result is None or not result.success:
        raise RunNotFinished("This run has no trained model.")
    return result


def _describe(run: TrainingRun, result: TrainingResult) -> FinishedRun:
    asked = TrainingSpec.model_validate(run.spec)
    return FinishedRun(
        run_id=run.pk,
        name=run.name,
        model=run.model,
        asked=asked,
        spec=TrainingSpec.model_validate(result.auxiliary_outputs["spec"]),
        source=uploads.find_source(asked, run.dataset, run.test_dataset),
        limits=Limits.from_settings(),
        files=dict(run.artifacts.values_list("name", "file")),
    )


def find_reading(run: FinishedRun) -> ReadingOptions | None:
    """Return the options with which the run's table was read; None where all were detected."""
    return run.source.reading if isinstance(run.source, Stored | Inline) else run.spec.reading
