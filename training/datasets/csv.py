"""Reads tables that people bring: CSV files, CSV text and records, however they were saved. Called by `sources`."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any, BinaryIO

import numpy as np
import pandas as pd

from training.datasets.table import Table
from training.exceptions import UnreadableTable
from training.spec import Cell

DELIMITERS = (",", ";", "\t", "|")
MISSING = ["", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "None", "?", "#N/A"]
SAMPLE_BYTES = 65_536
MAX_COLUMNS = 10_000
MAX_HEADER = 200  # characters of a column's name

_FOREIGN = {
    b"PK\x03\x04": "a zip archive or an Excel workbook",
    b"\x1f\x8b": "a gzip archive",
    b"%PDF": "a PDF",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"PAR1": "a Parquet file",
}


def read_csv(file: BinaryIO, name: str) -> Table:
    """Encoding (UTF-8, UTF-16 with BOM, else Latin-1) and delimiter are found out. Raises UnreadableTable."""
    sample = file.read(SAMPLE_BYTES)
    file.seek(0)
    _refuse_foreign(sample)
    encoding = _find_encoding(file, sample)
    try:
        text = sample.decode(encoding, errors="ignore")
        delimiter = _find_delimiter(text)
        frame = pd.read_csv(
            file,
            sep=delimiter,
            encoding=encoding,
            header=None,
            skip_blank_lines=True,
            na_values=MISSING,
            keep_default_na=False,
            dtype=str,
            nrows=1,
        )
        headers = [str(value) if value is not None and value == value else "" for value in frame.iloc[0]]
        if len(headers) > MAX_COLUMNS:
            raise UnreadableTable(f"The table has {len(headers):,} columns; at most {MAX_COLUMNS:,} are accepted.")
        file.seek(0)
        frame = pd.read_csv(
            file,
            sep=delimiter,
            encoding=encoding,
            header=0,
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
    return _finish(frame, headers, name)


def read_text(text: str) -> Table:
    """The text of a CSV, or of a JSON list of records. Raises UnreadableTable."""
    if text.lstrip().startswith("["):
        try:
            records = json.loads(text)
        except (ValueError, RecursionError):
            raise UnreadableTable("The text looks like JSON but is not valid JSON.", where="csvData") from None
        return read_records(records)
    return read_csv(io.BytesIO(text.encode("utf-8", "replace")), "inline table")


def read_records(records: Sequence[Any]) -> Table:
    """A list of flat objects, one a row. Raises UnreadableTable."""
    if not records or not all(isinstance(record, dict) for record in records):
        raise UnreadableTable("The records are not a list of objects with one value per column.", where="csvData")
    headers: dict[str, None] = {}
    for record in records:
        headers.update(dict.fromkeys(record))
        if any(isinstance(value, dict | list) for value in record.values()):
            raise UnreadableTable("A record holds a list or an object instead of a plain value.", where="csvData")
    columns: dict[int, list[Cell]] = {
        position: [record.get(header) for record in records] for position, header in enumerate(headers)
    }
    return _finish(pd.DataFrame(columns), list(headers), "inline table")


def _finish(frame: pd.DataFrame, headers: list[str], name: str) -> Table:
    if frame.empty:
        raise UnreadableTable("The table has a header but no rows.", hint="Add rows below the header.")
    frame.columns = pd.Index(make_unique(headers))
    numbers = frame.select_dtypes("number").columns
    frame[numbers] = frame[numbers].replace([np.inf, -np.inf], np.nan)
    return Table(name, frame)


def make_unique(headers: Sequence[str]) -> list[str]:
    """Blank names become `column 3`, repeated ones `age (2)`; all are printable and short."""
    unique: dict[str, None] = {}
    for position, header in enumerate(headers, start=1):
        base = (
            " ".join("".join(c if c.isprintable() else " " for c in header).split())[:MAX_HEADER]
            or f"column {position}"
        )
        name, count = base, 1
        while name in unique:
            count += 1
            name = f"{base} ({count})"
        unique[name] = None
    return list(unique)


def _refuse_foreign(sample: bytes) -> None:
    if not sample.strip():
        raise UnreadableTable("The file is empty.", hint="Choose a file with a header row and data below it.")
    for start, what in _FOREIGN.items():
        if sample.startswith(start):
            raise UnreadableTable(f"The file is {what}, not a CSV.", hint="Export the table as CSV and upload that.")
    if b"\x00" in sample and not sample.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnreadableTable("The file is binary, not text.", hint="Export the table as CSV and upload that.")


def _find_encoding(file: BinaryIO, sample: bytes) -> str:
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        # All of it, a piece at a time: an accent far down must not fail what began well.
        reader = io.TextIOWrapper(file, encoding="utf-8")
        while reader.read(SAMPLE_BYTES):
            pass
        encoding = "utf-8-sig"
    except UnicodeDecodeError:
        encoding = "latin-1"
    reader.detach()
    file.seek(0)
    return encoding


def _find_delimiter(text: str) -> str:
    """The one that splits the first rows into the most equal and the most numerous fields."""
    lines = [line for line in text.splitlines()[:20] if line.strip()]
    if not lines:
        raise pd.errors.EmptyDataError
    csv.field_size_limit(10_000_000)

    def score(delimiter: str) -> tuple[int, int]:
        widths = [len(row) for row in csv.reader(lines, delimiter=delimiter)]
        return (sum(width == widths[0] for width in widths) if widths[0] > 1 else 0, widths[0])

    return max(DELIMITERS, key=score)


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:200].removeprefix("Error tokenizing data. C error: ").rstrip(".")
