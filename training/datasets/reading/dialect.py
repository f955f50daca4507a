"""How a CSV was written: its encoding, its delimiter, and whether its first row is a header. Used by `text`."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import BinaryIO

from training.datasets.reading.headers import is_header
from training.exceptions import UnreadableTable

DELIMITERS = (",", ";", "\t", "|")
SAMPLE_BYTES = 65_536
SAMPLE_ROWS = 20
MAX_FIELD = 10_000_000  # characters of one cell

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


@dataclass(frozen=True)
class Dialect:
    encoding: str
    delimiter: str
    has_header: bool
    first_row: tuple[str, ...]

    @property
    def comma_is_decimal(self) -> bool:
        """Who separates by semicolon mostly does so because the comma is taken."""
        return self.delimiter == ";"


def find_dialect(file: BinaryIO) -> Dialect:
    """Reads the beginning, and for the encoding all, of the file; leaves it at its start. Raises UnreadableTable."""
    sample = file.read(SAMPLE_BYTES)
    file.seek(0)
    _refuse_foreign(sample)
    encoding = _find_encoding(file, sample)
    text = sample.decode(encoding, errors="ignore")
    if len(sample) == SAMPLE_BYTES:
        text = text[: text.rfind("\n") + 1] or text  # the last row is likely cut
    csv.field_size_limit(MAX_FIELD)
    lines = [line for line in text.splitlines(keepends=True)[: 5 * SAMPLE_ROWS] if line.strip()]
    if not lines:
        raise UnreadableTable("The file is empty.", hint="Choose a file with a header row and data below it.")
    delimiter = _find_delimiter(lines)
    rows = _read_rows(lines, delimiter)
    return Dialect(encoding, delimiter, is_header(rows), tuple(rows[0]))


def _refuse_foreign(sample: bytes) -> None:
    if not sample.strip():
        raise UnreadableTable("The file is empty.", hint="Choose a file with a header row and data below it.")
    for start, what in _FOREIGN.items():
        if sample.lstrip()[: len(start)].lower() == start.lower():
            raise UnreadableTable(f"The file is {what}, not a CSV.", hint="Export the table as CSV and use that.")
    if b"\x00" in sample and not sample.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnreadableTable("The file is binary, not text.", hint="Export the table as CSV and use that.")


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


def _find_delimiter(lines: list[str]) -> str:
    """The one that splits the first rows into the most equal and the most numerous fields."""

    def score(delimiter: str) -> tuple[int, int]:
        widths = [len(row) for row in _read_rows(lines, delimiter)]
        return (sum(width == widths[0] for width in widths) if widths[0] > 1 else 0, widths[0])

    return max(DELIMITERS, key=score)


def _read_rows(lines: list[str], delimiter: str) -> list[list[str]]:
    rows = []
    try:
        for row in csv.reader(lines, delimiter=delimiter, skipinitialspace=True):
            rows.append(row)
            if len(rows) == SAMPLE_ROWS:
                break
    except csv.Error as error:
        raise UnreadableTable(f"The rows cannot be told apart: {error}.") from error
    return rows
