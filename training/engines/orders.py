"""From a claimed run to the job that a worker gets. Called by engines."""

from __future__ import annotations

from uuid import UUID

from training import runs, uploads
from training.engines.jobs import DrawJob, TrainJob
from training.exceptions import DatasetNotFound
from training.limits import Limits
from training.models import TrainingRun
from training.spec import TrainingSpec


def build_train_job(run_id: UUID) -> TrainJob:
    """Raises DatasetNotFound where the run's upload has been deleted since."""
    run = TrainingRun.objects.select_related("dataset").get(pk=run_id)
    spec = TrainingSpec.model_validate(run.spec)
    if (spec.dataset_id or spec.fileURL) and run.dataset is None:
        raise DatasetNotFound("The table of this run has been deleted.")
    source = uploads.find_source(spec, run.dataset)
    if source is None:
        raise DatasetNotFound("This run names no table.")
    return TrainJob(run.pk, spec, source, Limits.from_settings())


def build_draw_job(run_id: UUID) -> DrawJob:
    run = TrainingRun.objects.get(pk=run_id)
    return DrawJob(run.pk, runs.names_to_draw(run), tuple(runs.read_epochs(run.pk)))
