"""A table as text: what every source is read into, before its columns get types."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from training.messages.problems import Problem
from training.spec.reading import ReadingOptions

if TYPE_CHECKING:
    import pandas as pd

MAX_LINES = 20  # raw lines that are shown of a file
MAX_LINE = 300  # characters of each


class Kind(StrEnum):
    TEXT = "text"
    WORKBOOK = "workbook"
    PARQUET = "parquet"
    RECORDS = "records"


class Packing(StrEnum):
    NONE = ""
    GZIP = "gzip"
    ZIP = "zip"


@dataclass(frozen=True)
class Layout:
    """Where the cells are in the file: all that other code needs to load the same cells.

    `names` are the names of all columns in the file, from left to right, and `dropped` are those of them that the table
    lacks. `skipped` are the lines that are no rows, counted from 1, the header among them. `even`: no row and none of
    these is longer than a line.

    `packing` is the kind of archive that holds the file, and `member` its name in a zip archive. `columns` are the
    positions of the columns that are read from a workbook's `sheet`, where they have a cell that is not empty, or from
    a Parquet file. `errors` are the cells of the sheet with spreadsheet errors: row and column, counted from 0, and
    text.
    """

    kind: Kind
    names: tuple[str, ...]
    dropped: tuple[str, ...] = ()
    skipped: tuple[int, ...] = ()
    even: bool = True
    encoding: str = "utf-8"
    delimiter: str = ","
    packing: Packing = Packing.NONE
    member: str = ""
    sheet: str = ""
    columns: tuple[int, ...] = ()
    errors: tuple[tuple[int, int, str], ...] = ()


@dataclass(frozen=True)
class Cells:
    """`frame` has dtype "str": each cell as it was written, "" where it is empty, and no missing value.

    Its headers are unique and printable. `reading` states every option as it was used. `lines` are the first raw lines.
    """

    name: str
    frame: pd.DataFrame
    layout: Layout
    reading: ReadingOptions | None = None
    lines: tuple[str, ...] = ()
    sheets: tuple[str, ...] = ()
    notes: tuple[Problem, ...] = ()
