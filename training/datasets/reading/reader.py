"""Reads the file or text of a table into cells. The content tells what kind of file it is. Called by `sources`."""

from __future__ import annotations

import codecs
import json
import re
from dataclasses import replace
from typing import BinaryIO

from playground.wire.storable_text import make_storable
from training.datasets.reading.archives import EMPTY_ZIP, GZIP, ZIP, Unpacked, open_zip, unpack_gzip, unpack_zip
from training.datasets.reading.cells import Cells
from training.datasets.reading.parquet import read_parquet
from training.datasets.reading.records import NAME, read_records
from training.datasets.reading.text import read_delimited
from training.datasets.reading.workbooks import find_kind, read_workbook
from training.exceptions import UnreadableTable
from training.problems import build_problem
from training.spec.reading import ReadingOptions

OLD_WORKBOOK, PARQUET = b"\xd0\xcf\x11\xe0", b"PAR1"
_FOREIGN = {
    b"%PDF": "a PDF",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"GIF8": "an image",
    b"SQLite format": "a database",
    b"<!DOCTYPE": "a web page",
    b"<html": "a web page",
    b"<table": "a web page",
    b"MIME-Version:": "a web page",
    b"<?xml": "an XML file",
    b"{\\rtf": "a text document",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"BZh9": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"\x28\xb5\x2f\xfd": "a Zstandard archive",
    b"\x89HDF": "an HDF5 file",
}


def read_cells(file: BinaryIO, name: str, options: ReadingOptions | None = None) -> Cells:
    """Read a file. Options that are absent are detected. Raises UnreadableTable."""
    raw = file.read()
    options = options or ReadingOptions()
    if raw.startswith(PARQUET):
        return _refuse_zeros(read_parquet(raw, name, options))
    if raw.startswith(OLD_WORKBOOK):
        return _refuse_zeros(read_workbook(raw, name, options, None))
    if raw.startswith(GZIP):
        return _read_unpacked(unpack_gzip(raw), name, options)
    if raw.startswith((ZIP, EMPTY_ZIP)):
        with open_zip(raw) as archive:
            kind = find_kind(archive)
            if kind is not None:
                return _refuse_zeros(read_workbook(raw, name, options, archive, kind))
            return _read_unpacked(unpack_zip(archive, options.sheet), name, options)
    _refuse_foreign(raw)
    if options.sheet is not None:
        raise UnreadableTable(
            "The file has no sheets.", hint="Leave `reading.sheet` out for files of text.", where="reading.sheet"
        )
    return read_delimited(raw, name, options)


def read_text(text: str, options: ReadingOptions | None = None) -> Cells:
    """Read the text of a CSV, or of a JSON list of records. Raises UnreadableTable."""
    if text.lstrip().startswith("["):
        try:
            records = make_storable(json.loads(text))
        except (ValueError, RecursionError):
            raise UnreadableTable("The text looks like JSON but is not valid JSON.", where="csvData") from None
        return read_records(records)
    options = (options or ReadingOptions()).model_copy(update={"encoding": "utf-8"})
    return read_delimited(text.encode("utf-8", "replace"), NAME, options)


def _read_unpacked(unpacked: Unpacked, name: str, options: ReadingOptions) -> Cells:
    _refuse_foreign(unpacked.raw)
    cells = read_delimited(unpacked.raw, name, options)
    layout = replace(cells.layout, packing=unpacked.packing, member=unpacked.member)
    notes = list(cells.notes)
    if unpacked.passed_over:
        listed = ", ".join(each[:80] for each in unpacked.passed_over[:3])
        message = f"Files of the archive that are no tables are passed over: {listed}."
        notes.insert(0, build_problem("other_members", "reading.sheet", message))
    reading = cells.reading
    if reading is not None and unpacked.member:
        reading = reading.model_copy(update={"sheet": unpacked.member})
    return replace(cells, layout=layout, notes=tuple(notes), reading=reading, sheets=unpacked.names)


def _refuse_zeros(cells: Cells) -> Cells:
    for column in cells.frame.columns:
        if cells.frame[column].str.contains("\x00", regex=False).any():
            raise UnreadableTable(
                f"The column {column!r} holds zero bytes.", hint="Remove them, or leave the column out."
            )
    return cells


_EXPORTS = {
    "an ARFF file": re.compile(rb"(?:%[^\n]*\n|\s)*@relation\s", re.IGNORECASE),
    "an SQL dump": re.compile(rb"(?:--[^\n]*\n|\s)*(?:insert\s+into|create\s+table|drop\s+table)\s", re.IGNORECASE),
    "a LIBSVM file": re.compile(rb"(?:[+-]?[\d.]+(?:[ \t]+\d+:[-+.\deE]+)+[ \t]*\r?\n){2}"),
}
_JSON = re.compile(rb"\s*(\[\s*[{\[]|\{\s*\")")


def _refuse_foreign(raw: bytes) -> None:
    plain = raw.removeprefix(codecs.BOM_UTF8)
    start = plain[:100].lstrip()
    if _JSON.match(plain[:100]):
        raise UnreadableTable(
            "The file is JSON, not a table.", hint="Export the table as CSV, or send its records as `csvData`."
        )
    for mark, what in _FOREIGN.items():
        if start[: len(mark)].lower() == mark.lower():
            raise UnreadableTable(f"The file is {what}, not a table.", hint="Export the table as CSV and use that.")
    for what, pattern in _EXPORTS.items():
        if pattern.match(plain[:4_000]):
            raise UnreadableTable(f"The file is {what}, not a table.", hint="Export the table as CSV and use that.")
