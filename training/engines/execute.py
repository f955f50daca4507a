"""What runs in a worker: a job or a question in, events out. The only module of the engines that loads torch.

It reads tables from and writes files to Django's file storage, and never touches the database.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import lru_cache
from uuid import UUID, uuid4

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from playground.wire.envelope import ServerMessage
from playground.wire.errors import PlaygroundError
from training.artifacts.plots import build_accuracy_plot, build_loss_plot
from training.artifacts.table import build_results_csv
from training.artifacts.weights import build_skops, build_state_dict
from training.datasets.plan import Plan, make_plan
from training.datasets.preprocessing import PreparedData, prepare
from training.datasets.sources import Builtin, Inline, Source, Stored
from training.engines.jobs import (
    CheckQuestion,
    DrawJob,
    FilesStored,
    Job,
    Question,
    StoredFile,
    TableQuestion,
    TrainJob,
)
from training.engines.tables import answer_about_table, load
from training.exceptions import MemoryLimitReached, SpecRefused, TrainingBroke
from training.limits import Limits
from training.messages import RunEventMessage, TrainingCancelled, TrainingChecked, TrainingProgress, TrainingResult
from training.parts import EpochRow, Level, Problem
from training.spec import TrainingSpec
from training.trainers.base import Cancelled, Outcome
from training.trainers.defaults import complete
from training.trainers.preflight import check
from training.trainers.train import train

MESSAGE_INTERVAL = 0.05  # seconds between progress messages: twenty a second
BUILDERS: dict[str, Callable[[list[EpochRow]], bytes]] = {
    "results.csv": build_results_csv,
    "loss.png": build_loss_plot,
    "accuracy.png": build_accuracy_plot,
}

Emit = Callable[[list[RunEventMessage | FilesStored]], None]

logger = logging.getLogger(__name__)


def execute(job: Job, emit: Emit, is_cancelled: Callable[[], bool]) -> None:
    """Does a job and emits what comes of it, a failure included. Raises nothing."""
    try:
        if isinstance(job, TrainJob):
            _train(job, emit, is_cancelled)
        else:
            _draw(job, emit)
    except Cancelled:
        emit([TrainingCancelled(run_id=job.run_id)])
    except PlaygroundError as error:
        emit([TrainingResult.of_failure(job.run_id, error)])
    except MemoryError:
        emit([TrainingResult.of_failure(job.run_id, MemoryLimitReached("There was not enough memory for this run."))])
    except Exception:
        # Whatever it was, the learner is told that it failed, and the log says why.
        logger.exception("run %s failed", job.run_id)
        emit([TrainingResult.of_failure(job.run_id, TrainingBroke("Training stopped because of an unexpected error."))])


def answer(question: Question) -> ServerMessage:
    """Raises PlaygroundError where there is no answer."""
    return answer_about_table(question) if isinstance(question, TableQuestion) else _check(question)


def warm_up() -> None:
    """Goes through a whole small run, so that the first learner does not wait for imports and first calls."""
    spec = TrainingSpec(default="IRIS", epochs=2, seed=0)
    answer(CheckQuestion(spec, Builtin("IRIS"), Limits()))
    data = _prepare(spec, Builtin("IRIS"), Limits())
    outcome = train(data, complete(spec, data.plan), on_epoch=lambda row: None, is_cancelled=lambda: False)
    build_state_dict(outcome.model)


class Progress:
    """Collects epochs and emits them at most twenty times a second, the first at once."""

    def __init__(self, run_id: UUID, epochs: int, emit: Emit) -> None:
        self._run_id, self._epochs, self._emit = run_id, epochs, emit
        self._rows: list[EpochRow] = []
        self._started = time.perf_counter()
        self._emitted = float("-inf")

    def add(self, row: EpochRow) -> None:
        self._rows.append(row)
        if time.perf_counter() - self._emitted >= MESSAGE_INTERVAL:
            self._emit(self.take())

    def take(self) -> list[RunEventMessage | FilesStored]:
        """The epochs that have not been emitted yet, as a message; none where there are none."""
        if not self._rows:
            return []
        done = self._rows[-1].epoch
        self._emitted = time.perf_counter()
        left = (self._emitted - self._started) / done * (self._epochs - done)
        message = TrainingProgress(
            run_id=self._run_id,
            progress=100 * done / max(self._epochs, done),
            epochs=self._rows,
            eta_seconds=round(max(left, 0.0), 3),
        )
        self._rows = []
        return [message]


def _train(job: TrainJob, emit: Emit, is_cancelled: Callable[[], bool]) -> None:
    data = _prepare(job.spec, job.source, job.limits)
    spec = complete(job.spec, data.plan)
    progress = Progress(job.run_id, spec.epochs or 1, emit)
    try:
        outcome = train(data, spec, on_epoch=progress.add, is_cancelled=is_cancelled)
    except (Cancelled, PlaygroundError):
        emit(progress.take())
        raise
    result = TrainingResult(
        run_id=job.run_id,
        success=True,
        status=200,
        message=outcome.auxiliary["sentence"],
        dl_results=outcome.epochs,
        auxiliary_outputs=outcome.auxiliary,
    )
    emit([*progress.take(), result])
    emit([FilesStored(job.run_id, (_store(job.run_id, *_build_model(outcome)),))])


def _build_model(outcome: Outcome) -> tuple[str, bytes]:
    if outcome.kind == "network":
        return "model.pt", build_state_dict(outcome.model)
    return "model.skops", build_skops(outcome.model)


def _draw(job: DrawJob, emit: Emit) -> None:
    files = tuple(_store(job.run_id, name, BUILDERS[name](list(job.rows))) for name in job.names)
    emit([FilesStored(job.run_id, files)])


def _store(run_id: UUID, name: str, content: bytes) -> StoredFile:
    # A name of its own for every write: a file that an interrupted attempt left behind is never mixed with this one.
    location = default_storage.save(f"artifacts/{run_id}/{uuid4().hex}-{name}", ContentFile(content))
    return StoredFile(name, location, len(content))


def _check(question: CheckQuestion) -> TrainingChecked:
    if question.source is None:
        missing = Problem(
            level=Level.ERROR,
            code="no_data",
            where="default",
            message="No table is chosen to learn from.",
            hint="Name a built-in table in `default`, or an upload in `dataset_id`.",
        )
        checked = check(question.spec, None, question.limits)
        return checked.model_copy(update={"problems": [missing, *checked.problems]})
    try:
        plan = _plan(question.spec, question.source, question.limits)
    except SpecRefused as error:
        refused = error.data
        problem = Problem(
            level=Level.ERROR, code=refused.code, where=refused.where, message=refused.message, hint=refused.hint
        )
        checked = check(question.spec, None, question.limits)
        return checked.model_copy(update={"problems": [problem, *checked.problems]})
    return check(question.spec, plan, question.limits)


def _prepare(spec: TrainingSpec, source: Source, limits: Limits) -> PreparedData:
    if isinstance(source, Inline):
        return prepare(_plan(spec, source, limits))
    return _prepare_cached(_only_data(spec), source, limits)


def _plan(spec: TrainingSpec, source: Source, limits: Limits) -> Plan:
    if isinstance(source, Inline):
        return make_plan(load(source), spec, limits)
    return _plan_cached(_only_data(spec), source, limits)


def _only_data(spec: TrainingSpec) -> str:
    """Only what the data depend on, so that editing layers does not prepare them anew; as text, to be a key."""
    fields = {"target", "features", "column_types", "problem_type", "test_size", "shuffle", "seed"}
    return spec.model_dump_json(include=fields)


@lru_cache(maxsize=8)
def _prepare_cached(fields: str, source: Builtin | Stored, limits: Limits) -> PreparedData:
    return prepare(_plan_cached(fields, source, limits))


@lru_cache(maxsize=16)
def _plan_cached(fields: str, source: Builtin | Stored, limits: Limits) -> Plan:
    return make_plan(load(source), TrainingSpec.model_validate_json(fields), limits)
