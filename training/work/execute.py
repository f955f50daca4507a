"""Execution of jobs and answers to questions, in a worker process.

It reads tables from Django's file storage and writes files to it. It never uses the database.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from uuid import UUID, uuid4

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from playground.wire.context import about_its_run
from playground.wire.envelope import ServerMessage
from playground.wire.errors import PlaygroundError
from training.artifacts.catalog import PREPARATION
from training.artifacts.predictions import build_predictions_csv
from training.artifacts.weights import build_pipeline, build_preparation, build_skops, build_state_dict
from training.datasets.preprocessing import PreparedData
from training.datasets.sources import Builtin
from training.exceptions import MemoryLimitReached, TrainingBroke
from training.jobs.jobs import ComparisonJob, Job, SweepJob, TrainJob
from training.jobs.questions import CheckQuestion, PredictQuestion, Question, SweepQuestion
from training.limits import Limits
from training.messages.events import TrainingCancelled, TrainingResult
from training.messages.sweeps import RESULTS
from training.spec import SOURCES, Trainer, TrainingSpec
from training.trainers.base import Cancelled, Outcome
from training.trainers.checkpoint import NONE
from training.trainers.compiled.choice import is_installed
from training.trainers.compiled.code_cache import is_ready, mark_ready
from training.trainers.defaults import complete
from training.trainers.train import train
from training.updates import Emit, FilesStored, StoredFile
from training.work.answers import answer_check, answer_prediction
from training.work.build import build_files
from training.work.checkpoints import Interrupted, IsStopping, StoredCheckpoints
from training.work.memory import is_out_of_memory
from training.work.prepared import get_data
from training.work.progress import Progress
from training.work.snapshots import Snapshots
from training.work.sweep_check import answer_sweep
from training.work.sweeps import run_comparison, run_sweep
from training.work.tables import answer_about_table

logger = logging.getLogger(__name__)


@about_its_run
def execute(job: Job, emit: Emit, is_cancelled: Callable[[], bool], is_stopping: IsStopping = lambda: False) -> None:
    """Do a job and emit its updates. A failure is one of them: the function raises nothing.

    When `is_stopping()` is true, a training writes a checkpoint at the end of its epoch and ends without a result; the
    engine then gives the run back. Sweeps and the making of files do not call it: they continue from what is recorded.
    """
    failure_of = RESULTS[job.kind].of_failure
    try:
        if isinstance(job, TrainJob):
            _train(job, emit, is_cancelled, is_stopping)
        elif isinstance(job, ComparisonJob):
            run_comparison(job, emit, is_cancelled)
        elif isinstance(job, SweepJob):
            run_sweep(job, emit, is_cancelled)
        else:
            build_files(job, emit, store)
    except Interrupted:
        logger.info("run %s was interrupted and will be continued", job.run_id)
    except Cancelled:
        emit([TrainingCancelled(run_id=job.run_id)])
    except Exception as error:
        if is_out_of_memory(error):
            emit([failure_of(job.run_id, MemoryLimitReached("There was not enough memory for this run."))])
            return
        if isinstance(error, PlaygroundError):
            emit([failure_of(job.run_id, error)])
            return
        # The learner is told that the run failed. Only the log has the traceback.
        logger.exception("run %s failed", job.run_id)
        emit([failure_of(job.run_id, TrainingBroke("Training stopped because of an unexpected error."))])


def answer(question: Question) -> ServerMessage:
    """Answer a question. Raises PlaygroundError where there is no answer."""
    if isinstance(question, CheckQuestion):
        return answer_check(question)
    if isinstance(question, SweepQuestion):
        return answer_sweep(question)
    return answer_prediction(question) if isinstance(question, PredictQuestion) else answer_about_table(question)


def warm_up_checks() -> None:
    """Answer a question, so that the first visitor does not wait for imports and first calls."""
    answer_check(CheckQuestion(*_SMALL))


def warm_up_training() -> None:
    """Do a small run completely, for the same reason."""
    for _ in _build_model_files(*_train_small()):
        pass


def compile_kernel() -> None:
    """Compile the training kernel by a small run, unless it is compiled already."""
    if is_installed() and not is_ready():
        _train_small(Trainer.COMPILED)
        mark_ready()


_SMALL = TrainingSpec(default="IRIS", epochs=2, seed=0), Builtin("IRIS"), Limits()


def _train_small(trainer: Trainer | None = None) -> tuple[PreparedData, Outcome]:
    """Train the default network, which has dropout, on a small table."""
    spec, source, limits = _SMALL
    data = get_data(spec, source, limits)
    spec = complete(spec, data.plan).model_copy(update={"trainer": trainer})
    return data, train(data, spec, on_epoch=lambda row: None, is_cancelled=lambda: False)


def store(run_id: UUID, name: str, content: bytes) -> StoredFile:
    """Write a file of a run to the file storage."""
    # Each write has a new name, so that a file of an interrupted attempt is never confused with this one.
    location = default_storage.save(f"artifacts/{run_id}/{uuid4().hex}-{name}", ContentFile(content))
    return StoredFile(name, location, len(content))


def _train(job: TrainJob, emit: Emit, is_cancelled: Callable[[], bool], is_stopping: IsStopping) -> None:
    data = get_data(job.spec, job.source, job.limits)
    spec = complete(job.spec, data.plan)
    progress = Progress(job.run_id, spec.epochs or 1, emit)
    snapshots = Snapshots(job.run_id, data, spec, emit)
    checkpoints = NONE
    if job.checkpointing is not None:
        checkpoints = StoredCheckpoints(
            job.run_id,
            job.checkpointing,
            begin=lambda trainer: setattr(progress, "trainer", trainer),
            # After the epochs and frames that precede it.
            report=lambda stored: emit([*progress.take(), *snapshots.take(), stored]),
            is_stopping=is_stopping,
        )
    try:
        outcome = train(
            data,
            spec,
            on_epoch=progress.add,
            is_cancelled=is_cancelled,
            on_model=snapshots.find_listener(),
            checkpoints=checkpoints,
            max_seconds=job.limits.seconds,
        )
    except (Cancelled, PlaygroundError):
        emit([*progress.take(), *snapshots.take()])
        raise
    if outcome.auxiliary.is_network:
        spec = spec.model_copy(update={"trainer": Trainer(outcome.auxiliary.trainer)})
    trained_with = spec.model_dump(mode="json", by_alias=True, exclude={*SOURCES, "custom_model_name", "notify"})
    result = TrainingResult(
        run_id=job.run_id,
        success=True,
        status=200,
        message=outcome.auxiliary.sentence,
        dl_results=outcome.epochs,
        auxiliary_outputs=outcome.auxiliary.model_copy(update={"spec": trained_with}),
    )
    emit([*progress.take(), *snapshots.finish(outcome), result])
    files = _build_model_files(data, outcome)
    emit([FilesStored(job.run_id, tuple(store(job.run_id, name, content) for name, content in files))])


def _build_model_files(data: PreparedData, outcome: Outcome) -> list[tuple[str, bytes]]:
    """Build the files that only the job which trained the model can write."""
    if outcome.auxiliary.is_network:
        model = ("model.pt", build_state_dict(outcome.model))
    else:
        model = ("model.skops", build_skops(build_pipeline(data.preparation, outcome.model)))
    return [
        model,
        (PREPARATION, build_preparation(data.preparation)),
        ("predictions.csv", build_predictions_csv(data, outcome.predictions, outcome.probabilities)),
    ]
