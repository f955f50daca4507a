"""Type the columns of a table that was read as text. Called by `sources` and `kinds`."""

from __future__ import annotations

import pandas as pd

from training.datasets.columns import infer_label_type
from training.datasets.formats.detect import type_column
from training.datasets.formats.request import Request, TypedColumn
from training.datasets.formats.text import Text
from training.datasets.reading.cells import Cells
from training.datasets.table import Table, Typing
from training.exceptions import UnreadableTable
from training.spec.columns import ColumnChoice
from training.spec.reading import ReadingOptions

NOTHING_SAID = ColumnChoice()


def type_table(cells: Cells, given: ReadingOptions | None = None) -> Table:
    """Return the table with the types that its cells suggest. `given`: the options that the user chose."""
    if cells.frame.empty:
        raise UnreadableTable("The table has a header but no rows.", hint="Add rows below the header.")
    reader = ColumnReader(given or ReadingOptions(), _find_usual_decimal(cells))
    columns = {str(name): reader.read(str(name), cells.frame[name], NOTHING_SAID) for name in cells.frame.columns}
    return Table(
        cells.name,
        pd.DataFrame({name: column.values for name, column in columns.items()}, copy=False),
        notes=cells.notes,
        cells=cells,
        typing=Typing(columns, reader.options, reader.usual_decimal),
    )


class ColumnReader:
    """Reads columns of one table with its options."""

    def __init__(self, options: ReadingOptions, usual_decimal: str) -> None:
        self.options, self.usual_decimal = options, usual_decimal

    def read(self, name: str, text: pd.Series, choice: ColumnChoice) -> TypedColumn:
        """Read a column. Raises SpecRefused: `not_numbers`, `not_dates`, `bad_order`, `bad_merge`."""
        request = Request(name, Text(text), choice, self.options, self.usual_decimal)
        return type_column(request, infer_label_type)


def _find_usual_decimal(cells: Cells) -> str:
    """Return the decimal sign to expect: files with semicolons mostly use a decimal comma."""
    if cells.reading is None:
        return "."
    return cells.reading.decimal or ("," if cells.reading.delimiter == ";" else ".")
