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
    """The contribution of a column to the prediction of a row. `value`: the cell, null if it is missing."""

    column: str
    value: str | float | None
    contribution: float


class Prediction(FrozenModel):
    """A class, or a number in the target's units. `probabilities` has each class; it is null for a regression.

    If it is explained, `base_value`, the contributions and `other_contributions` add up to `output`: the model's output
    for the predicted class, or the prediction, in the units of the message.
    """

    prediction: str | float
    probabilities: dict[str, float] | None = None
    base_value: float | None = Field(default=None, description="The mean output of the model.")
    contributions: list[Contribution] | None = Field(
        default=None, description="One for each column, the largest first."
    )
    other_contributions: float | None = Field(default=None, description="The sum of the columns that are not listed.")
    output: float | None = None


class TestRow(FrozenModel):
    """A test row. `row` is its number in the table, from 1. `values` are its cells; empty if the table was deleted."""

    row: int
    actual: str | float
    predicted: str | float
    probabilities: dict[str, float] | None = None
    values: dict[str, str | int | float | bool | None] = {}


class Predict(ClientMessage):
    """Predict rows with the model of my run. Answered by `predictions`."""

    event_name = "predict"

    run_id: UUID
    rows: tuple[dict[str, Cell], ...] = Field(
        min_length=1, max_length=MAX_PREDICTED, description="Objects from column to value. Null for a missing value."
    )
    explain: bool = Field(
        default=False, description=f"Also compute the contribution of each column, for at most {MAX_EXPLAINED} rows."
    )

    @model_validator(mode="after")
    def _few_rows_to_explain(self) -> Self:
        if self.explain and len(self.rows) > MAX_EXPLAINED:
            raise PydanticCustomError("too_many_to_explain", f"explain at most {MAX_EXPLAINED} rows at a time")
        return self


class ListTestRows(ClientMessage):
    """List the test rows of a cell of the confusion matrix, or all of them, by pages. Answered by `testRows`."""

    event_name = "listTestRows"

    run_id: UUID
    actual: str | None = Field(default=None, max_length=1_000, description="The actual class. Null for any.")
    predicted: str | None = Field(default=None, max_length=1_000, description="The predicted class. Null for any.")
    limit: int = Field(default=20, ge=1, le=100)
    offset: int = Field(default=0, ge=0, le=2**31 - 1)


class Predictions(ServerMessage):
    """A prediction for each row, in their order."""

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
    """Test rows with their predictions. `total` is the number of matching rows on all pages."""

    event_name = "testRows"

    run_id: UUID
    total: int
    rows: list[TestRow]
