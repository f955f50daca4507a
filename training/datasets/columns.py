"""Describe the columns of a table, and suggest a target and a problem type. Called by workers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from training.datasets.formats.column import get_unit
from training.datasets.formats.levels import order_levels
from training.datasets.prose import is_prose
from training.datasets.table import Table
from training.messages.datasets import Column, DatasetDescribed, Histogram, ValueCount
from training.spec import ColumnType, ProblemType

PREVIEW_ROWS = 5
PREVIEW_TEXT = 100  # characters of a cell in the preview
TOP_VALUES = 10
BINS = 12
MANY_VALUES = 50  # with more values, a column is not a category if almost every row has its own
FEW_TEXTS = 10  # with at most this many values, texts are always categories
FEW_VALUES = 20

TARGET_NAMES = (
    "target", "label", "labels", "class", "y", "species", "outcome", "survived", "diagnosis", "quality", "price",
    "response", "churn", "ziel", "klasse",
)  # fmt: skip


def describe(table: Table) -> DatasetDescribed:
    columns = describe_columns(table)
    target = table.target or guess_target({column.name: column.type for column in columns})
    problem_type = table.problem_type or (infer_problem_type(table.frame[target]) if target is not None else None)
    problems = list(table.all_notes)
    return DatasetDescribed(
        name=table.name,
        rows=len(table.frame),
        columns=columns,
        preview=preview_rows(table.frame),
        target=target,
        target_guessed=target is not None and table.target is None,
        problem_type=problem_type,
        notes=[problem.message for problem in problems],
        problems=problems,
        reading=table.cells.reading if table.cells else None,
        lines=list(table.cells.lines) if table.cells else [],
        sheets=list(table.cells.sheets) if table.cells else [],
    )


def describe_columns(table: Table) -> list[Column]:
    if table.typing is None:
        return [_describe_column(str(name), table.frame[name], infer_type(table.frame[name])) for name in table.frame]
    columns = table.typing.columns.items()
    return [_describe_column(name, table.frame[name], column.type, get_unit(column.format)) for name, column in columns]


def _describe_column(name: str, series: pd.Series, kind: ColumnType, unit: str | None = None) -> Column:
    present = series.dropna()
    column = Column(name=name, type=kind, missing=len(series) - len(present), unique=int(present.nunique()), unit=unit)
    if kind is ColumnType.NUMBER or (kind is ColumnType.IDENTIFIER and types.is_numeric_dtype(series)):
        numbers = present.to_numpy(np.float64)
        bounds = {"minimum": float(numbers.min()), "maximum": float(numbers.max()), "mean": float(numbers.mean())}
        return column.model_copy(update={**bounds, "histogram": _count_bins(numbers)})
    if kind is ColumnType.DATE and len(present):
        bounds = {"minimum": present.min().isoformat(), "maximum": present.max().isoformat()}
        return column.model_copy(update={**bounds, "histogram": _count_bins(to_days(present).to_numpy())})
    if kind is ColumnType.EMPTY or not len(present):
        return column
    counts = {str(value): int(count) for value, count in present.value_counts().head(TOP_VALUES).items()}
    top = [ValueCount(value=value[:PREVIEW_TEXT], count=counts[value]) for value in order_levels(counts)]
    return column.model_copy(update={"top": top})


def _count_bins(numbers: np.ndarray) -> Histogram:
    try:
        counts, edges = np.histogram(numbers, bins=BINS)
    except ValueError:  # The numbers are so close that no float64 lies between the edges of bins.
        edges = np.array([np.nextafter(numbers.min(), -np.inf), np.nextafter(numbers.max(), np.inf)])
        counts = np.array([len(numbers)])
    return Histogram(edges=edges.tolist(), counts=counts.tolist())


def to_days(dates: pd.Series) -> pd.Series:
    """Return dates as numbers: days since 1970-01-01 UTC, float64, NaN where missing.

    Microseconds hold every year from 1 to 9999; nanoseconds hold 1677 to 2262.
    """
    return (dates.dt.as_unit("us") - pd.Timestamp(0, tz="UTC").as_unit("us")) / pd.Timedelta(days=1)


def infer_type(series: pd.Series) -> ColumnType:
    """Return the type of a built-in table's column."""
    if not series.notna().any():
        return ColumnType.EMPTY
    if types.is_bool_dtype(series):
        return ColumnType.BOOLEAN
    if types.is_numeric_dtype(series):
        return ColumnType.NUMBER
    if types.is_datetime64_any_dtype(series):
        return ColumnType.DATE
    return infer_label_type(series, str(series.name))


def infer_label_type(series: pd.Series, name: str) -> ColumnType:
    """Return CATEGORY, IDENTIFIER (the values only tell rows apart) or TEXT (prose with many different values)."""
    present = int(series.notna().sum())
    if present == 0:
        return ColumnType.EMPTY
    unique = int(series.nunique())
    many, mostly_different = unique > MANY_VALUES, unique > present / 2
    if (many or (mostly_different and unique > FEW_TEXTS)) and is_prose(series.dropna()):
        return ColumnType.TEXT
    if (many and mostly_different) or unique == present >= FEW_VALUES:
        return ColumnType.IDENTIFIER
    return ColumnType.CATEGORY


def preview_rows(
    frame: pd.DataFrame, rows: int = PREVIEW_ROWS, *, characters: int = PREVIEW_TEXT
) -> list[dict[str, Any]]:
    """Return the first rows as JSON values. Missing values are None, and longer texts are cut."""
    names = [str(name) for name in frame.columns]
    return [
        dict(zip(names, (_plain(value, characters) for value in row), strict=True))
        for row in frame.head(rows).itertuples(index=False, name=None)
    ]


def guess_target(kinds: Mapping[str, ColumnType]) -> str | None:
    """Return the column whose name is that of a target, such as `label`; None if there is none."""
    by_name = {name.casefold().strip(): name for name in reversed(list_candidates(kinds))}
    return next((by_name[name] for name in TARGET_NAMES if name in by_name), None)


def list_candidates(kinds: Mapping[str, ColumnType]) -> list[str]:
    """Return the columns that could be a target."""
    could_be = (ColumnType.NUMBER, ColumnType.CATEGORY, ColumnType.BOOLEAN)
    return [name for name, kind in kinds.items() if kind in could_be]


def infer_problem_type(target: pd.Series) -> ProblemType:
    """Return CLASSIFICATION for strings, booleans, and whole numbers with few values that each occur often."""
    if not types.is_numeric_dtype(target) or types.is_bool_dtype(target):
        return ProblemType.CLASSIFICATION
    present = target.dropna()
    unique = present.nunique()
    whole = bool((present % 1 == 0).all())
    if unique <= 2 or (whole and unique <= FEW_VALUES and unique <= len(present) / 5):
        return ProblemType.CLASSIFICATION
    return ProblemType.REGRESSION


def _plain(value: Any, characters: int) -> str | int | float | bool | None:
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat() if value == value.normalize() else value.isoformat()
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, bool | int | float):
        return value
    text = str(value)
    return text if len(text) <= characters else f"{text[: characters - 1]}…"
