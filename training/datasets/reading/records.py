"""Read a list of records, one flat object a row, as cells of text. Generated scripts contain `write_cell`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from training.datasets.bounds import check_records
from training.datasets.reading.cells import Cells, Kind, Layout
from training.datasets.reading.headers import make_unique
from training.exceptions import UnreadableTable

NAME = "inline table"


def read_records(records: Sequence[Any]) -> Cells:
    """Read a list of flat objects, one a row. Raises UnreadableTable."""
    if not records or not all(isinstance(record, dict) for record in records):
        raise UnreadableTable("The records are not a list of objects with one value per column.", where="csvData")
    headers = check_records(records)
    for record in records:
        if any(isinstance(value, dict | list) for value in record.values()):
            raise UnreadableTable("A record holds a list or an object instead of a plain value.", where="csvData")
    if not headers:
        raise UnreadableTable("The records have no columns.", where="csvData")
    names = make_unique(list(headers))
    columns = {
        name: [write_cell(record.get(header)) for record in records]
        for name, header in zip(names, headers, strict=True)
    }
    return Cells(NAME, pd.DataFrame(columns, dtype="str"), Layout(Kind.RECORDS, tuple(names)))


def write_cell(cell: object) -> str:
    """Write null as an empty text, and whole numbers without a decimal point."""
    if cell is None:
        return ""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
