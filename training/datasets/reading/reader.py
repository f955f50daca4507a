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


def read_cells(file: BinaryIO, name: str, options: ReadingOptions | None = None) -> Cells:
    """Read a file. Options that are absent are detected. Raises UnreadableTable."""
    return read_delimited(file, name, options or ReadingOptions())


def read_text(text: str, options: ReadingOptions | None = None) -> Cells:
    """Read the text of a CSV, or of a JSON list of records. Raises UnreadableTable."""
    if text.lstrip().startswith("["):
        try:
            records = make_storable(json.loads(text))
        except (ValueError, RecursionError):
            raise UnreadableTable("The text looks like JSON but is not valid JSON.", where="csvData") from None
        return read_records(records)
    return read_cells(io.BytesIO(text.encode("utf-8", "replace")), NAME, options)
