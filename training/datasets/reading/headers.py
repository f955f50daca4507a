"""Names of columns: whether the first row holds them, and how they are made unique and printable."""

from __future__ import annotations

from collections.abc import Sequence

from training.datasets.cells import looks_like_number

MAX_HEADER = 200  # characters of a column's name
FIRST_YEAR, LAST_YEAR = 1800, 2200  # numbers in a header that are years do not make it data


def is_header(rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether the first row names the columns: not where it holds a number in each column of numbers."""
    first, below = rows[0], rows[1:]
    numeric = [
        position
        for position in range(len(first))
        if (cells := [row[position] for row in below if position < len(row) and row[position].strip()])
        and all(map(looks_like_number, cells))
    ]
    if not numeric or not all(looks_like_number(first[position]) for position in numeric):
        return True
    return all(_is_year(first[position]) for position in numeric) and len(set(first)) == len(first)


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


def _is_year(cell: str) -> bool:
    cell = cell.strip()
    return cell.isdecimal() and FIRST_YEAR <= int(cell[:6]) <= LAST_YEAR
