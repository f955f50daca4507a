"""What is in each column, and what a table suggests: its target and its kind of problem. Called by workers."""

from __future__ import annotations

from typing import Any

import pandas as pd
from pandas.api import types

from training.datasets.table import Table
from training.messages import DatasetDescribed
from training.parts import Column, ColumnType
from training.spec import ProblemType

PREVIEW_ROWS = 5
PREVIEW_TEXT = 100  # characters of a cell in the preview
TEXT_MIN_UNIQUE = 50
FEW_VALUES = 20

TARGET_NAMES = ("target", "label", "class", "y", "species", "outcome", "survived", "diagnosis", "quality", "price")


def describe(table: Table) -> DatasetDescribed:
    target = table.target or suggest_target(table.frame)
    problem_type = table.problem_type or (infer_problem_type(table.frame[target]) if target is not None else None)
    return DatasetDescribed(
        name=table.name,
        rows=len(table.frame),
        columns=describe_columns(table.frame),
        preview=preview_rows(table.frame),
        target=target,
        problem_type=problem_type,
    )


def describe_columns(frame: pd.DataFrame) -> list[Column]:
    return [
        Column(
            name=str(name),
            type=infer_type(frame[name]),
            missing=int(frame[name].isna().sum()),
            unique=int(frame[name].nunique()),
        )
        for name in frame.columns
    ]


def infer_type(series: pd.Series) -> ColumnType:
    """TEXT is a column of strings nearly all different, such as names or identifiers: no categories to learn from."""
    present = int(series.notna().sum())
    if present == 0:
        return ColumnType.EMPTY
    if types.is_bool_dtype(series):
        return ColumnType.BOOLEAN
    if types.is_numeric_dtype(series):
        return ColumnType.NUMBER
    unique = int(series.astype(str).where(series.notna()).nunique())
    if unique > TEXT_MIN_UNIQUE and unique > present / 2:
        return ColumnType.TEXT
    return ColumnType.CATEGORY


def preview_rows(frame: pd.DataFrame, rows: int = PREVIEW_ROWS) -> list[dict[str, Any]]:
    """The first rows as JSON values; missing ones are None."""
    names = [str(name) for name in frame.columns]
    return [
        dict(zip(names, (_plain(value) for value in row), strict=True))
        for row in frame.head(rows).itertuples(index=False, name=None)
    ]


def suggest_target(frame: pd.DataFrame) -> str | None:
    """A column called like a target, else the last one that could be one; None where every column is empty or text."""
    usable = [str(name) for name in frame.columns if infer_type(frame[name]) not in (ColumnType.EMPTY, ColumnType.TEXT)]
    by_name = {name.casefold(): name for name in reversed(usable)}
    for name in TARGET_NAMES:
        if name in by_name:
            return by_name[name]
    return usable[-1] if usable else None


def infer_problem_type(target: pd.Series) -> ProblemType:
    """Strings and booleans are classes; so are whole numbers that take few values, each of them often."""
    if infer_type(target) is not ColumnType.NUMBER:
        return ProblemType.CLASSIFICATION
    present = target.dropna()
    unique = present.nunique()
    whole = bool((present == present.round()).all())
    if unique <= 2 or (whole and unique <= FEW_VALUES and unique <= len(present) / 5):
        return ProblemType.CLASSIFICATION
    return ProblemType.REGRESSION


def _plain(value: Any) -> str | int | float | bool | None:
    if pd.isna(value):
        return None
    if hasattr(value, "item"):
        value = value.item()
    return value if isinstance(value, bool | int | float) else str(value)[:PREVIEW_TEXT]
