"""Names of columns: which row holds them, what stands above it, and how they are made unique and printable."""

from __future__ import annotations

import re
from collections.abc import Sequence

from training.datasets.formats.date_like import looks_like_date
from training.datasets.formats.numeric import looks_like_number
from training.datasets.formats.words import NO_VALUES
from training.datasets.reading.delimiter import find_width

MAX_HEADER = 200  # characters of a column's name
MAX_NAME_ROWS = 3  # below the header that may be parts of it
MIN_FILLED = 10  # rows that fill a column which the first row leaves empty
FIRST_YEAR, LAST_YEAR = 1800, 2200  # numbers in a header that are years do not make it data
_RULE = re.compile(r"[-=_*+|:~.]{3,}")


def find_header(rows: Sequence[Sequence[str]]) -> tuple[int, bool]:
    """Return the position of the first row of the table, below titles, and whether it names the columns."""
    width = find_width(rows)
    first = 0
    while first < len(rows) - 1 and _is_title(rows, first, width):
        first += 1
    named = is_header(rows[first:])
    if first == 1 and not named and len(rows[0]) > 1 and not is_rule(rows[0]) and count_filled(rows[0]) == len(rows[0]):
        return 0, True  # a header that names only some of the columns
    if first == 1 and not named and width == 2 and not is_rule(rows[0]):
        return 0, True
    return first, named


def is_header(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether the first row names the columns.

    It does not where it holds a number in each column of numbers, nor where each of its cells is a value of its column
    in other rows, too.
    """
    first, below = rows[0], rows[1:]
    if _holds_values(first, below):
        return False
    numeric = [
        position
        for position in range(len(first))
        if (cells := [row[position] for row in below if position < len(row) and row[position].strip()])
        and all(map(looks_like_number, cells))
    ]
    if not numeric or not all(looks_like_number(first[position]) for position in numeric):
        return True
    return all(_is_year(first[position]) for position in numeric) and len(set(first)) == len(first)


def _holds_values(first: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Return whether each cell of the first row is in its column below, rows that repeat all of them not counted."""
    if len(first) < 2 or not all(cell.strip() for cell in first):
        return False
    left = dict(enumerate(first))
    for row in below:
        if list(row[: len(first)]) != list(first):
            left = {place: cell for place, cell in left.items() if place >= len(row) or row[place] != cell}
    return not left


def is_rule(row: Sequence[str]) -> bool:
    """Return whether the row is a line that was drawn with signs."""
    filled = [cell.strip() for cell in row if cell.strip()]
    return bool(filled) and all(_RULE.fullmatch(cell) for cell in filled)


def count_filled(row: Sequence[str]) -> int:
    return sum(bool(cell.strip()) for cell in row)


def make_unique(headers: Sequence[str]) -> list[str]:
    """Blank names become `column 3`, repeated ones `age (2)`; all are printable and short."""
    unique: dict[str, None] = {}
    counts: dict[str, int] = {}  # the last number given to each repeated name, so that many repeats take linear time
    for position, header in enumerate(headers, start=1):
        base = " ".join("".join(c if c.isprintable() else " " for c in header).split())[:MAX_HEADER]
        base = base or f"column {position}"
        name, count = base, counts.get(base, 1)
        while name in unique:
            count += 1
            name = f"{base} ({count})"
        counts[base] = count
        unique[name] = None
    return list(unique)


def _is_title(rows: Sequence[Sequence[str]], position: int, width: int) -> bool:
    row, following = rows[position], rows[position + 1 :]
    if is_rule(row):
        return True
    if width < 2:
        return False
    filled = count_filled(row)
    if len(row) == 1 or filled == 0:
        return True
    if width > 2 and filled <= 1 and row[0].strip():
        return True
    if len(row) < width - 1:
        return True
    # Shorter than a complete header below it, or padded with empty cells by a spreadsheet.
    complete = len(following[0]) == width and count_filled(following[0]) == width
    return filled < width and complete and _names_all_values(following[0], following[1:])


def count_name_rows(rows: Sequence[Sequence[str]]) -> int:
    """Return how many of the first rows look like a part of the header rather than like the rows below them.

    They hold text in all columns in which the others hold numbers or dates, or one row lacks cells that all others
    have.
    """
    for extra in range(1, MAX_NAME_ROWS + 1):
        below = rows[extra:]
        if all(_names_all_values(row, below, least=2 if extra == 1 else 1) for row in rows[:extra]):
            return extra
    first, below = rows[0], rows[1:]
    if len(below) < MIN_FILLED or not any(cell.strip() for cell in first):
        return 0
    filled = next((place for place in range(len(first)) if all(row[place].strip() for row in below)), None)
    is_text = not any(looks_like_number(cell) or looks_like_date(cell.strip()) for cell in first if cell.strip())
    return int(filled is not None and not first[filled].strip() and is_text)


def _names_all_values(first: Sequence[str], below: Sequence[Sequence[str]], least: int = 1) -> bool:
    """Return whether the first row holds names in all columns in which the others hold numbers or dates."""
    named = 0
    for position, cell in enumerate(first):
        cells = [row[position].strip() for row in below if position < len(row) and row[position].strip()]
        if len(cells) > 1 and all(looks_like_number(each) or looks_like_date(each) for each in cells):
            if not any(map(str.isalpha, cell)) or cell.strip() in NO_VALUES or looks_like_date(cell.strip()):
                return False
            named += 1
    return named >= least


def _is_year(cell: str) -> bool:
    cell = cell.strip()
    return cell.isdecimal() and FIRST_YEAR <= int(cell[:6]) <= LAST_YEAR
