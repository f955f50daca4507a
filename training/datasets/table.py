"""A table with typed columns: the result of every source, and the input of `columns` and `plan`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from training.messages.problems import Problem
from training.spec import ProblemType
from training.spec.reading import ReadingOptions

if TYPE_CHECKING:
    import pandas as pd

    from training.datasets.formats.request import TypedColumn
    from training.datasets.reading.cells import Cells


@dataclass(frozen=True)
class Typing:
    """How columns of text got their types, and the settings with which `typed.ColumnReader` reads one of them again."""

    columns: dict[str, TypedColumn]
    options: ReadingOptions
    usual_decimal: str


@dataclass(frozen=True)
class Table:
    """A table. `target` and `problem_type` are known for built-in tables and None for others.

    `cells` and `typing` are the text of the columns and how it was typed; None for built-in tables. `notes` are about
    the whole table; notes about a column are in `typing`. `test_from`: the position of the first row of a second table
    with test rows, whose text is `test_cells`.
    """

    name: str
    frame: pd.DataFrame
    target: str | None = None
    problem_type: ProblemType | None = None
    notes: tuple[Problem, ...] = ()
    cells: Cells | None = None
    typing: Typing | None = None
    test_from: int | None = None
    test_cells: Cells | None = None

    @property
    def all_notes(self) -> tuple[Problem, ...]:
        columns = self.typing.columns.values() if self.typing else ()
        return (*self.notes, *(note for column in columns for note in column.notes))
