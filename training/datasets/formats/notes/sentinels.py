"""A note about numbers such as -999 that may stand where a value is missing."""

from __future__ import annotations

import numpy as np

from training.datasets.formats.base import Format
from training.datasets.formats.notes.wording import choose_word
from training.datasets.formats.remedies import locate, offer
from training.datasets.formats.text import Text
from training.messages.problems import Problem
from training.problems import build_problem

LEAST = 2  # cells
_NINES = tuple(10.0**digits - 1 for digits in range(2, 8))
_BELOW = (*(-nines for nines in _NINES), -99.9, -999.9, -9999.9, -99.99, -999.99, -999.25, -888.0, -777.0, -32768.0)
_ABOVE = (*_NINES, 99.9, 999.9, 9999.9, 99.99, 999.99, 9999.99, 888.0, 32767.0, 65535.0)


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
            found += (_describe(name, cells, count, (float(low), float(high)), [*text.count(form.missing)]),)
    return found


def _describe(name: str, cells: list[str], count: int, others: tuple[float, float], words: list[str]) -> Problem:
    """`cells`: how the number is written. `words`: the cells of the column that count as missing."""
    message = (
        f"In {name!r}, {count:,} {choose_word(count, 'cell is', 'cells are')} {cells[0]}, and all others lie from "
        f"{others[0]:g} to {others[1]:g}: the number may mean that the value is missing. It is read as a number."
    )
    return build_problem(
        "sentinel_values",
        locate(name),
        message,
        "If it means that, name it in `missing` of the column, or in `reading.missing` for all columns.",
        choices=[offer(f"{cells[0]} means that the value is missing", name, missing=[*words, *cells])],
    )
