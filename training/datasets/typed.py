"""Gives the columns of a table that was read as text their types. Called by `sources`."""

from __future__ import annotations

import numpy as np
import pandas as pd

from training.datasets.cells import MISSING, recognize
from training.datasets.reading.cells import Cells
from training.datasets.table import Table, Typing
from training.exceptions import UnreadableTable
from training.parts import Problem
from training.problems import build_problem

TRUTHS = {"True": True, "TRUE": True, "true": True, "False": False, "FALSE": False, "false": False}


def type_table(cells: Cells) -> Table:
    """Return the table with numbers, dates and booleans where its cells are such, and its notes."""
    if cells.frame.empty:
        raise UnreadableTable("The table has a header but no rows.", hint="Add rows below the header.")
    frame = pd.DataFrame({name: _infer(cells.frame[name]) for name in cells.frame.columns})
    comma = cells.reading is not None and cells.reading.delimiter == ";"
    conversions = recognize(frame, comma_is_decimal=comma)
    notes: list[Problem] = list(cells.notes)
    for conversion in conversions:
        if conversion.strays:
            message = f"In {conversion.column!r}, {conversion.strays:,} values are not like the others"
            message = f"{message} and count as missing: {conversion.example!r}, for example."
            notes.append(build_problem("mixed_column", "features", message))
    numbers = frame.select_dtypes("number").columns
    infinite = [column for column in numbers if np.isinf(frame[column].to_numpy(np.float64)).any()]
    for column in infinite:
        frame[column] = frame[column].replace([np.inf, -np.inf], np.nan)
        notes.append(build_problem("infinite_values", "features", f"Infinite values in {column!r} count as missing."))
    return Table(cells.name, frame, notes=tuple(notes), cells=cells, typing=Typing(tuple(conversions), tuple(infinite)))


def _infer(cells: pd.Series) -> pd.Series:
    """Numbers and booleans as pandas reads them; other text with NaN where it means that there is no value."""
    text = cells.mask(cells.isin(MISSING))
    present = text.dropna()
    if present.empty:
        return pd.Series(np.nan, index=cells.index)
    numbers = pd.to_numeric(present, errors="coerce")
    if numbers.notna().all():
        return numbers.reindex(cells.index)
    if present.isin(TRUTHS).all() and len(present) == len(text):
        return text.map(TRUTHS).astype(bool)
    return text
