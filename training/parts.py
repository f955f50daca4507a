"""The values that messages are made of and that trainers and datasets give: epochs, columns, problems, summaries."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from training.spec import ColumnType


class Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class EpochRow(Part):
    """One epoch. Losses are means over rows, in the criterion's units; accuracies are 0 to 1, null for regression.

    An estimator that does not learn in steps reports a single epoch without losses. There is a validation loss where
    training rows were held back to stop by, or to change the learning rate by.
    """

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    epoch: int = Field(ge=1)
    train_time: float = Field(description="Seconds that this epoch took.")
    train_loss: float | None
    test_loss: float | None
    val_loss: float | None = None
    train_acc: float | None = None
    test_acc: float | None = Field(default=None, alias="val/test acc")


class ValueCount(Part):
    value: str
    count: int


class Histogram(Part):
    """`counts[i]` values lie between `edges[i]` and `edges[i + 1]`; of dates, in days since 1970-01-01."""

    edges: list[float]
    counts: list[int]


class Column(Part):
    """`minimum` and `maximum` are numbers, or of dates ISO 8601; `top` are the most frequent categories in
    the order of their levels.
    """

    name: str
    type: ColumnType
    unit: str | None = Field(default=None, description="The unit of a column of numbers, as cells write it.")
    missing: int = Field(description="Rows without a value.")
    unique: int = Field(description="Distinct values, missing ones not counted.")
    minimum: float | str | None = None
    maximum: float | str | None = None
    mean: float | None = None
    top: list[ValueCount] = []
    histogram: Histogram | None = None


class LayerShape(Part):
    """One layer as it would be built. `output_shape` is without the batch dimension; null where a problem hides it."""

    name: str
    output_shape: list[int] | None
    parameters: int


class Level(StrEnum):
    ERROR = "error"
    WARNING = "warning"


class PatchOperation(Part):
    """One operation of JSON Patch (RFC 6902) on the spec that was checked."""

    op: Literal["add", "remove", "replace"]
    path: str
    value: Any = None


class Choice(Part):
    """One of several ways to settle a problem that only the user can decide."""

    label: str = Field(description="What this choice means, in a few words.")
    fix: list[PatchOperation]


class Problem(Part):
    """Something to mend (`error`: the run would be refused) or to think about (`warning`)."""

    level: Level
    code: str
    where: str = Field(description="The field or item, such as `user_arch[2]`.")
    message: str = Field(description="One sentence that a beginner understands.")
    hint: str = ""
    fix: list[PatchOperation] = Field(
        default=[], description="Apply these to the spec to mend it; empty if nothing fits."
    )
    choices: list[Choice] = Field(
        default=[], description="Where the user has to decide: the ways to settle it, one to be applied."
    )


class Finding(StrEnum):
    ALL_WELL = "all_well"
    GIVES_AWAY = "gives_away"
    LEAKING_SPLIT = "leaking_split"
    NO_BETTER = "no_better"
    NOTED = "noted"
    ONE_CLASS_ONLY = "one_class_only"
    OVERFITTING = "overfitting"
    STILL_IMPROVING = "still_improving"
    UNDERFITTING = "underfitting"
    UNSTABLE = "unstable"


class Diagnosis(Part):
    """What happened in a run, and one experiment that may do better."""

    code: Finding
    title: str
    sentence: str = Field(description="What happened, for a beginner.")
    advice: str = Field(description="What to try, in one sentence.")
    patch: list[PatchOperation] = Field(
        default=[], description="The experiment, as changes of the run's spec; empty where none is known to help."
    )
    metric: str | None = Field(
        default=None, description="The metric by which to judge the experiment, where it is not the headline's."
    )


class ColumnImportance(Part):
    """How much accuracy (or R², for regression) falls on average when the column's values are shuffled."""

    column: str
    importance: float
    spread: float = Field(description="Standard deviation over the shuffles.")


class TermWeight(Part):
    """How far a word or word pair of a text column moves the answer of the texts that contain it, on average."""

    column: str
    term: str
    weight: float = Field(
        description="By how much the probability of `label` is higher with the term; in a regression, the prediction."
    )
    rows: int = Field(description="Training rows that contain the term, among those that were looked at.")
    label: str | None = Field(default=None, description="The class that the term speaks for; null for regression.")


class Contribution(Part):
    """How much one column adds to what the model says of a row. `value`: the row's, null where it is unknown."""

    column: str
    value: str | float | None
    contribution: float


class Prediction(Part):
    """A class, or a number in the target's units. `probabilities` of each class, null for regression.

    Where it is explained, `base_value` and all contributions, `other_contributions` included, add up to `output`: the
    model's answer for the class that is predicted, or the prediction, in the units of the message.
    """

    prediction: str | float
    probabilities: dict[str, float] | None = None
    base_value: float | None = Field(default=None, description="The model's answer on average, before it sees the row.")
    contributions: list[Contribution] | None = Field(default=None, description="Of each column, the largest first.")
    other_contributions: float | None = Field(default=None, description="The sum for columns that are not listed.")
    output: float | None = None


class TestRow(Part):
    """`row` counts the table's rows from 1. `values` are what the row holds; empty where the table is gone."""

    row: int
    actual: str | float
    predicted: str | float
    probabilities: dict[str, float] | None = None
    values: dict[str, str | int | float | bool | None] = {}


class ArtifactInfo(Part):
    name: str
    size: int | None = Field(description="Bytes; null while it is still being built. Downloading waits for it.")
    url: str


class RunStatus(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        return self in (RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.CANCELLED)


class RunKind(StrEnum):
    TRAINING = "training"
    SWEEP = "sweep"
    """Many trainings, of which the scores are kept."""
    COMPARISON = "comparison"
    """Two specs, each trained with many seeds."""


class RunSummary(Part):
    run_id: UUID
    kind: RunKind
    name: str
    status: RunStatus
    data: str = Field(description="The table's name.")
    model: str = Field(description="The network or estimator in a few words.")
    target: str = Field(default="", description="The column that is predicted.")
    progress: float
    metric: str = Field(default="", description="The headline's name, once the run has succeeded.")
    value: float | None = Field(default=None, description="The headline on the test rows; null where undefined.")
    baseline: float | None = Field(default=None, description="The same of guessing without the features.")
    created: datetime
    started: datetime | None
    finished: datetime | None
    message: str = ""
    last_seq: int
    url: str
    shared_url: str = Field(default="", description="The path of its link; empty where it is not shared.")


class DatasetInfo(Part):
    """One table that may be trained on. Exactly one of `default` and `dataset_id` is set."""

    default: str | None = None
    dataset_id: UUID | None = None
    name: str
    rows: int
    columns: int
    target: str | None = None
    problem_type: str | None = None
    about: str = ""
