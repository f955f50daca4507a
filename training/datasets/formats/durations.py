"""Read durations and times of day as seconds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from training.datasets.formats.base import Format
from training.datasets.formats.text import Text

PATTERN = (
    r"(?P<minus>-)?(?:(?P<days>[0-9]{1,6}) ?d(?:ays?)?,? )?(?P<first>[0-9]{1,6}):(?P<second>[0-9]{2})"
    r"(?::(?P<third>[0-9]{2}))?(?P<parts>[.,][0-9]{1,9})?(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?"
)
HOUR = r"(?P<hour>[0-9]{1,2}) ?(?P<half>[AaPp])\.?[Mm]\.?"
SECONDS = r"[+-]?(?:[0-9]{1,15}(?:\.[0-9]*)?|\.[0-9]+)"  # more digits would be infinite or inexact
_CELL, _HOUR = re.compile(PATTERN), re.compile(HOUR)
_SECONDS = re.compile(SECONDS)
DAY_HOURS = 24
NO_CLOCK = 1e12  # seconds that stand for an hour that no clock shows


class DurationFormat(Format):
    """`1:52:07` is hours, minutes and seconds; two parts are hours and minutes, or minutes and seconds where
    `two_parts` says so. Values are seconds, float64; `9:00 AM` counts from midnight. Plain numbers are seconds.
    """

    kind: Literal["duration"] = "duration"
    two_parts: Literal["h:m", "m:s"] = "h:m"
    of_day: bool = False

    @property
    def unit(self) -> str:
        return "s since midnight" if self.of_day else "s"

    def read(self, text: Text) -> pd.Series:
        none = frozenset(("", *self.missing))
        values = [np.nan if cell in none else read_seconds(cell, self.two_parts) for cell in text.distinct]
        return pd.Series(np.array(values, np.float64)[text.codes], index=text.index)


def read_seconds(cell: str, two_parts: str) -> float:
    """Return the seconds of a cell, or NaN if it is not a duration."""
    if hour := _HOUR.fullmatch(cell):
        return _read_clock(int(hour["hour"]), hour["half"]) * 3600.0
    found = _CELL.fullmatch(cell)
    if found is None:
        return float(cell) if _SECONDS.fullmatch(cell) else np.nan
    first, second, third = int(found["first"]), int(found["second"]), found["third"]
    if found["half"]:
        first = _read_clock(first, found["half"])
    if third is None and two_parts == "m:s" and not found["half"] and not found["days"]:
        hours, minutes, seconds = 0, first, second
    else:
        hours, minutes, seconds = first, second, int(third or 0)
        if minutes > 59:
            return np.nan
    if seconds > 59:
        return np.nan
    parts = float(found["parts"].replace(",", ".")) if found["parts"] else 0.0
    total = ((int(found["days"] or 0) * 24 + hours) * 60 + minutes) * 60 + seconds + parts
    return -float(total) if found["minus"] else float(total)


def _read_clock(hour: int, half: str) -> int:
    return hour % 12 + (12 if half in "pP" else 0) if 1 <= hour <= 12 else 10**9  # no time of day


@dataclass(frozen=True)
class FoundDurations:
    """The result of a search. `share` of the cells are durations. `is_open`: two parts may be hours or minutes."""

    format: DurationFormat
    share: float
    is_open: bool


def find_durations(values: Sequence[str]) -> FoundDurations | None:
    """Return how distinct cells write durations or times of day. None if no cell is one."""
    matches = [found for value in values if (found := _CELL.fullmatch(value))]
    hours = [found for value in values if (found := _HOUR.fullmatch(value))]
    if not matches and not hours:
        return None
    halves = bool(hours) or any(found["half"] for found in matches)
    two = [found for found in matches if found["third"] is None and not found["half"]]
    is_long = any(int(found["first"]) >= DAY_HOURS or found["parts"] for found in two)
    of_day = halves or (len(two) == len(matches) and not is_long)
    form = DurationFormat(two_parts="m:s" if is_long else "h:m", of_day=of_day)
    seconds = np.array([read_seconds(found.string, form.two_parts) for found in (*matches, *hours)])
    return FoundDurations(form, int((seconds < NO_CLOCK).sum()) / len(values), bool(two) and not halves)
