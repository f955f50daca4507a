"""What text cells mean: numbers and dates as people write them. Gives columns their types when a table is read."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd
from pandas.api import types

SHARE = 0.9  # of a column's values that must be numbers (or dates) for the others to be slips
SAMPLE = 2_000  # distinct values by which a column is judged before all of it is read

_GAP = "'\u2019\u00a0\u202f "  # what stands between thousands besides the comma and the point
_PLAIN = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_POINT = rf"{_PLAIN}|[+-]?\d{{1,3}}(?:[,{_GAP}]\d{{3}})+(?:\.\d+)?"
_COMMA = rf"[+-]?(?:\d{{1,3}}(?:[.{_GAP}]\d{{3}})+|\d+)(?:,\d+)?"

_DATE_FORMATS = (
    (r"\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?", "ISO8601"),
    (r"\d{4}/\d{1,2}/\d{1,2}", "%Y/%m/%d"),
    (r"\d{1,2}\.\d{1,2}\.\d{4}", "%d.%m.%Y"),
    (r"\d{1,2}-\d{1,2}-\d{4}", "%d-%m-%Y"),
    (r"(?:0?[1-9]|1[0-2])/\d{1,2}/\d{4}", "%m/%d/%Y"),
    (r"\d{1,2}/(?:0?[1-9]|1[0-2])/\d{4}", "%d/%m/%Y"),
)


@dataclass(frozen=True)
class Slip:
    """A column whose values are nearly all numbers or dates: `count` others count as missing, such as `example`."""

    column: str
    count: int
    example: str


def recognize(frame: pd.DataFrame, *, comma_is_decimal: bool = False) -> list[Slip]:
    """Turns columns of text into numbers or dates, in place, where their values are."""
    slips = []
    for position, name in enumerate(frame.columns):
        series = frame.iloc[:, position]
        if types.is_numeric_dtype(series) or types.is_bool_dtype(series):
            continue
        text = _as_text(series)
        meant = parse_numbers(text, comma_is_decimal=comma_is_decimal)
        if meant is None:
            meant = parse_dates(text)
        if meant is None:
            frame.isetitem(position, text)
            continue
        lost = text.notna() & meant.isna()
        if lost.any():
            slips.append(Slip(str(name), int(lost.sum()), str(text[lost].iloc[0])[:40]))
        frame.isetitem(position, meant)
    return slips


def parse_numbers(text: pd.Series, *, comma_is_decimal: bool = False, share: float = SHARE) -> pd.Series | None:
    """Text -> float64 with NaN where it is no number; None where less than `share` of the values are numbers.

    `1,234` alone may mean both: then `comma_is_decimal` decides.
    """
    values = pd.Series(text.dropna().unique())
    sample = values.head(SAMPLE).str.strip()
    if sample.empty:
        return None
    point, comma = sample.str.fullmatch(_POINT).mean(), sample.str.fullmatch(_COMMA).mean()
    if max(point, comma) < share:
        return None
    with_comma = comma > point or (comma == point and comma_is_decimal)
    stripped = values.str.strip()
    fits = stripped.str.fullmatch(_COMMA if with_comma else _POINT)
    plain = stripped.str.replace(f"[{'.' if with_comma else ','}{_GAP}]", "", regex=True)
    if with_comma:
        plain = plain.str.replace(",", ".")
    numbers = pd.to_numeric(plain.where(fits), errors="coerce").astype("float64")
    return text.map(dict(zip(values, numbers, strict=True))).astype("float64")


def parse_dates(text: pd.Series, *, share: float = SHARE) -> pd.Series | None:
    """Text -> datetime64 in UTC, NaT where it is no date; None where less than `share` of the values are dates."""
    values = pd.Series(text.dropna().unique())
    sample = values.head(SAMPLE).str.strip()
    if sample.empty:
        return None
    scores = [sample.str.fullmatch(pattern).mean() for pattern, _ in _DATE_FORMATS]
    best = max(range(len(scores)), key=scores.__getitem__)
    if scores[best] < share:
        return None
    dates = pd.to_datetime(values.str.strip(), format=_DATE_FORMATS[best][1], errors="coerce", utc=True)
    return pd.to_datetime(text.map(dict(zip(values, dates, strict=True))), utc=True)


def looks_like_number(cell: str) -> bool:
    return re.fullmatch(f"{_POINT}|{_COMMA}", cell.strip()) is not None


def _as_text(series: pd.Series) -> pd.Series:
    """Cells as strings, missing ones as NaN: inline tables may mix kinds within a column."""
    return series.map(_write, na_action="ignore").astype("str")


def _write(cell: object) -> str:
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
