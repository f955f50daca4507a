"""Messages about tables: the list of them, and the columns and first rows of one."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from playground.wire.envelope import ClientMessage, ServerMessage
from training.messages.base import FrozenModel
from training.messages.problems import Problem
from training.spec import MAX_URL, ColumnType
from training.spec.columns import ColumnChoice
from training.spec.names import Name
from training.spec.reading import ReadingOptions


class ValueCount(FrozenModel):
    value: str
    count: int


class Histogram(FrozenModel):
    """A histogram: `counts[i]` values are between `edges[i]` and `edges[i + 1]`. Dates are days since 1970-01-01."""

    edges: list[float]
    counts: list[int]


class Column(FrozenModel):
    """A column of a table.

    `minimum` and `maximum` are numbers, or dates in ISO 8601. `top` are the most frequent categories, in the order of
    their levels.
    """

    name: str
    type: ColumnType
    unit: str | None = Field(default=None, description="The unit of a column of numbers, as cells write it.")
    missing: int = Field(description="The number of rows without a value.")
    unique: int = Field(description="The number of distinct values, without missing ones.")
    minimum: float | str | None = None
    maximum: float | str | None = None
    mean: float | None = None
    top: list[ValueCount] = []
    histogram: Histogram | None = None


class DatasetInfo(FrozenModel):
    """A table that can be used for training. Exactly one of `default` and `dataset_id` is set."""

    default: str | None = None
    dataset_id: UUID | None = None
    name: str
    rows: int
    columns: int
    target: str | None = None
    problem_type: str | None = None
    about: str = ""


class ListDatasets(ClientMessage):
    """List the built-in tables and my uploads. Answered by `datasets`."""

    event_name = "listDatasets"


class DescribeDataset(ClientMessage):
    """Describe a table: a built-in one (`default`), an upload (`dataset_id`) or a link (`fileURL`).

    Answered by `datasetDescribed`.
    """

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


class Datasets(ServerMessage):
    event_name = "datasets"

    datasets: list[DatasetInfo]


class DatasetDescribed(ServerMessage):
    """The columns and the first five rows of a table.

    `target` is a known target, a guess, or null if the user has to choose.
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
    notes: list[str] = Field(default=[], description="Remarks about the table.")
    problems: list[Problem] = Field(default=[], description="The notes with their codes, fixes and choices.")
    reading: ReadingOptions | None = Field(
        default=None, description="How the file was read, with every option; null for built-in tables and records."
    )
    lines: list[str] = Field(default=[], description="The first raw lines of the file.")
    sheets: list[str] = Field(default=[], description="The sheets of a workbook.")
