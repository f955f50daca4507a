"""Tables read from what a test writes down."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, BinaryIO

from training.datasets.reading import reader, records
from training.datasets.reading.cells import Cells
from training.datasets.table import Table
from training.datasets.typed import type_table
from training.spec.reading import ReadingOptions


def read_csv(file: BinaryIO, name: str, **options: Any) -> Table:
    return type_table(reader.read_cells(file, name, ReadingOptions(**options)))


def read_cells(content: str | bytes, name: str = "test.csv", **options: Any) -> Cells:
    raw = content.encode() if isinstance(content, str) else content
    return reader.read_cells(io.BytesIO(raw), name, ReadingOptions(**options))


def read_records(rows: Sequence[Any]) -> Table:
    return type_table(records.read_records(rows))


def read_text(text: str) -> Table:
    return type_table(reader.read_text(text))
