"""Where a table comes from, as values that travel to a worker, and the one function that loads any of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from training.datasets.builtin import load_builtin
from training.datasets.table import Table
from training.inline import Cell


@dataclass(frozen=True)
class Builtin:
    """A table that comes with the product, by its name."""

    name: str


@dataclass(frozen=True)
class Stored:
    """An upload: `key` identifies the contents, `name` is for people, `location` is the file storage's name for it."""

    key: str
    name: str
    location: str


@dataclass(frozen=True)
class Inline:
    """The table itself: records, or the text of a CSV or of a JSON list of records."""

    records: tuple[dict[str, Cell], ...] | None = None
    text: str | None = None


Source = Builtin | Stored | Inline


def load_table(source: Source, open_file: Callable[[str], BinaryIO]) -> Table:
    """Raises SpecRefused for an unknown built-in, UnreadableTable for what is no table."""
    from training.datasets.csv import read_csv, read_records, read_text  # pandas stays out of the web process

    if isinstance(source, Builtin):
        return load_builtin(source.name)
    if isinstance(source, Stored):
        with open_file(source.location) as file:
            return read_csv(file, source.name)
    return read_records(source.records or ()) if source.text is None else read_text(source.text)
