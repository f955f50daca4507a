"""A table with typed columns: what every source gives and what `columns` and `preprocessing` take."""

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
    """`target` and `problem_type` are known for built-in tables and None for others.

    `cells` and `typing` are the text that the columns were made of, and how; None for built-in tables. `notes` are
    about the table as a whole; those about a column are in `typing`. `test_from`: the position of the first row that
    came as a test row in a table of its own, `test_cells`.
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
