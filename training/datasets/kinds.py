"""What each column is taken for: as inferred, or as the spec says. Called by `plan`."""

from __future__ import annotations

import numpy as np
import pandas as pd

from training.datasets.cells import parse_dates, parse_numbers
from training.datasets.columns import infer_type
from training.datasets.table import Table
from training.problems import build_refusal
from training.spec import ColumnType, TrainingSpec
from training.spec.columns import get_type


def type_columns(table: Table, spec: TrainingSpec) -> tuple[pd.DataFrame, dict[str, ColumnType]]:
    """The frame with each column as what it is to be taken for. Raises SpecRefused: `unknown_column`, `not_numbers`,
    `not_dates`.
    """
    frame = table.frame.reset_index(drop=True)
    kinds = {}
    for name, choice in spec.column_types.items():
        where = f"column_types.{name}"
        if name not in frame.columns:
            raise build_refusal(
                "unknown_column", where, f"There is no column {name!r}.", "Correct the name, or remove it."
            )
        kind = get_type(choice) or infer_type(frame[name])
        frame[name] = _convert(frame[name], kind, where)
        kinds[name] = kind
    for name in frame.columns:
        if name not in kinds:
            kinds[name] = infer_type(frame[name])
    return frame, kinds


def write_label(value: object) -> str:
    """1.0 and 1 are one class, since a column of integers with a missing value is read as floats."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _convert(series: pd.Series, kind: ColumnType, where: str) -> pd.Series:
    text = series.map(write_label, na_action="ignore").astype("str")
    if kind is ColumnType.NUMBER:
        if pd.api.types.is_numeric_dtype(series):
            return series.astype(np.float64)
        if pd.api.types.is_datetime64_any_dtype(series):
            return series.dt.year.astype(np.float64)
        numbers = parse_numbers(text, share=0.01)
        if numbers is None:
            raise build_refusal(
                "not_numbers", where, f"The column {series.name!r} holds no numbers.", "Take it for a category."
            )
        return numbers
    if kind is ColumnType.DATE:
        dates = series if pd.api.types.is_datetime64_any_dtype(series) else parse_dates(text, share=0.01)
        if dates is None:
            raise build_refusal(
                "not_dates", where, f"The column {series.name!r} holds no dates.", "Write them like 2026-01-31."
            )
        return dates
    return text if kind in (ColumnType.CATEGORY, ColumnType.BOOLEAN, ColumnType.TEXT) else series
