"""Sources of a table, as values that can be sent to a worker, and the one function that loads any of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from training.datasets.builtin import load_builtin
from training.datasets.table import Table
from training.spec.inline_table import Cell
from training.spec.reading import ReadingOptions

if TYPE_CHECKING:
    from training.datasets.reading.cells import Cells


@dataclass(frozen=True)
class Builtin:
    """A built-in table, by its name."""

    name: str


@dataclass(frozen=True)
class Stored:
    """An upload. `key` identifies the contents, `name` is shown to people, `location` is its name in the file storage.

    `reading`: the options that the user chose.
    """

    key: str
    name: str
    location: str
    reading: ReadingOptions | None = None


@dataclass(frozen=True)
class Inline:
    """An inline table: records, CSV text, or the text of a JSON list of records."""

    records: tuple[dict[str, Cell], ...] | None = None
    text: str | None = None
    reading: ReadingOptions | None = None


@dataclass(frozen=True)
class Paired:
    """A table and a second one, an upload whose rows are the test rows."""

    first: Builtin | Stored | Inline
    tests: Stored


Source = Builtin | Stored | Inline | Paired


def is_kept(source: Source) -> bool:
    """Return whether the source names stored tables, so that it can be the key of a cache."""
    return not isinstance(source.first if isinstance(source, Paired) else source, Inline)


def load_table(source: Source, open_file: Callable[[str], BinaryIO]) -> Table:
    """Load the table. Raises SpecRefused for an unknown built-in table, UnreadableTable for other content."""
    # pandas is not loaded in the web process
    from training.datasets.pairs import join_tables
    from training.datasets.typed import type_table

    if isinstance(source, Builtin):
        return load_builtin(source.name)
    if isinstance(source, Paired):
        first = None if isinstance(source.first, Builtin) else _read(source.first, open_file)
        reading = None if isinstance(source.first, Builtin) else source.first.reading
        return join_tables(first, _read(source.tests, open_file), reading)
    return type_table(_read(source, open_file), source.reading)


def _read(source: Stored | Inline, open_file: Callable[[str], BinaryIO]) -> Cells:
    from training.datasets.reading.reader import read_cells, read_text
    from training.datasets.reading.records import read_records

    if isinstance(source, Stored):
        with open_file(source.location) as file:
            return read_cells(file, source.name, source.reading)
    if source.text is None:
        return read_records(source.records or ())
    return read_text(source.text, source.reading)
