"""Messages about predictions of a stored model: for new rows, and for the test rows."""

from __future__ import annotations

from typing import Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from playground.wire.envelope import ClientMessage, ServerMessage
from training.messages.base import FrozenModel
from training.messages.problems import Problem
from training.spec.inline_table import Cell

MAX_PREDICTED = 1_000  # rows of one `predict`


MAX_EXPLAINED = 10  # rows of one `predict` that explains


class Contribution(FrozenModel):
    """How much one column adds to what the model says of a row. `value`: the row's, null where it is unknown."""

    column: str
    value: str | float | None
    contribution: float


class Prediction(FrozenModel):
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


class TestRow(FrozenModel):
    """`row` counts the table's rows from 1. `values` are what the row holds; empty where the table is gone."""

    row: int
    actual: str | float
    predicted: str | float
    probabilities: dict[str, float] | None = None
    values: dict[str, str | int | float | bool | None] = {}


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
