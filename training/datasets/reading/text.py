"""Files of text with one row a line: CSV and its kin."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import BinaryIO

import pandas as pd

from training.datasets.bounds import check_columns, check_lines
from training.datasets.reading.cells import MAX_LINE, MAX_LINES, Cells, Kind, Layout
from training.datasets.reading.dialect import Dialect, find_dialect
from training.datasets.reading.headers import make_unique
from training.exceptions import UnreadableTable
from training.parts import Problem
from training.problems import build_problem
from training.spec.reading import ReadingOptions

CHUNK = 50_000  # rows that are held as lists at a time


def read_delimited(file: BinaryIO, name: str, options: ReadingOptions) -> Cells:
    """Read a CSV. Raises UnreadableTable."""
    dialect = find_dialect(file)
    width = len(dialect.first_row)
    check_columns(width)
    check_lines(file, width, dialect.delimiter)
    names = make_unique(dialect.first_row if dialect.has_header else [""] * width)
    notes: list[Problem] = []
    if not dialect.has_header:
        notes.append(
            build_problem(
                "no_header",
                "reading.header_row",
                "The first row looks like data, so the columns are named column 1, column 2, and so on.",
            )
        )
    lines = _read_lines(file, dialect.encoding)
    try:
        skipped, frame = _read_frame(file, dialect, names)
    except (csv.Error, UnicodeDecodeError) as error:
        raise UnreadableTable(f"The file cannot be read as a table: {error}.") from error
    if frame.empty:
        raise UnreadableTable("The table has a header but no rows.", hint="Add rows below the header.")
    layout = Layout(Kind.TEXT, tuple(names), skipped=skipped, encoding=dialect.encoding, delimiter=dialect.delimiter)
    reading = options.model_copy(
        update={
            "encoding": dialect.encoding,
            "delimiter": dialect.delimiter,
            "header_row": skipped[0] + 1 if skipped else 0,
        }
    )
    return Cells(name, frame, layout, reading, lines, notes=tuple(notes))


def _read_lines(file: BinaryIO, encoding: str) -> tuple[str, ...]:
    """Return the first lines, shortened; leave the file at its start."""
    text = io.TextIOWrapper(file, encoding=encoding, errors="replace")
    lines = []
    for _ in range(MAX_LINES):
        line = text.readline(MAX_LINE)
        if not line:
            break
        lines.append(line.rstrip("\r\n"))
        while line and not line.endswith("\n"):
            line = text.readline(100_000)
    text.detach()
    file.seek(0)
    return tuple(lines)


def _read_frame(file: BinaryIO, dialect: Dialect, names: list[str]) -> tuple[tuple[int, ...], pd.DataFrame]:
    """Return the records that are no rows, and the cells of those that are."""
    text = io.TextIOWrapper(file, encoding=dialect.encoding, newline="")
    reader = csv.reader(text, delimiter=dialect.delimiter, skipinitialspace=True)
    skipped: list[int] = []
    parts, rows = [], []
    for number, row in enumerate(reader):
        if not row:
            continue
        if dialect.has_header and not skipped:
            skipped.append(number)
            continue
        if len(row) > len(names):
            if any(row[len(names) :]):
                raise UnreadableTable(
                    f"The rows do not line up: line {reader.line_num:,} has {len(row):,} cells, and the table has "
                    f"{len(names):,} columns.",
                    hint="Put quotes around cells that contain the delimiter, or remove what is too much.",
                )
            del row[len(names) :]
        rows.append(row)
        if len(rows) == CHUNK:
            parts.append(_build(rows, names))
            rows = []
    if rows or not parts:
        parts.append(_build(rows, names))
    text.detach()
    return tuple(skipped), pd.concat(parts, ignore_index=True)


def _build(rows: list[list[str]], names: list[str]) -> pd.DataFrame:
    width = len(names)
    columns = zip(*(row if len(row) == width else row + [""] * (width - len(row)) for row in rows), strict=True)
    cells: Iterator[tuple[str, ...]] = columns if rows else iter([()] * width)
    return pd.DataFrame(dict(zip(names, map(list, cells), strict=True)), dtype="str")
