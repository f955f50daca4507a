"""Construction of jobs and of descriptions of finished runs from rows of the database."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from training import runs
from training.datasets.sources import Inline, Source, Stored
from training.exceptions import DatasetNotFound, FileGone, RunNotFinished, RunNotFound
from training.jobs.jobs import BuildJob, Checkpointing, ComparisonJob, FinishedRun, SweepJob, TrainJob
from training.jobs.sources import find_source
from training.limits import Limits, SweepLimits
from training.messages.events import TrainingResult
from training.messages.runs import RunKind
from training.models import Building, TrainingRun
from training.runs import leases
from training.spec import Trainer, TrainingSpec
from training.spec.reading import ReadingOptions
from training.sweeps.tasks import ComparisonTask, SweepTask
from training.sweeps.variation import Combination, Variation, parse_variation

CHECKPOINT_EPOCHS = 1  # at least, between two checkpoints of a run
CHECKPOINT_SECONDS = 10  # at least, between two checkpoints; a shorter run stores none


def build_training_job(run_id: UUID) -> TrainJob | SweepJob:
    """Build the job that trains a claimed run. Raises RunNotFound, DatasetNotFound, SpecRefused."""
    run = _get_run(run_id)
    spec = TrainingSpec.model_validate(run.spec)
    if (spec.dataset_id or spec.fileURL) and run.dataset is None:
        raise DatasetNotFound("The table of this run has been deleted.")
    if spec.split is not None and spec.split.dataset_id is not None and run.test_dataset is None:
        raise DatasetNotFound("The table with the test rows of this run has been deleted.")
    source = find_source(spec, run.dataset, run.test_dataset)
    if source is None:
        raise DatasetNotFound("This run names no table.")
    limits = Limits.from_settings()
    if run.kind == RunKind.TRAINING:
        if run.attempts != 1 and run.trainer:
            spec = spec.model_copy(update={"trainer": Trainer(run.trainer)})  # the one that trained its first epochs
        return TrainJob(run.pk, spec, source, limits, _find_checkpoints(run))
    return _build_sweep_job(run, spec, source, limits)


def _build_sweep_job(run: TrainingRun, spec: TrainingSpec, source: Source, limits: Limits) -> SweepJob:
    """Build the job of a sweep or a comparison. Scores that an earlier attempt recorded are not computed again.

    Raises SpecRefused where a limit, or the set of fields that may vary, has changed since the run was stored.
    """
    of_all = SweepLimits.from_settings()
    limits = replace(limits, seconds=of_all.seconds)
    recorded = tuple(runs.read_scores(run.pk))
    if run.kind == RunKind.SWEEP:
        variation = parse_variation(spec, dict(SweepTask.model_validate(run.task).vary), of_all.runs)
        return SweepJob(run.pk, spec, variation, source, limits, recorded)
    task = ComparisonTask.model_validate(run.task)
    variation = Variation((Combination({}, {}, spec), Combination({}, {}, task.other)), tuple(range(task.seeds)))
    compared = (task.run_id, task.other_run_id)
    return ComparisonJob(run.pk, spec, variation, source, limits, recorded, compared, task.differences)


def build_file_job(run_id: UUID) -> BuildJob | TrainJob:
    """Build the job that makes the files of a run that has succeeded.

    If the worker was lost before it stored the model, return a job that trains the run again: its events are recorded
    already, and the same spec and seed give the same model. Raises RunNotFound.
    """
    run = _get_run(run_id)
    result = _get_result(run)
    finished = _describe(run, result)
    if not finished.has_model and finished.source is not None and run.attempts < leases.MAX_ATTEMPTS:
        job = build_training_job(run_id)
        assert isinstance(job, TrainJob), "sweeps have no model"
        # Compiled code and autograd round differently: the model must be trained by the same one again.
        spec = job.spec.model_copy(update={"trainer": finished.spec.trainer})
        return replace(job, spec=spec, checkpointing=None)
    names = runs.names_to_build(run, has_table=finished.source is not None)
    return BuildJob(finished, names, tuple(result.dl_results), result.auxiliary_outputs)


def describe_finished_run(run: TrainingRun) -> FinishedRun:
    """Return what questions about a run's model need. Raises RunNotFinished, or FileGone if the model was deleted."""
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
    """Return when a claimed run writes checkpoints, and the checkpoints of its earlier attempts."""
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
        spec=result.auxiliary_outputs.parse_spec(),
        source=find_source(asked, run.dataset, run.test_dataset),
        limits=Limits.from_settings(),
        files=dict(run.artifacts.values_list("name", "file")),
    )


def find_reading(run: FinishedRun) -> ReadingOptions | None:
    """Return the options with which the table of a run was read. None if all of them were detected."""
    return run.source.reading if isinstance(run.source, Stored | Inline) else run.spec.reading
