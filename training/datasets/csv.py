"""Reads tables that people bring: CSV files, CSV text and records, however they were saved. Called by `sources`."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from typing import Any, BinaryIO

import numpy as np
import pandas as pd

from playground.wire.text import make_storable
from training.datasets.bounds import check_columns, check_lines, check_records
from training.datasets.cells import recognize
from training.datasets.dialect import Dialect, find_dialect
from training.datasets.table import Reading, Table
from training.exceptions import UnreadableTable
from training.inline import Cell
from training.parts import Level, Problem

MISSING = ["", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "None", "?", "#N/A", "-", "--"]
MAX_HEADER = 200  # characters of a column's name


def read_csv(file: BinaryIO, name: str) -> Table:
    """Read a CSV. Its encoding, delimiter, header, numbers and dates are found out. Raises UnreadableTable."""
    dialect = find_dialect(file)
    width = len(dialect.first_row)
    check_columns(width)
    check_lines(file, width, dialect.delimiter)
    try:
        frame = pd.read_csv(
            file,
            sep=dialect.delimiter,
            encoding=dialect.encoding,
            header=0 if dialect.has_header else None,
            index_col=False,
            na_values=MISSING,
            keep_default_na=False,
            skipinitialspace=True,
            low_memory=False,
        )
    except pd.errors.EmptyDataError:
        raise UnreadableTable("The file is empty.", hint="Choose a file with a header row and data below it.") from None
    except pd.errors.ParserError as error:
        raise UnreadableTable(f"The rows do not line up: {_first_line(error)}.") from error
    except (UnicodeDecodeError, ValueError, OverflowError) as error:
        raise UnreadableTable(f"The file cannot be read as a table: {_first_line(error)}.") from error
    headers = list(dialect.first_row) if dialect.has_header else [""] * width
    headers += [""] * (frame.shape[1] - len(headers))
    notes = []
    if not dialect.has_header:
        notes.append(
            _note("no_header", "The first row looks like data, so the columns are named column 1, column 2, and so on.")
        )
    return _finish(frame, headers[: frame.shape[1]], name, dialect, notes)


def read_text(text: str) -> Table:
    """The text of a CSV, or of a JSON list of records. Raises UnreadableTable."""
    if text.lstrip().startswith("["):
        try:
            records = make_storable(json.loads(text))
        except (ValueError, RecursionError):
            raise UnreadableTable("The text looks like JSON but is not valid JSON.", where="csvData") from None
        return read_records(records)
    return read_csv(io.BytesIO(text.encode("utf-8", "replace")), "inline table")


def read_records(records: Sequence[Any]) -> Table:
    """Read a list of flat objects, one a row. Raises UnreadableTable."""
    if not records or not all(isinstance(record, dict) for record in records):
        raise UnreadableTable("The records are not a list of objects with one value per column.", where="csvData")
    headers = check_records(records)
    for record in records:
        if any(isinstance(value, dict | list) for value in record.values()):
            raise UnreadableTable("A record holds a list or an object instead of a plain value.", where="csvData")
    columns: dict[int, list[Cell]] = {
        position: [record.get(header) for record in records] for position, header in enumerate(headers)
    }
    return _finish(pd.DataFrame(columns), list(headers), "inline table", None, [])


def _finish(frame: pd.DataFrame, headers: list[str], name: str, dialect: Dialect | None, notes: list[Problem]) -> Table:
    if frame.empty:
        raise UnreadableTable("The table has a header but no rows.", hint="Add rows below the header.")
    frame.columns = pd.Index(make_unique(headers))
    conversions = recognize(frame, comma_is_decimal=dialect is not None and dialect.comma_is_decimal)
    for conversion in conversions:
        if conversion.strays:
            message = f"In {conversion.column!r}, {conversion.strays:,} values are not like the others"
            notes.append(_note("mixed_column", f"{message} and count as missing: {conversion.example!r}, for example."))
    numbers = frame.select_dtypes("number").columns
    infinite = [column for column in numbers if np.isinf(frame[column].to_numpy(np.float64)).any()]
    for column in infinite:
        frame[column] = frame[column].replace([np.inf, -np.inf], np.nan)
        notes.append(_note("infinite_values", f"Infinite values in {column!r} count as missing."))
    reading = Reading(dialect, tuple(conversions), tuple(infinite))
    return Table(name, frame, notes=tuple(notes), reading=reading)


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


def _note(code: str, message: str) -> Problem:
    return Problem(level=Level.WARNING, code=code, where="features", message=message)


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:200].removeprefix("Error tokenizing data. C error: ").rstrip(".")
