"""Notes about numbers such as -999 and dates such as 9999-12-31 that may stand where a value is missing."""

from __future__ import annotations

import numpy as np
import pandas as pd

from training.datasets.formats.base import Format
from training.datasets.formats.notes.wording import choose_word
from training.datasets.formats.remedies import locate, offer
from training.datasets.formats.text import Text
from training.messages.problems import Problem
from training.problems import build_problem

LEAST = 2  # cells
_NINES = tuple(10.0**digits - 1 for digits in range(2, 8))
_OTHERS = (99.9, 999.9, 9999.9, 99.99, 999.99, 9999.99, 888.0)
_BELOW = (*(-number for number in (*_NINES, *_OTHERS)), -999.25, -777.0, -127.0, -32768.0)
_ABOVE = (*_NINES, *_OTHERS, 32767.0, 65535.0)
_DATES = frozenset(
    ["1753-01-01", "1899-12-30", "1899-12-31", "1900-01-01", "1970-01-01", "2099-12-31", "2999-12-31", "9999-12-31"]
)


def note_sentinels(name: str, numbers: np.ndarray, text: Text, form: Format) -> tuple[Problem, ...]:
    """Report the smallest or largest number (n,) of a column if it may mean that the value is missing.

    It does where it is made of nines or is otherwise usual, repeats, and is far from all other numbers.
    """
    found: tuple[Problem, ...] = ()
    present = numbers[~np.isnan(numbers)]
    lowest, highest = present.min(), present.max()
    for sentinel in (lowest,) * (lowest in _BELOW) + (highest,) * (highest in _ABOVE):
        others = present[present != sentinel]
        count = len(present) - len(others)
        if count < LEAST or not len(others):
            continue
        low, high = others.min(), others.max()
        is_alone = (sentinel < 0 <= low) or min(abs(sentinel - low), abs(sentinel - high)) > high - low
        if is_alone:
            codes = np.unique(text.codes[numbers == sentinel])
            cells = [text.distinct[code] for code in codes]
            between, words = (f"{low:g}", f"{high:g}"), [*text.count(form.missing)]
            found += (_build("sentinel_values", name, cells, count, between, words, "a number"),)
    return found


def note_sentinel_dates(name: str, dates: pd.Series, text: Text, form: Format) -> tuple[Problem, ...]:
    """Report the first or last date of a column, datetime64 in UTC (n,), if it may mean that the value is missing."""
    present = dates.dropna()
    if present.empty:
        return ()
    found: tuple[Problem, ...] = ()
    for sentinel in dict.fromkeys((present.min(), present.max())):
        others = present[present != sentinel]
        count = len(present) - len(others)
        if f"{sentinel.year:04}-{sentinel:%m-%d}" not in _DATES or count < LEAST or others.empty:
            continue
        low, high = others.min(), others.max()
        if min(abs((sentinel - low).days), abs((sentinel - high).days)) > (high - low).days:
            cells = [text.distinct[code] for code in np.unique(text.codes[(dates == sentinel).to_numpy()])]
            between = (low.date().isoformat(), high.date().isoformat())
            words = [*text.count(form.missing)]
            found += (_build("sentinel_dates", name, cells, count, between, words, "a date"),)
    return found


def _build(
    code: str, name: str, cells: list[str], count: int, others: tuple[str, str], words: list[str], what: str
) -> Problem:
    """`cells`: how the value is written. `words`: the cells of the column that count as missing."""
    message = (
        f"In {name!r}, {count:,} {choose_word(count, 'cell is', 'cells are')} {cells[0]}, and all others lie from "
        f"{others[0]} to {others[1]}: it may mean that the value is missing. It is read as {what}."
    )
    return build_problem(
        code,
        locate(name),
        message,
        "If it means that, name it in `missing` of the column, or in `reading.missing` for all columns.",
        choices=[offer(f"{cells[0]} means that the value is missing", name, missing=[*words, *cells])],
    )
