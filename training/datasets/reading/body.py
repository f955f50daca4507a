"""The rows below a header, as columns of text, and where each of them is in the file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv as arrow_csv

from training.datasets.bounds import MAX_COLUMNS
from training.datasets.reading.delimiter import split_lines
from training.exceptions import UnreadableTable

CHUNK = 20_000  # rows that are held as lists at a time
EXAMPLES = 3
SHOWN = 80  # characters of a line that is quoted


@dataclass(frozen=True)
class Record:
    """A row as it was written: its first and last line, counted from 1, and its cells."""

    line: int
    last: int
    cells: list[str]

    @property
    def quoted(self) -> str:
        """Show the beginning of the row."""
        return quote(self.cells)


def quote(cells: Iterable[str]) -> str:
    text = " | ".join(" ".join(cell.split()) for cell in cells)
    return f"“{text[:SHOWN]}…”" if len(text) > SHOWN else f"“{text}”"


@dataclass
class Body:
    """`frame` has a column for each position from 0. `lines` and `lasts` are the first and last line of each row.

    `widest` is the number of cells of the longest row; cells beyond the frame's columns are empty. `narrow` are the
    first rows with fewer cells than columns, `widths` the numbers of cells of all rows, as they were written, and
    `swallowing` the first row with a quoted cell in which whole rows seem to lie.
    """

    frame: pd.DataFrame
    lines: np.ndarray
    lasts: np.ndarray
    widest: int
    narrow: list[Record] = field(default_factory=list)
    narrow_rows: int = 0
    longer_rows: int = 0
    widths: np.ndarray | None = None
    swallowing: Record | None = None


class _Tap:
    """Passes lines on and keeps those that it has passed on since they were last taken."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._kept: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self._kept.append(line)
        return line

    def take(self) -> str:
        text = "".join(self._kept)
        self._kept.clear()
        return text


def iterate_records(
    lines: Iterator[str], delimiter: str, first_line: int = 1, *, complete: bool = True
) -> Iterator[Record]:
    """Read records from lines with their ends; blank lines are passed over. Raises UnreadableTable.

    `complete`: whether the file ends with these lines.
    """
    tap = _Tap(lines)
    reader = split_lines(tap, delimiter)
    blanks = " \t\r\n".replace("\t", "" if delimiter == "\t" else "\t")
    before = before_last = 0
    last = ""
    try:
        for row in reader:
            before_last, last = before, tap.take()
            if row and last.strip(blanks):
                yield Record(before + first_line, reader.line_num + first_line - 1, row)
            before = reader.line_num
    except csv.Error as error:
        raise UnreadableTable(
            f"The rows cannot be told apart from line {before + first_line:,} on: {error}.",
            hint="Look there for a quote that is not closed.",
        ) from error
    if complete and not _is_closed(last, delimiter):
        raise UnreadableTable(
            f"The rows cannot be told apart: a quote that opens in line {before_last + first_line:,} is never closed: "
            f"{quote([last])}.",
            hint="Close the quote or remove it, or leave the line out with `reading.skip_rows`.",
            where="reading.skip_rows",
        )


def _is_closed(record: str, delimiter: str) -> bool:
    """Return whether a line that follows the record would be a record of its own."""
    return '"' not in record or len(list(split_lines(iter((record.rstrip("\r\n") + "\n", "x\n")), delimiter))) > 1


def collect(records: Iterable[Record], width: int, delimiter: str = "") -> Body:
    """Build the body. Raises UnreadableTable for rows with more filled cells than there are columns."""
    swallowing = None
    parts: list[pd.DataFrame] = []
    rows: list[list[str]] = []
    lines: list[int] = []
    lasts: list[int] = []
    widths: list[int] = []
    narrow: list[Record] = []
    wide: list[Record] = []
    narrow_rows = wide_rows = longer_rows = 0
    for record in records:
        cells = record.cells
        size = len(cells)
        lines.append(record.line)
        lasts.append(record.last)
        widths.append(size)
        if record.last > record.line + 1 and swallowing is None and _swallows(cells, width, delimiter):
            swallowing = record
        if size != width:
            if size > MAX_COLUMNS + width:
                wide_rows += 1
                wide.append(record)
            elif size > width:
                if any(cell.strip() for cell in cells[width:]):
                    wide_rows += 1
                    if len(wide) < EXAMPLES:
                        wide.append(record)
                longer_rows += 1
                cells = cells[:width]
            else:
                narrow_rows += 1
                if len(narrow) < EXAMPLES:
                    narrow.append(record)
                cells = cells + [""] * (width - size)
            if wide_rows and len(wide) == 1 and size > MAX_COLUMNS + width:
                break
        rows.append(cells)
        if len(rows) == CHUNK:
            parts.append(_build(rows, width))
            rows = []
    if wide:
        raise refuse_wide(wide, wide_rows, width)
    if rows or not parts:
        parts.append(_build(rows, width))
    return Body(
        pd.concat(parts, ignore_index=True),
        np.array(lines, np.int64),
        np.array(lasts, np.int64),
        max(widths, default=width),
        narrow,
        narrow_rows,
        longer_rows,
        np.array(widths, np.int32),
        swallowing,
    )


def _swallows(cells: list[str], width: int, delimiter: str) -> bool:
    """Return whether a line inside of a cell has as many delimiters as a row: perhaps no quote was meant."""
    if width < 2 or not delimiter:
        return False
    inner = (line for cell in cells for line in cell.splitlines()[1:-1])
    return any(line.count(delimiter) == width - 1 for line in inner)


def refuse_wide(records: list[Record], count: int, width: int) -> UnreadableTable:
    first = records[0]
    places = ", ".join(f"{record.line:,}" for record in records) + (", …" if count > len(records) else "")
    return UnreadableTable(
        f"The rows do not line up: line {first.line:,} has {len(first.cells):,} cells, and the table has {width:,} "
        f"columns: {first.quoted}. {count:,} {'row has' if count == 1 else 'rows have'} too many (line {places}).",
        hint="Put quotes around cells that contain the delimiter, choose another delimiter, or leave the lines out "
        "with `reading.skip_rows`.",
        where="reading.skip_rows",
    )


def parse_even(data: bytes, delimiter: str, width: int, first_line: int) -> Body | None:
    """Read a body in which all rows have the same number of cells, one line each; None where it is not like that.

    Gives the same cells as `iterate_records` and `collect`, many times faster.
    """
    mark = delimiter.encode()
    if width == 1 or delimiter == " " or mark + b" " in data or b"\n " in data or data[:1] == b" ":
        return None
    if b"\r" in data and b"\r" in data.replace(b"\r\n", b""):
        return None
    names = [str(position) for position in range(width)]
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(data),
            read_options=arrow_csv.ReadOptions(column_names=names, block_size=4_000_000),
            parse_options=arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=b'"' in data),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.large_string()), null_values=[], strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid:
        return None
    rows = table.num_rows
    if rows != data.count(b"\n") + (not data.endswith(b"\n")):
        return None  # blank lines, or cells of several lines
    if b'"' in data and not _is_closed(data[data.rfind(b"\n", 0, len(data) - 1) + 1 :].decode(), delimiter):
        return None
    frame = pd.DataFrame({position: pd.array(table.column(position), dtype="str") for position in range(width)})
    lines = np.arange(first_line, first_line + rows)
    return Body(frame, lines, lines, width)


def read_lines(data: bytes) -> Iterator[str]:
    """Iterate over the lines of UTF-8 text, with their ends: LF, CR LF, or CR alone."""
    return iter(io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline=""))


def _build(rows: list[list[str]], width: int) -> pd.DataFrame:
    columns: Iterable[tuple[str, ...]] = zip(*rows, strict=True) if rows else [()] * width
    return pd.DataFrame({position: pd.array(list(cells), dtype="str") for position, cells in enumerate(columns)})
