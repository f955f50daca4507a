"""Rows that somebody wants predictions for, as values of the columns that a model learned from. Called by workers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from training.datasets.bounds import check_predicted
from training.datasets.cells import MISSING, parse_dates, parse_numbers
from training.datasets.kinds import write_label
from training.datasets.preprocessing import Preparation
from training.exceptions import SpecRefused
from training.inline import Cell
from training.names import find_nearest


def parse_rows(rows: Sequence[Mapping[str, Cell]], preparation: Preparation) -> pd.DataFrame:
    """Objects from column to value -> a frame with `preparation.columns`, typed as the table's own.

    A value that is left out, null or empty is missing, and filled in as in training; other columns than the model's
    (the target, say) are passed over. Raises SpecRefused: `too_many_cells`, `no_known_column`,
    `not_numbers`, `not_dates`.
    """
    check_predicted(len(rows), len(preparation.columns))
    known = set(preparation.columns)
    for position, row in enumerate(rows):
        if not known & row.keys():
            near = find_nearest(next(iter(row), ""), preparation.columns)
            hint = f"Did you mean {near}? " if near else ""
            raise SpecRefused(
                f"Row {position + 1} has none of the columns that this model learned from.",
                code="no_known_column",
                where=f"rows[{position}]",
                hint=f"{hint}They are {', '.join(preparation.columns[:20])}.",
            )
    columns = {name: [_write(row.get(name)) for row in rows] for name in preparation.columns}
    return type_columns(pd.DataFrame(columns, dtype="str"), preparation)


def type_columns(frame: pd.DataFrame, preparation: Preparation) -> pd.DataFrame:
    """A table as it was read -> `preparation.columns` alone, each of the kind that the model takes.

    Raises SpecRefused: `column_missing`, `not_numbers`, `not_dates`.
    """
    missing = [name for name in preparation.columns if name not in frame.columns]
    if missing:
        near = find_nearest(missing[0], map(str, frame.columns))
        raise SpecRefused(
            f"The column {missing[0]!r}, which this model learned from, is missing.",
            code="column_missing",
            where="rows",
            hint=f"Rename {near!r} if that is meant." if near else "Add it; empty where unknown.",
        )
    columns: dict[str, Any] = {}
    for name in preparation.columns:
        if name in preparation.numbers:
            columns[name] = _to_numbers(frame[name])
        elif name in preparation.dates:
            columns[name] = _to_dates(frame[name])
        else:
            columns[name] = frame[name]
    return pd.DataFrame(columns)


def _to_numbers(series: pd.Series) -> pd.Series:
    if types.is_datetime64_any_dtype(series):
        return series.dt.year.astype(np.float64)  # as when a date is to be taken for a number
    if types.is_numeric_dtype(series):
        return series.astype(np.float64)
    numbers = parse_numbers(series.astype("str"), share=0.0)
    if numbers is None:  # nothing but missing values
        return pd.Series(np.nan, index=series.index)
    return _complete(series, numbers, "not_numbers", "is no number")


def _to_dates(series: pd.Series) -> pd.Series:
    if types.is_datetime64_any_dtype(series):
        return series
    dates = parse_dates(series.astype("str"), share=0.0)
    if dates is None:
        return pd.Series(pd.NaT, index=series.index, dtype="datetime64[ns, UTC]")
    return _complete(series, dates, "not_dates", "is no date; write it like 2026-01-31")


def _complete(series: pd.Series, meant: pd.Series, code: str, complaint: str) -> pd.Series:
    """`meant`, if it has a value wherever `series` has one."""
    wrong = (series.notna() & meant.isna()).to_numpy()
    if wrong.any():
        position = int(wrong.argmax())
        raise SpecRefused(
            f"In row {position + 1}, {str(series.iloc[position])[:40]!r} in {series.name!r} {complaint}.",
            code=code,
            where=f"rows[{position}].{series.name}"[:200],
            hint="Correct the value, or leave it empty where it is unknown.",
        )
    return meant


def _write(cell: Cell) -> str | None:
    if cell is None or (isinstance(cell, str) and cell.strip() in MISSING):
        return None
    return write_label(cell)
