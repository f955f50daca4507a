"""The marks in numbers: which one stands before decimals and which between thousands, in most cells of a table."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

from training.spec.reading import ReadingOptions

SAMPLE = 200  # rows
_COMMA = re.compile(r"[+-]?(?:\d{1,3}(?:[.'\u2019\u00a0\u202f ]\d{3})+|\d+),\d+")
_POINT = re.compile(r"[+-]?(?:\d{1,3}(?:[,'\u2019\u00a0\u202f ]\d{3})+|\d+)\.\d+")
_OPEN = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")  # 1,234 is a thousand as well as a little more than one
_GROUPS = {
    ",": re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d{1,2}(?:,\d{2})+,\d{3})(?:\.\d+)?"),
    ".": re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+,\d+|[+-]?\d{1,3}(?:\.\d{3}){2,}"),
    "'": re.compile(r"[+-]?\d{1,3}(?:['\u2019]\d{3})+(?:[.,]\d+)?"),
    " ": re.compile(r"[+-]?\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?:[.,]\d+)?"),
}


def find_marks(frame: pd.DataFrame, options: ReadingOptions) -> dict[str, Any]:
    """Return `decimal` and `thousands` as they are given, or else as most numbers of the first rows have them."""
    cells = [cell.strip() for name in frame.columns for cell in frame[name].iloc[:SAMPLE].unique()]
    telling = [cell for cell in cells if not _OPEN.fullmatch(cell)]
    comma = sum(_COMMA.fullmatch(cell) is not None for cell in telling)
    point = sum(_POINT.fullmatch(cell) is not None for cell in telling)
    is_comma = comma > point or (comma == point and options.delimiter == ";")
    decimal = options.decimal or ("," if is_comma else ".")
    thousands = options.thousands
    if thousands is None:
        counts = {
            mark: sum(pattern.fullmatch(cell) is not None for cell in cells)
            for mark, pattern in _GROUPS.items()
            if mark != decimal
        }
        best = max(counts, key=counts.__getitem__)
        thousands = best if counts[best] else ""  # type: ignore[assignment]
    return {"decimal": decimal, "thousands": thousands}
