"""Rows that are no observations, found by content: units, repeated headers, drawn lines, totals and footers."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import compute as pc

from training.datasets.formats.numeric import looks_like_number
from training.datasets.reading.body import Body
from training.datasets.reading.headers import count_filled, is_rule
from training.datasets.reading.units import UNIT_ROWS, is_units

MAX_FOOTER = 30  # rows at the end that may be footers
_SUBTOTAL = r"(?i)^(?:sub[- ]?totals?|grand totals?|zwischensummen?|gesamtsumme)\b"
_INNER_TOTAL = rf"{_SUBTOTAL}|(?i)^(?:.* )?(?:totals?|summe)$"

_TOTAL = re.compile(
    r"(?i)(?:grand |sub|gesamt|zwischen)?[- ]?(?:totals?|sums?|summen?|insgesamt|gesamt|averages?|mean|mittelwert"
    r"|mittel|durchschnitt|(?:closing |opening |ending )?balance|kontostand|(?:end|anfangs|schluss)?saldo"
    r"|somme|totaux|totale|suma|promedio|moyenne|media|итого|всего|合計|总计|合计)"
    r"\b[ :.]*(?:\(.*\))?"
)
_STATISTIC = re.compile(
    r"(?i)(?:averages?|avg|means?|mittelwert|median|std|s\.?d\.?|std\.? ?(?:dev(?:iation)?|err(?:or)?)?\.?"
    r"|standard (?:deviation|error)"
    r"|standardabweichung|s\.?e\.?m?\.?|cv|variance|varianz|min(?:imum)?|max(?:imum)?|range|counts?|anzahl|n|totals?|sums?|summe)\.?"
)
"""Statistics of the rows above: one alone may be the name of a row, several at the end are not."""
_SOURCE = re.compile(
    r"(?i)(?:(?:prepared|compiled|reported) by|sources?|quellen?|notes?|notiz|anmerkung(?:en)?|hinweis|fuente|nota"
    r"|stand|export(?:ed)?|generated|created"
    r"|erstellt|copyright|last updated?|updated|legende?|footnotes?|end of (?:file|data|report)|eof|disclaimer"
    r"|data as of)\b.*"
    r"|[*©†‡(].*|\d[\d,.]* (?:rows?|records?|zeilen|datensätze)\b.*",
    re.DOTALL,
)


def find_remarks(body: Body, header: Sequence[str] | None) -> dict[str, list[int]]:
    """Return the positions of rows that are no observations, by the code of the note that tells of them."""
    found: dict[str, list[int]] = {"repeated_header": [], "units_row": [], "drawn_lines": [], "footer_rows": []}
    frame = body.frame
    if len(frame) == 0:
        return {}
    if header is not None:
        found["repeated_header"] = _find_repeated(frame, header)
    found["drawn_lines"] = _find_rules(frame)
    taken = {*found["repeated_header"], *found["drawn_lines"]}
    first = next((row for row in range(min(len(frame), 5)) if row not in taken), None)
    if header is not None and first is not None and is_units(_rows(frame, range(first, first + UNIT_ROWS))):
        units = list(frame.iloc[first])
        found["units_row"] = [first] + [
            row + 1
            for row in found["repeated_header"]
            if row + 1 < len(frame) and row + 1 != first and list(frame.iloc[row + 1]) == units
        ]
        taken |= set(found["units_row"])
    found["footer_rows"] = _find_footers(body, taken)
    return {code: sorted(rows) for code, rows in found.items() if rows}


def find_inner_totals(frame: pd.DataFrame, footers: Sequence[Sequence[str]]) -> list[int]:
    """Return the positions of rows that may be totals of the rows above them, by the name in their first cell.

    Where `footers`, the rows at the end that are left out, have a total, `North total` is one, too; elsewhere such
    names are those of observations.
    """
    has_total = any(_TOTAL.fullmatch(cell.strip()) for cells in footers for cell in cells)
    names = pc.utf8_trim_whitespace(pa.array(frame[0]))
    found = np.asarray(pc.match_substring_regex(names, _INNER_TOTAL if has_total else _SUBTOTAL))
    return np.flatnonzero(found).tolist() if 0 < found.sum() < len(found) / 2 else []


def _find_repeated(frame: pd.DataFrame, header: Sequence[str]) -> list[int]:
    """Find the rows with the names of the columns, in any case."""
    names = [name.strip().casefold() for name in header]
    if not any(names):
        return []
    first = pc.utf8_lower(pc.utf8_trim_whitespace(pa.array(frame[0])))
    candidates = np.flatnonzero(pc.equal(first, header[0].strip().lower()).to_numpy(zero_copy_only=False))
    if len(candidates) == len(frame):
        return []
    repeated = [int(row) for row in candidates if [cell.strip().casefold() for cell in frame.iloc[row]] == names]
    if len(names) > 1:
        return repeated
    others = frame[0].drop(index=repeated).head(UNIT_ROWS)
    return repeated if len(others) and others.map(looks_like_number).all() else []


def _find_rules(frame: pd.DataFrame) -> list[int]:
    pattern = r"^\s*[-=_*+|:~.]{3,}\s*$" if frame.shape[1] > 1 else r"^[-=_*]{5,}$"
    found = np.asarray(pc.match_substring_regex(pa.array(frame[0]), pattern))
    if frame.shape[1] > 2 and not frame[0].iloc[:UNIT_ROWS].str.strip().any():
        found = found | np.asarray(pc.match_substring_regex(pa.array(frame[1]), pattern))  # | x | y |
    return [int(row) for row in np.flatnonzero(found) if is_rule(list(frame.iloc[row]))]


def _find_footers(body: Body, taken: set[int]) -> list[int]:
    frame, columns = body.frame, body.frame.shape[1]
    found = _find_statistics(frame)
    row = len(frame) - 1 - len(found)
    while row > 0 and len(found) < MAX_FOOTER:
        if row not in taken:
            cells = list(frame.iloc[row])
            size = int(body.widths[row]) if body.widths is not None else columns
            if not _is_footer(cells, size, columns, frame, row):
                break
            found.append(row)
        row -= 1
    return found


def _find_statistics(frame: pd.DataFrame) -> list[int]:
    """Return the positions of two or more rows at the end that are statistics of the others, such as Min and Max."""
    found: list[int] = []
    for row in range(len(frame) - 1, 0, -1):
        first = next((cell.strip() for cell in frame.iloc[row] if cell.strip()), "")
        if not _STATISTIC.fullmatch(first):
            break
        found.append(row)
    names = {str(frame.iloc[row, 0]).strip().casefold() for row in found}
    above = frame[0].iloc[: len(frame) - len(found)].str.strip().str.casefold()
    return found if 2 <= len(found) < len(frame) / 2 and not above.isin(names).any() else []


def _is_footer(cells: list[str], size: int, columns: int, frame: pd.DataFrame, row: int) -> bool:
    """`size` is the number of cells as they were written, before the row was filled up to `columns`."""
    filled = count_filled(cells)
    if columns < 2 or filled == 0:
        return False
    position = next(position for position, cell in enumerate(cells) if cell.strip())
    first = cells[position].strip()
    if looks_like_number(first):
        return False
    if filled == 1 and position == 0:
        if _SOURCE.fullmatch(first) or (size == 1 and columns > 2 and len(first.split()) > 2):
            return True
        if ":" in first and len(first.split()) > 1:
            return True
    if size < columns and ":" in first and _SOURCE.fullmatch(first):
        return True  # a remark with delimiters in it
    if not _TOTAL.fullmatch(first):
        return False
    # A level of that name would be there more than once, or stand with other words of its kind.
    others = frame[position].iloc[:row].str.strip().str.casefold()
    return not bool((others == first.casefold()).any())


def _rows(frame: pd.DataFrame, positions: range) -> list[list[str]]:
    return frame.iloc[positions.start : positions.stop].to_numpy(dtype=object).tolist()
