"""The character between the cells of a line: found by how evenly it divides the first lines."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from training.datasets.formats.numeric import looks_like_number
from training.exceptions import UnreadableTable

USUAL = (",", ";", "\t", "|")
UNUSUAL = (" ", "~", "^", ":")  # only where no usual one divides the lines
EVEN = 0.8  # the share of lines that must have the same number of cells
MAX_FIELD = 10_000_000  # characters of one cell
_SEPARATOR_LINE = re.compile(r'\s*"?sep=(.)"?[,;\t|]*\s*', re.IGNORECASE | re.DOTALL)
_TIME = re.compile(r"\d{1,2}:\d{2}")
_BLANKS = re.compile(r'("(?:[^"]|"")*")|[ \t]+')


def find_declared(line: str) -> str | None:
    """Return the delimiter that Excel's line `sep=;` declares; None for another line."""
    match = _SEPARATOR_LINE.fullmatch(line.rstrip("\r\n"))
    return match.group(1) if match else None


def find_delimiter(lines: Sequence[str]) -> str:
    """Return the delimiter of the first lines of a file; a comma where there is only one column."""
    scores = {delimiter: _measure(lines, delimiter) for delimiter in USUAL}
    best = max(USUAL, key=scores.__getitem__)
    if scores[best] > 0:
        return best
    for delimiter in UNUSUAL:
        if _divides_all(lines, delimiter):
            return delimiter
    return ","


def split_lines(lines: Iterator[str], delimiter: str) -> csv.Reader:  # type: ignore[name-defined]
    """Read rows of cells from lines with their line ends. A blank as the delimiter stands for any number of blanks."""
    csv.field_size_limit(MAX_FIELD)
    if delimiter == " ":
        lines = (_BLANKS.sub(lambda match: match.group(1) or " ", line.strip("\r\n \t")) + "\n" for line in lines)
    return csv.reader(lines, delimiter=delimiter, skipinitialspace=True)


def read_sample(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    """Return the rows of the first lines. Raises UnreadableTable."""
    try:
        return [row for row in split_lines(iter(lines), delimiter) if row]
    except csv.Error as error:
        raise UnreadableTable(f"The rows cannot be told apart: {error}.") from error


def find_width(rows: Sequence[Sequence[str]]) -> int:
    """Return the most frequent number of cells; of equally frequent ones that of the earliest row."""
    counts = Counter(map(len, rows))
    return max(counts, key=lambda width: (counts[width], width > 1))


def _measure(lines: Sequence[str], delimiter: str) -> float:
    """Return how well the delimiter divides the lines: 0 where most of them are one cell."""
    rows = read_sample(lines, delimiter)
    width = find_width(rows) if rows else 1
    if width < 2:
        # Titles may be more than the rows of a short table.
        wide = Counter(len(row) for row in rows if len(row) > 1)
        if not wide or len(rows) > 12 or wide.most_common(1)[0][1] < 2:
            return 0.0
        width = wide.most_common(1)[0][0]
    even = [row for row in rows if len(row) == width]
    cells = [cell for row in even for cell in row]
    clean = sum(_is_clean(cell) for cell in cells) / len(cells)
    return len(even) / len(rows) * clean**2 + 0.001 * min(width, 100)


def _is_clean(cell: str) -> bool:
    """Return whether no other delimiter seems to be left in the cell."""
    return not any(mark in cell for mark in USUAL) or looks_like_number(cell) or (", " in cell and ";" not in cell)


def _divides_all(lines: Sequence[str], delimiter: str) -> bool:
    rows = read_sample(lines, delimiter)
    if len(rows) < 3:
        return False
    width = find_width(rows)
    even = [row for row in rows if len(row) == width]
    if width < 2 or len(even) < max(3, EVEN * len(rows)) or len(rows[0]) not in (width, width - 1):
        return False
    if delimiter == ":" and any(_TIME.search(line) for line in lines):
        return False
    numeric = [all(looks_like_number(row[position]) for row in even[1:]) for position in range(width)]
    return any(numeric)
