"""Check the size of a table before it is built, since a few bytes of text may describe gigabytes of cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO

from training.exceptions import UnreadableTable
from training.problems import build_refusal

MAX_COLUMNS = 10_000
MAX_LINE_BYTES = 2_000_000
SPARSE_CELLS = 1_000_000  # a table with more cells must not be almost empty
SPARSE_FACTOR = 10  # such a table may have at most this many cells per cell that is written
CHUNK = 1_000_000  # bytes


def check_columns(count: int, where: str = "") -> None:
    """Check the number of columns. Raises UnreadableTable."""
    if count > MAX_COLUMNS:
        raise UnreadableTable(
            f"The table has {count:,} columns or more; at most {MAX_COLUMNS:,} are accepted.",
            hint="Leave out the columns that you do not need.",
            where=where,
        )


def check_cells(rows: int, columns: int, given: int, where: str = "") -> None:
    """Check a table of `rows` times `columns`, of which `given` cells are written. Raises UnreadableTable."""
    cells = rows * columns
    if cells > SPARSE_CELLS and cells > SPARSE_FACTOR * given:
        raise UnreadableTable(
            f"Nearly all cells are missing: {rows:,} rows with {columns:,} columns have only {given:,} values.",
            hint="Give all rows the same columns, with one row a line.",
            where=where,
        )


def check_records(records: Sequence[Mapping[str, Any]]) -> dict[str, None]:
    """Return the columns of the records, in the order in which they first appear. Raises UnreadableTable."""
    columns: dict[str, None] = {}
    given = 0
    for record in records:
        given += len(record)
        columns.update(dict.fromkeys(record))
        check_columns(len(columns), "csvData")
    check_cells(len(records), len(columns), given, "csvData")
    return columns


def check_lines(file: BinaryIO, columns: int, delimiter: str) -> None:
    """Check the lines of a CSV with this many columns, and rewind the file. Raises UnreadableTable.

    A line ends as for the parser: in LF, CR LF, or CR alone. The check counts bytes, including quoted delimiters and
    line ends. The bounds are wide enough for that.
    """
    separator = delimiter.encode()
    lines = given = pending = 0
    while chunk := file.read(CHUNK):
        if chunk.endswith(b"\r"):
            chunk += file.read(1)  # possibly the LF of the same line end
        if b"\r" in chunk:
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        ends = chunk.count(b"\n")
        lines += ends
        given += ends + chunk.count(separator)
        first = chunk.find(b"\n")
        pending += len(chunk) if first < 0 else first
        if pending > MAX_LINE_BYTES:
            raise UnreadableTable(
                f"Line {lines + 1 - ends:,} is longer than {MAX_LINE_BYTES:,} bytes.",
                hint="Put each row on a line of its own, and leave out long texts.",
            )
        if first >= 0:
            pending = len(chunk) - chunk.rfind(b"\n") - 1
    file.seek(0)
    check_cells(lines + 1, columns, given + 1)


def check_predicted(rows: int, columns: int) -> None:
    """Check the rows of one prediction, each of which gets all columns of the model. Raises SpecRefused."""
    if rows * columns > SPARSE_CELLS:
        raise build_refusal(
            "too_many_cells",
            "rows",
            f"{rows:,} rows with the model's {columns:,} columns are too many to predict at once.",
            f"Ask for at most {max(1, SPARSE_CELLS // columns):,} rows at a time.",
        )
