"""What is in each column, and what a table suggests: its target and its kind of problem. Called by workers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from training.datasets.prose import is_prose
from training.datasets.table import Table
from training.messages import DatasetDescribed
from training.parts import Column, Histogram, ValueCount
from training.spec import ColumnType, ProblemType

PREVIEW_ROWS = 5
PREVIEW_TEXT = 100  # characters of a cell in the preview
TOP_VALUES = 10
BINS = 12
MANY_VALUES = 50  # more are no categories where nearly all rows have their own
FEW_TEXTS = 10  # up to which texts are categories in any case
FEW_VALUES = 20

TARGET_NAMES = ("target", "label", "class", "y", "species", "outcome", "survived", "diagnosis", "quality", "price")
_IDENTIFIER_NAME = re.compile(r"(?i)(?:.*[\s_-])?(?:id|uuid|guid|key|index|row|nr|no|number)|column 1|unnamed.*")


def describe(table: Table) -> DatasetDescribed:
    columns = describe_columns(table.frame)
    target = table.target or suggest_target({column.name: column.type for column in columns})
    problem_type = table.problem_type or (infer_problem_type(table.frame[target]) if target is not None else None)
    return DatasetDescribed(
        name=table.name,
        rows=len(table.frame),
        columns=columns,
        preview=preview_rows(table.frame),
        target=target,
        problem_type=problem_type,
        notes=[note.message for note in table.notes],
        problems=list(table.notes),
        reading=table.cells.reading if table.cells else None,
        lines=list(table.cells.lines) if table.cells else [],
        sheets=list(table.cells.sheets) if table.cells else [],
    )


def describe_columns(frame: pd.DataFrame) -> list[Column]:
    return [_describe_column(str(name), frame[name]) for name in frame.columns]


def _describe_column(name: str, series: pd.Series) -> Column:
    kind = infer_type(series)
    present = series.dropna()
    column = Column(name=name, type=kind, missing=len(series) - len(present), unique=int(present.nunique()))
    if kind is ColumnType.NUMBER or (kind is ColumnType.IDENTIFIER and types.is_numeric_dtype(series)):
        numbers = present.to_numpy(np.float64)
        bounds = {"minimum": float(numbers.min()), "maximum": float(numbers.max()), "mean": float(numbers.mean())}
        return column.model_copy(update={**bounds, "histogram": _count_bins(numbers)})
    if kind is ColumnType.DATE:
        bounds = {"minimum": present.min().isoformat(), "maximum": present.max().isoformat()}
        return column.model_copy(update={**bounds, "histogram": _count_bins(to_days(present).to_numpy())})
    if kind is ColumnType.EMPTY:
        return column
    counts = present.value_counts().head(TOP_VALUES)
    top = [ValueCount(value=str(value)[:PREVIEW_TEXT], count=int(count)) for value, count in counts.items()]
    return column.model_copy(update={"top": top})


def _count_bins(numbers: np.ndarray) -> Histogram:
    counts, edges = np.histogram(numbers, bins=BINS)
    return Histogram(edges=edges.tolist(), counts=counts.tolist())


def to_days(dates: pd.Series) -> pd.Series:
    """Dates as numbers: days since 1970-01-01 UTC, float64, NaN where missing."""
    return (dates - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(days=1)


def infer_type(series: pd.Series) -> ColumnType:
    """IDENTIFIER tells rows apart and nothing else; TEXT is prose, in more variety than categories have."""
    present = int(series.notna().sum())
    if present == 0:
        return ColumnType.EMPTY
    if types.is_bool_dtype(series):
        return ColumnType.BOOLEAN
    if types.is_numeric_dtype(series):
        is_key = _IDENTIFIER_NAME.fullmatch(str(series.name)) and present >= FEW_VALUES and _counts_rows(series)
        return ColumnType.IDENTIFIER if is_key else ColumnType.NUMBER
    if types.is_datetime64_any_dtype(series):
        return ColumnType.DATE
    unique = int(series.nunique())
    many, mostly_different = unique > MANY_VALUES, unique > present / 2
    if (many or (mostly_different and unique > FEW_TEXTS)) and is_prose(series.dropna()):
        return ColumnType.TEXT
    return ColumnType.IDENTIFIER if many and mostly_different else ColumnType.CATEGORY


def _counts_rows(series: pd.Series) -> bool:
    """Whole numbers, no two alike."""
    numbers = series.dropna()
    return bool((numbers % 1 == 0).all()) and numbers.is_unique


def preview_rows(
    frame: pd.DataFrame, rows: int = PREVIEW_ROWS, *, characters: int = PREVIEW_TEXT
) -> list[dict[str, Any]]:
    """The first rows as JSON values; missing ones are None. Longer texts are cut."""
    names = [str(name) for name in frame.columns]
    return [
        dict(zip(names, (_plain(value, characters) for value in row), strict=True))
        for row in frame.head(rows).itertuples(index=False, name=None)
    ]


def suggest_target(kinds: Mapping[str, ColumnType]) -> str | None:
    """A column called like a target, else the last one that could be one; None where there is none."""
    could_be = (ColumnType.NUMBER, ColumnType.CATEGORY, ColumnType.BOOLEAN)
    usable = [name for name, kind in kinds.items() if kind in could_be]
    by_name = {name.casefold(): name for name in reversed(usable)}
    for name in TARGET_NAMES:
        if name in by_name:
            return by_name[name]
    return usable[-1] if usable else None


def infer_problem_type(target: pd.Series) -> ProblemType:
    """Strings and booleans are classes; so are whole numbers that take few values, each of them often."""
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
