"""What travels on `/ws/training/`: client events and server events. The contract is made from these."""

from __future__ import annotations

from typing import Any, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from playground.wire.envelope import ClientMessage, ServerMessage
from playground.wire.errors import PlaygroundError
from training.inline import Cell
from training.parts import (
    ArtifactInfo,
    Column,
    ColumnImportance,
    DatasetInfo,
    Diagnosis,
    EpochRow,
    LayerShape,
    Prediction,
    Problem,
    RunSummary,
    TermWeight,
    TestRow,
)
from training.spec import MAX_URL, TrainingSpec
from training.spec.columns import ColumnChoice
from training.spec.names import Name
from training.spec.reading import ReadingOptions

MAX_PREDICTED = 1_000  # rows of one `predict`
MAX_EXPLAINED = 10  # rows of one `predict` that explains

# --- what a client sends ---------------------------------------------------------------------------------------------


class RunTraining(TrainingSpec, ClientMessage):
    """Train this. Answered by `trainingQueued`, then the run's stream."""

    event_name = "runTraining"


class CheckTraining(TrainingSpec, ClientMessage):
    """What would happen if I trained this, complete or not? Answered by `trainingChecked`."""

    event_name = "checkTraining"


class WatchTraining(ClientMessage):
    """Send me a run's events after `after_seq`, then the live ones."""

    event_name = "watchTraining"

    run_id: UUID
    after_seq: int = Field(default=0, ge=0, le=2**31 - 1)
    token: str = Field(
        default="", max_length=100, description="Of the link by which the run is seen; empty for my own."
    )


class CancelTraining(ClientMessage):
    """Stop a run. `trainingCancelled` arrives in its stream."""

    event_name = "cancelTraining"

    run_id: UUID


class Predict(ClientMessage):
    """What does the model of my run say of these rows? Answered by `predictions`."""

    event_name = "predict"

    run_id: UUID
    rows: tuple[dict[str, Cell], ...] = Field(
        min_length=1, max_length=MAX_PREDICTED, description="Objects from column to value; null where unknown."
    )
    explain: bool = Field(
        default=False, description=f"Also say what each column contributes; of at most {MAX_EXPLAINED} rows."
    )

    @model_validator(mode="after")
    def _few_rows_to_explain(self) -> Self:
        if self.explain and len(self.rows) > MAX_EXPLAINED:
            raise PydanticCustomError("too_many_to_explain", f"explain at most {MAX_EXPLAINED} rows at a time")
        return self


class ListTestRows(ClientMessage):
    """The test rows behind a cell of the confusion matrix, or all of them, a page at a time. Answered by `testRows`."""

    event_name = "listTestRows"

    run_id: UUID
    actual: str | None = Field(default=None, max_length=1_000, description="The class that they are; null for any.")
    predicted: str | None = Field(default=None, max_length=1_000, description="What the model said; null for any.")
    limit: int = Field(default=20, ge=1, le=100)
    offset: int = Field(default=0, ge=0, le=2**31 - 1)


class ListTrainings(ClientMessage):
    """My runs, newest first. `before` is the run_id to go on after."""

    event_name = "listTrainings"

    limit: int = Field(default=20, ge=1, le=100)
    before: UUID | None = None


class ListDatasets(ClientMessage):
    """The built-in tables and my uploads."""

    event_name = "listDatasets"


class DescribeDataset(ClientMessage):
    """Columns and first rows of one table: a built-in (`default`), an upload (`dataset_id`) or a link (`fileURL`)."""

    event_name = "describeDataset"

    default: str | None = Field(default=None, max_length=50)
    dataset_id: UUID | None = None
    fileURL: str | None = Field(default=None, max_length=MAX_URL)
    reading: ReadingOptions | None = Field(
        default=None, description="How the file is to be read. Options that are absent are detected."
    )
    column_types: dict[Name, ColumnChoice] = Field(
        default={}, max_length=10_000, description="How single columns are to be read, as in the spec."
    )

    @model_validator(mode="after")
    def _one_source(self) -> DescribeDataset:
        if sum(source is not None for source in (self.default, self.dataset_id, self.fileURL)) != 1:
            raise PydanticCustomError("one_source", "name exactly one of default, dataset_id and fileURL")
        return self


# --- what the server sends -------------------------------------------------------------------------------------------


class TrainingQueued(ServerMessage):
    """The run is stored and waits for a worker; `position` is 1 for the next."""

    event_name = "trainingQueued"

    run_id: UUID
    position: int


class TrainingChecked(ServerMessage):
    """What would happen. `rows` and `columns` are the table's; `features` is how many numbers go into the model."""

    event_name = "trainingChecked"

    data: str = Field(default="", description="The table's name.")
    model: str = Field(default="", description="The network or estimator in a few words.")
    rows: int | None = None
    columns: int | None = None
    features: int | None = None
    problem_type: str | None = None
    target: str | None = None
    classes: list[str] | None = None
    class_counts: list[int] | None = Field(default=None, description="Rows of each class, in the order of `classes`.")
    layers: list[LayerShape] = []
    parameters: int = 0
    problems: list[Problem] = []


class RunEventMessage(ServerMessage):
    """Base of what a run's stream is made of: stored, numbered 1, 2, 3 … and replayed on request."""

    run_id: UUID
    seq: int = 0


class TrainingProgress(RunEventMessage):
    """New epochs; a list, because fast runs finish hundreds of epochs a second."""

    event_name = "trainingProgress"

    progress: float = Field(ge=0, le=100)
    epochs: list[EpochRow]
    eta_seconds: float | None = None


class RunResult(RunEventMessage):
    """Base of what ends a run. On failure `success` is false and `code`, `message` and `hint` say what to change."""

    success: bool
    status: int
    message: str
    code: str = ""
    hint: str = ""
    where: str = ""

    @classmethod
    def of_failure(cls, run_id: UUID, error: PlaygroundError) -> Self:
        data = error.data
        return cls(
            run_id=run_id,
            success=False,
            status=400,
            message=data.message,
            code=data.code,
            hint=data.hint,
            where=data.where,
        )


class TrainingResult(RunResult):
    """The run is over. On failure `success` is false and `code`, `message` and `hint` say what to change."""

    event_name = "trainingResult"

    dl_results: list[EpochRow] = []
    auxiliary_outputs: dict[str, Any] = {}
    artifacts: list[ArtifactInfo] = []


class TrainingCancelled(RunEventMessage):
    """The run was stopped on request; the epochs that had arrived are kept."""

    event_name = "trainingCancelled"

    message: str = "Training was cancelled."


class TrainingInsights(RunEventMessage):
    """What the model leans on, found out after the result: what it loses when a column's values are shuffled.

    `score` is the `metric` without shuffling, on the `rows` test rows that were used; `note` says what was left out.
    `loading` is Python code that loads `model.skops` and asks it about the table; empty for networks.
    """

    event_name = "trainingInsights"

    metric: str
    score: float
    rows: int
    feature_importance: list[ColumnImportance]
    terms: list[TermWeight] = Field(
        default=[], description="The words of text columns that decide, the weightiest of each column first."
    )
    note: str = ""
    diagnosis: list[Diagnosis] = []
    loading: str = ""


class TrainingArtifacts(RunEventMessage):
    """All files of a finished run, now built, with their sizes."""

    event_name = "trainingArtifacts"

    artifacts: list[ArtifactInfo]


class Predictions(ServerMessage):
    """One answer for each row, in their order."""

    event_name = "predictions"

    run_id: UUID
    target: str
    predictions: list[Prediction]
    problems: list[Problem] = Field(
        default=[], description="Levels that the model does not know, and columns that it does not use."
    )
    units: str | None = Field(
        default=None,
        description="Of contributions: `log_odds`, `score` (whose softmax gives probabilities), `probability` or "
        "`target`, the target's own units; null where nothing was to be explained.",
    )
    exact: bool | None = Field(default=None, description="Whether contributions are exact, or estimated by sampling.")


class TestRows(ServerMessage):
    """Test rows as the model saw and answered them; `total` counts those that fit, on all pages."""

    event_name = "testRows"

    run_id: UUID
    total: int
    rows: list[TestRow]


class Trainings(ServerMessage):
    event_name = "trainings"

    runs: list[RunSummary]


class Datasets(ServerMessage):
    event_name = "datasets"

    datasets: list[DatasetInfo]


class DatasetDescribed(ServerMessage):
    """A table's columns and first five rows. `target` is the table's own, a guess, or null where the user has to
    choose.
    """

    event_name = "datasetDescribed"

    name: str
    default: str | None = None
    dataset_id: UUID | None = None
    rows: int
    columns: list[Column]
    preview: list[dict[str, str | int | float | bool | None]]
    target: str | None = None
    target_guessed: bool = Field(default=False, description="Whether the target is a guess by a column's name.")
    problem_type: str | None = None
    notes: list[str] = Field(default=[], description="What was noticed while the table was read.")
    problems: list[Problem] = Field(
        default=[], description="The same notes with their codes, fixes and choices, for the import panel."
    )
    reading: ReadingOptions | None = Field(
        default=None, description="How the file was read, with every option; null for built-in tables and records."
    )
    lines: list[str] = Field(default=[], description="The first raw lines of the file.")
    sheets: list[str] = Field(default=[], description="The sheets of a workbook.")
