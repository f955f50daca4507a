"""Dates as people write them, with or without a time of day."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from training.datasets.formats.base import Format
from training.datasets.formats.date_like import looks_like_date
from training.datasets.formats.date_words import find_words, translate_date
from training.datasets.formats.text import Text

ISO = "ISO8601"

_DAY, _MONTH, _YEAR, _SHORT = r"(?P<d>\d{1,2})", r"(?P<m>\d{1,2})", r"(?P<Y>\d{4})", r"(?P<y>\d{2})"
_NAMES = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_FULL = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_ABBREVIATED, _SPELLED = f"(?P<b>{'|'.join(_NAMES)})", f"(?P<B>{'|'.join(_FULL)})"
_FIRST, _SECOND = r"(?P<first>\d{1,2})", r"(?P<second>\d{1,2})"

_ORDERS = (
    *(
        (f"{_YEAR}{mark}{_MONTH}{mark}{_DAY}", f"%Y{sign}%m{sign}%d")
        for mark, sign in (("-", "-"), ("/", "/"), (r"\.", "."))
    ),
    *(
        (f"{_DAY}{mark}{name}{mark}{year}", f"%d{sign}{code}{sign}{year_code}")
        for name, code in ((_ABBREVIATED, "%b"), (_SPELLED, "%B"))
        for mark, sign in (("-", "-"), (" ", " "), ("/", "/"), (r"\. ", ". "), (r"\.", "."), ("", ""))
        for year, year_code in ((_YEAR, "%Y"), (_SHORT, "%y"))
    ),
    *(
        (f"{name}{mark}{_DAY}{comma}{_YEAR}", f"{code}{mark}%d{comma}%Y")
        for name, code in ((_ABBREVIATED, "%b"), (_SPELLED, "%B"))
        for mark in (" ", "-")
        for comma in (", ", " ", "-")
    ),
    *((f"{_YEAR}-{_MONTH}", "%Y-%m"), (f"{_MONTH}/{_YEAR}", "%m/%Y")),
    *(
        (f"{name}{mark}{_YEAR}", f"{code}{mark}%Y")
        for name, code in ((_ABBREVIATED, "%b"), (_SPELLED, "%B"))
        for mark in (" ", "-")
    ),
)  # fmt: skip
_OPEN_ORDERS = tuple(
    (f"{_FIRST}{mark}{_SECOND}{mark}{year}", sign, year_code)
    for mark, sign in (("/", "/"), ("-", "-"), (r"\.", "."))
    for year, year_code in ((_YEAR, "%Y"), (_SHORT, "%y"))
)
_TIME = (
    r"(?:(?P<gap>T|,? )(?P<hour>\d{1,2}):\d{2}(?P<seconds>:\d{2}(?P<parts>\.\d{1,9})?)?(?P<half> ?[AaPp]\.?[Mm]\.?)?"
    r"(?P<zone> ?(?:Z|UTC|[+-]\d{2}:?\d{2}))?|(?P<lone> (?:Z|UTC|[+-]\d{2}:?\d{2})))?"
)
_REST = re.compile(_TIME)
_MONTH_AND_YEAR = re.compile(rf"[^\W\d_]{{2,12}}\.?[ -]{_YEAR}")
COMPACT = "%Y%m%d"
FIRST_COMPACT, LAST_COMPACT = 19_000_101, 21_001_231
MAX_FORMATS = 6  # ways to write the times of one column


class DateFormat(Format):
    """The `formats` of `pandas.to_datetime` that the cells have, tried in this order. Values are datetime64 in UTC.

    Two-digit years are 1969 to 2068. With `as_year`, the values are the years, float64. `words`: what words of the
    cells become before they are read, as `date_words` finds them.
    """

    kind: Literal["date"] = "date"
    formats: tuple[str, ...] = (ISO,)
    as_year: bool = False
    words: tuple[tuple[str, str], ...] = ()

    def read(self, text: Text) -> pd.Series:
        cells = pd.Series(text.distinct, dtype="str")
        cells = cells.mask(cells.isin(["", *self.missing]))
        if self.words:
            words = dict(self.words)
            cells = cells.map(lambda cell: translate_date(cell, words), na_action="ignore").astype("str")
        dates = read_dates(cells, self.formats)
        values = dates.take(text.codes).set_axis(text.index)
        return values.dt.year.astype(np.float64) if self.as_year else values


def read_dates(cells: pd.Series, formats: Sequence[str]) -> pd.Series:
    """Read dates in the first format that fits each; NaT where none does."""
    dates = pd.Series(pd.NaT, index=cells.index, dtype="datetime64[us, UTC]")
    for form in formats:
        left = dates.isna() & cells.notna()
        if not left.any():
            break
        found = pd.to_datetime(cells[left], format=form, errors="coerce", utc=True).astype("datetime64[us, UTC]")
        dates[left] = found
    return dates


@dataclass(frozen=True)
class FoundDates:
    """`share` of the cells are dates. `is_open`: nothing in the cells says whether day or month comes first.

    `languages` are those in which the cells may be written, if their words were replaced.
    """

    format: DateFormat
    share: float
    is_open: bool = False
    has_short_years: bool = False
    lacks_days: bool = False
    languages: tuple[str, ...] = ()


def find_dates(values: Sequence[str], day_first: bool | None) -> FoundDates | None:
    """Find how a sample of distinct cells writes dates; None where none of them is one.

    `day_first` is obeyed where it is given.
    """
    best: FoundDates | None = None
    for pattern, form in _ORDERS:
        rests = _match(f"{pattern}(?P<rest>.*)", values)
        if form == "%Y-%m" and all(int(rest["m"]) == (int(rest["Y"]) + 1) % 100 for rest in rests):
            continue  # seasons, such as 2010-11
        if rests and (best is None or len(rests) / len(values) > best.share):
            formats = _add_times(form, [rest["rest"] for rest in rests])
            if form == "%Y-%m-%d" and all(len(rest["m"]) == len(rest["d"]) == 2 for rest in rests):
                has_lone_zones = any(form.endswith(("%d %z", "%d UTC")) for form in formats)
                formats = formats if has_lone_zones else (ISO,)
            best = FoundDates(
                DateFormat(formats=formats),
                len(rests) / len(values),
                has_short_years="%y" in form,
                lacks_days="%d" not in form,
            )
    for pattern, sign, year in _OPEN_ORDERS:
        matches = _match(f"{pattern}(?P<rest>.*)", values)
        if not matches or (best is not None and len(matches) / len(values) <= best.share):
            continue
        days = sum(1 <= int(each["first"]) <= 31 and 1 <= int(each["second"]) <= 12 for each in matches)
        months = sum(1 <= int(each["second"]) <= 31 and 1 <= int(each["first"]) <= 12 for each in matches)
        differ = any(int(each["first"]) != int(each["second"]) for each in matches)
        is_open = day_first is None and days == months == len(matches) and differ and sign != "."
        first = day_first if day_first is not None else (days > months or (days == months and sign != "/"))
        form = sign.join(("%d", "%m", year) if first else ("%m", "%d", year))
        formats = _add_times(form, [each["rest"] for each in matches])
        fitting = days if first else months
        if fitting and (best is None or fitting / len(values) > best.share):
            best = FoundDates(DateFormat(formats=formats), fitting / len(values), is_open, year == "%y")
    return best


def are_compact_dates(text: Text, values: np.ndarray) -> bool:
    """Return whether whole numbers such as 20240131 are dates. `values` are the cells as float64 (n,)."""
    present = values[~np.isnan(values)]
    if len(present) == 0 or present.min() < FIRST_COMPACT or present.max() > LAST_COMPACT:
        return False
    cells = pd.Series([cell for cell in text.distinct if cell[:1].isdecimal()], dtype="str")
    if not cells.str.fullmatch("[0-9]{8}").all():
        return False
    return bool(pd.to_datetime(cells, format=COMPACT, errors="coerce").notna().all())


def find_dates_in_words(values: Sequence[str], day_first: bool | None) -> FoundDates | None:
    """Find dates as `find_dates` does, after words such as months of other languages and time zones are replaced."""
    dated = [value for value in values if looks_like_date(value) or _MONTH_AND_YEAR.fullmatch(value)]
    words, languages = find_words(dated) if dated else ({}, [])
    if not languages:
        return None
    found = find_dates([translate_date(value, words) for value in values], day_first)
    return found and replace(
        found,
        format=found.format.model_copy(update={"words": tuple(words.items())}),
        languages=tuple(languages),
    )


def _match(pattern: str, values: Sequence[str]) -> list[re.Match[str]]:
    """Match values that are a date, and after it nothing or a time."""
    compiled = re.compile(pattern, re.IGNORECASE)
    found = (compiled.fullmatch(value) for value in values)
    return [each for each in found if each is not None and _REST.fullmatch(each["rest"])]


def _add_times(form: str, rests: Sequence[str]) -> tuple[str, ...]:
    """Return the format with each way in which the times after the dates are written, the most frequent first."""
    counts: dict[str, int] = {}
    for rest in rests:
        found = _REST.fullmatch(rest)
        assert found is not None
        time = ""
        if found["hour"]:
            time = found["gap"] + ("%I:%M" if found["half"] else "%H:%M")
            time += ":%S" if found["seconds"] else ""
            time += ".%f" if found["parts"] else ""
            time += (" %p" if found["half"].startswith(" ") else "%p") if found["half"] else ""
            zone = found["zone"] or ""
            blank = " " if zone.startswith(" ") else ""
            time += blank + ("UTC" if "UTC" in zone else "%z") if zone else ""
        elif found["lone"]:
            time = " UTC" if "UTC" in found["lone"] else " %z"
        counts[form + time] = counts.get(form + time, 0) + 1
    return tuple(sorted(counts, key=counts.__getitem__, reverse=True)[:MAX_FORMATS])
