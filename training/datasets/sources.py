"""Where a table comes from, as values that travel to a worker, and the one function that loads any of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from training.datasets.builtin import load_builtin
from training.datasets.table import Table
from training.inline import Cell
from training.spec.reading import ReadingOptions


@dataclass(frozen=True)
class Builtin:
    """A table that comes with the product, by its name."""

    name: str


@dataclass(frozen=True)
class Stored:
    """An upload: `key` identifies the contents, `name` is for people, `location` is the file storage's name for it.

    `reading`: how the user wants it to be read.
    """

    key: str
    name: str
    location: str
    reading: ReadingOptions | None = None


@dataclass(frozen=True)
class Inline:
    """The table itself: records, or the text of a CSV or of a JSON list of records."""

    records: tuple[dict[str, Cell], ...] | None = None
    text: str | None = None
    reading: ReadingOptions | None = None


Source = Builtin | Stored | Inline


def load_table(source: Source, open_file: Callable[[str], BinaryIO]) -> Table:
    """Raises SpecRefused for an unknown built-in, UnreadableTable for what is no table."""
    # pandas stays out of the web process
    from training.datasets.reading.reader import read_cells, read_text
    from training.datasets.reading.records import read_records
    from training.datasets.typed import type_table

    if isinstance(source, Builtin):
        return load_builtin(source.name)
    if isinstance(source, Stored):
        with open_file(source.location) as file:
            return type_table(read_cells(file, source.name, source.reading), source.reading)
    if source.text is None:
        return type_table(read_records(source.records or ()), source.reading)
    return type_table(read_text(source.text, source.reading), source.reading)
