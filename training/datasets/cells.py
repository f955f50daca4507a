"""What text cells mean: numbers and dates as people write them. Gives columns their types when a table is read."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd
from pandas.api import types

MISSING = ["", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "None", "?", "#N/A", "-", "--"]
SHARE = 0.9  # of a column's values that must be numbers (or dates) for the others to be slips
SAMPLE = 2_000  # distinct values by which a column is judged before all of it is read

_GAP = "'\u2019\u00a0\u202f "  # what stands between thousands besides the comma and the point
# No two parts may match the same digits in two ways: a long cell would take quadratic time.
_PLAIN = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
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
class NumberFormat:
    """How a column of text writes numbers. `pattern` is what a whole cell must look like."""

    comma_is_decimal: bool

    @property
    def pattern(self) -> str:
        return _COMMA if self.comma_is_decimal else _POINT

    @property
    def thousands(self) -> str:
        """A pattern for what may stand between thousands."""
        return f"[{'.' if self.comma_is_decimal else ','}{_GAP}]"

    def parse(self, text: pd.Series) -> pd.Series:
        """Text -> float64 with NaN where it is no number."""
        values = pd.Series(text.dropna().unique())
        stripped = values.str.strip()
        plain = stripped.str.replace(self.thousands, "", regex=True)
        if self.comma_is_decimal:
            plain = plain.str.replace(",", ".")
        numbers = pd.to_numeric(plain.where(stripped.str.fullmatch(self.pattern)), errors="coerce").astype("float64")
        return text.map(dict(zip(values, numbers, strict=True))).astype("float64")


@dataclass(frozen=True)
class DateFormat:
    """How a column of text writes dates: the `format` of `pandas.to_datetime`."""

    format: str

    def parse(self, text: pd.Series) -> pd.Series:
        """Text -> datetime64 in UTC, NaT where it is no date."""
        values = pd.Series(text.dropna().unique())
        dates = pd.to_datetime(values.str.strip(), format=self.format, errors="coerce", utc=True)
        return pd.to_datetime(text.map(dict(zip(values, dates, strict=True))), utc=True)


@dataclass(frozen=True)
class Conversion:
    """What was made of a column of text: numbers or dates.

    `strays` cells were nothing of the kind and count as missing, such as `example`.
    """

    column: str
    format: NumberFormat | DateFormat
    strays: int = 0
    example: str = ""


def recognize(frame: pd.DataFrame, *, comma_is_decimal: bool = False) -> list[Conversion]:
    """Turns columns of text into numbers or dates, in place, where their values are; says what was done."""
    conversions = []
    for position, name in enumerate(frame.columns):
        series = frame.iloc[:, position]
        if types.is_numeric_dtype(series) or types.is_bool_dtype(series):
            continue
        text = series
        found = find_number_format(text, comma_is_decimal=comma_is_decimal) or find_date_format(text)
        if found is None:
            continue
        meant = found.parse(text)
        lost = text[text.notna() & meant.isna()]
        example = str(lost.iloc[0])[:40] if len(lost) else ""
        conversions.append(Conversion(str(name), found, len(lost), example))
        frame.isetitem(position, meant)
    return conversions


def find_number_format(text: pd.Series, *, comma_is_decimal: bool = False, share: float = SHARE) -> NumberFormat | None:
    """Return how the column writes numbers; None where less than `share` of its values are numbers.

    `1,234` is a number either way: `comma_is_decimal` decides.
    """
    sample = _sample(text)
    if not sample:
        return None
    point, comma = _measure_share(_POINT, sample), _measure_share(_COMMA, sample)
    if max(point, comma) < share:
        return None
    return NumberFormat(comma > point or (comma == point and comma_is_decimal))


def find_date_format(text: pd.Series, *, share: float = SHARE) -> DateFormat | None:
    """Return how the column writes dates; None where less than `share` of its values are dates."""
    sample = _sample(text)
    if not sample:
        return None
    scores = [_measure_share(pattern, sample) for pattern, _ in _DATE_FORMATS]
    best = max(range(len(scores)), key=scores.__getitem__)
    return DateFormat(_DATE_FORMATS[best][1]) if scores[best] >= share else None


def _sample(text: pd.Series) -> list[str]:
    """Return the first SAMPLE distinct values. Plain strings: for wide tables pandas' own overhead takes minutes."""
    return [str(value).strip() for value in text.dropna().unique()[:SAMPLE]]


def _measure_share(pattern: str, sample: list[str]) -> float:
    matches = re.compile(pattern).fullmatch
    return sum(matches(value) is not None for value in sample) / len(sample)


def parse_numbers(text: pd.Series, *, comma_is_decimal: bool = False, share: float = SHARE) -> pd.Series | None:
    """Text -> float64 with NaN where it is no number; None where less than `share` of the values are numbers."""
    found = find_number_format(text, comma_is_decimal=comma_is_decimal, share=share)
    return found.parse(text) if found else None


def parse_dates(text: pd.Series, *, share: float = SHARE) -> pd.Series | None:
    """Text -> datetime64 in UTC, NaT where it is no date; None where less than `share` of the values are dates."""
    found = find_date_format(text, share=share)
    return found.parse(text) if found else None


def looks_like_number(cell: str) -> bool:
    return re.fullmatch(f"{_POINT}|{_COMMA}", cell.strip()) is not None
