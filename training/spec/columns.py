"""What the user chose for one column: its type, and how its cells are read."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from training.spec.enums import ColumnType

Cell = Annotated[str, StringConstraints(max_length=1_000)]


class ColumnChoice(BaseModel):
    """More than a type: the order of levels, merged labels, texts that mean missing, the order of day and month.

    Each field that is absent is detected, as for other columns.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: ColumnType | None = None
    order: tuple[Cell, ...] | None = Field(
        default=None, max_length=1_000, description="The levels of a category from lowest to highest."
    )
    merge: dict[Cell, Cell] | None = Field(
        default=None, max_length=1_000, description="Labels to be replaced: from the label as written to the one meant."
    )
    missing: tuple[Cell, ...] | None = Field(
        default=None,
        max_length=100,
        description="Texts that mean `no value` in this column; an empty list makes all of them levels.",
    )
    day_first: bool | None = Field(
        default=None, description="For dates such as 03/04/2024: whether the day comes before the month."
    )


def get_type(choice: ColumnType | ColumnChoice | None) -> ColumnType | None:
    """Return the type that was chosen, None where it is to be detected."""
    return choice.type if isinstance(choice, ColumnChoice) else choice
