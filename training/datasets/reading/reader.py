"""Reads the file or text of a table into cells. Called by `sources`."""

from __future__ import annotations

import io
import json
from typing import BinaryIO

from playground.wire.text import make_storable
from training.datasets.reading.cells import Cells
from training.datasets.reading.records import NAME, read_records
from training.datasets.reading.text import read_delimited
from training.exceptions import UnreadableTable
from training.spec.reading import ReadingOptions

_FOREIGN = {
    b"PK\x03\x04": "a zip archive or an Excel workbook",
    b"\x1f\x8b": "a gzip archive",
    b"%PDF": "a PDF",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"PAR1": "a Parquet file",
    b"SQLite format": "a database",
    b"<!DOCTYPE": "a web page",
    b"<html": "a web page",
}


def read_cells(file: BinaryIO, name: str, options: ReadingOptions | None = None) -> Cells:
    """Read a file. Options that are absent are detected. Raises UnreadableTable."""
    raw = file.read()
    _refuse_foreign(raw[:100])
    return read_delimited(raw, name, options or ReadingOptions())


def read_text(text: str, options: ReadingOptions | None = None) -> Cells:
    """Read the text of a CSV, or of a JSON list of records. Raises UnreadableTable."""
    if text.lstrip().startswith("["):
        try:
            records = make_storable(json.loads(text))
        except (ValueError, RecursionError):
            raise UnreadableTable("The text looks like JSON but is not valid JSON.", where="csvData") from None
        return read_records(records)
    return read_cells(io.BytesIO(text.encode("utf-8", "replace")), NAME, options)


def _refuse_foreign(start: bytes) -> None:
    for mark, what in _FOREIGN.items():
        if start.lstrip()[: len(mark)].lower() == mark.lower():
            raise UnreadableTable(f"The file is {what}, not a table.", hint="Export the table as CSV and use that.")
