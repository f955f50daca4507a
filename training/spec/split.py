"""How rows are divided into training rows and test rows."""

from __future__ import annotations

from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from training.spec.enums import SplitKind
from training.spec.names import Name


class Split(BaseModel):
    """How rows are divided. `time` needs a column; `given` needs one, or a second table; `random` has none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: SplitKind = SplitKind.RANDOM
    column: Name | None = Field(
        default=None,
        description="`time`: dates or numbers that order the rows. `group`: rows with the same value stay together; "
        "without a column, rows that are equal in all that is learned from. `given`: marks the test rows. With "
        "`group` and `given`, the column is not a feature.",
    )
    value: str | None = Field(
        default=None,
        max_length=200,
        description="`given`: the value of `column` that marks test rows; `test` or the like when absent.",
    )
    dataset_id: UUID | None = Field(
        default=None, description="`given`: an upload whose rows are the test rows, with the same columns."
    )

    @model_validator(mode="after")
    def _has_what_its_kind_needs(self) -> Self:
        given = self.kind is SplitKind.GIVEN
        if self.kind is SplitKind.TIME and self.column is None:
            raise PydanticCustomError("split_needs_column", f"name the `column` that a split by {self.kind} goes by")
        if given and (self.column is None) == (self.dataset_id is None):
            raise PydanticCustomError("split_needs_source", "name either the `column` or the `dataset_id` of test rows")
        if not given and (self.dataset_id is not None or self.value is not None):
            raise PydanticCustomError("split_not_given", "`value` and `dataset_id` belong to a split of kind `given`")
        if self.kind is SplitKind.RANDOM and self.column is not None:
            raise PydanticCustomError("split_random", "a random split goes by no column")
        return self
