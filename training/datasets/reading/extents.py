"""Measure the sheets of a workbook before they are built, since one far cell makes a sheet of billions of cells.

python-calamine reads cells with spreadsheet errors as empty cells. This module finds these cells and their texts.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from xml.parsers import expat

from training.exceptions import UnreadableTable

MAX_ERRORS = 10_000  # cells of a sheet whose errors are read as text
SHOWN = 20  # characters of an error
_ROW = re.compile(rb'<(?:\w+:)?row\b[^>]*?\br="(\d{1,9})"')
_WIDE = re.compile(rb'\br="([A-Z]{2,3})\d')
_CELL = re.compile(rb"<(?:\w+:)?c[ >/]")
_ERROR_CELL = re.compile(rb"<(?:\w+:)?c\b[^>]*?\bt=[\"']e[\"']")
_ERROR = re.compile(
    rb'<(?:\w+:)?c\b(?=[^>]*?\bt="e")[^>]*?\br="([A-Z]{1,3})(\d{1,9})"[^>]*>(?:(?!</(?:\w+:)?c>).){0,2000}?'
    rb"<(?:\w+:)?v>([^<]{1,40})</",
    re.DOTALL,
)


@dataclass
class Extent:
    """The size of a sheet.

    `rows` and `columns` are the numbers of the last row and column, counted from 1. `cells` is the number of cells in
    the file. `error_cells` is the number of cells with errors, and `errors` has the texts of up to MAX_ERRORS of them
    by row and column, counted from 0. `sheet` is the sheet's name.
    """

    sheet: str
    rows: int = 0
    columns: int = 0
    cells: int = 0
    error_cells: int = 0
    errors: dict[tuple[int, int], str] = field(default_factory=dict)

    def add_cells(self, row: int, column: int, count: int) -> None:
        """Count cells side by side. `row` and `column`, counted from 0, are those of the first one."""
        self.cells += count
        self.rows = max(self.rows, row + 1)
        self.columns = max(self.columns, column + count)

    def add_errors(self, text: str, rows: range, columns: range) -> None:
        """Keep the text of the error for each of these cells, as far as there is room."""
        for place in itertools.islice(itertools.product(rows, columns), MAX_ERRORS - len(self.errors)):
            self.errors[place] = text[:SHOWN]


def find_cells(contents: Mapping[str, bytes], kind: str) -> Iterator[Extent]:
    """Find the extents of all sheets of an unpacked workbook. Raises UnreadableTable."""
    try:
        if kind == "ods":
            yield from _read_ods(contents["content.xml"])
            return
        for name, path in _list_sheets(contents).items():
            raw = contents.get(path)
            if raw is not None:
                yield _read_xlsx(name, raw)
    except (expat.ExpatError, KeyError, IndexError, ValueError) as error:
        raise UnreadableTable("The workbook is damaged.", hint="Save it again, or export the sheet as CSV.") from error


def _list_sheets(contents: Mapping[str, bytes]) -> dict[str, str]:
    """Map the names of an `.xlsx`'s sheets to their files; a file that no name leads to stands for itself."""
    files = {path: path for path in contents if path.startswith("xl/worksheets/") and path.endswith(".xml")}
    sheets: dict[str, str] = {}

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag.rpartition(":")[2] == "sheet":
            ids = [value for key, value in attributes.items() if key.endswith(":id")]
            sheets[attributes.get("name", "")] = ids[0] if ids else ""

    relations = list_relations(contents, "xl/_rels/workbook.xml.rels")
    if "xl/workbook.xml" in contents:
        _parse(contents["xl/workbook.xml"], start)
    named = {name: relations.get(relation, "") for name, relation in sheets.items()}
    return named | {path: path for path in files if path not in named.values()}


def list_relations(contents: Mapping[str, bytes], path: str) -> dict[str, str]:
    """Map the identifiers of a workbook's relations to files. Raises ValueError for XML that is not accepted."""
    relations: dict[str, str] = {}

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag.rpartition(":")[2] == "Relationship":
            target = attributes.get("Target", "")
            relations[attributes.get("Id", "")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"

    if path in contents:
        try:
            _parse(contents[path], start)
        except expat.ExpatError as error:
            raise ValueError("the relations are no XML") from error
    return relations


def _parse(raw: bytes, start: Any, end: Any = None, text: Any = None) -> None:
    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.EntityDeclHandler = _refuse_entity
    parser.Parse(raw, True)


def _refuse_entity(*_: object) -> None:
    raise ValueError("entities are not accepted")


def _read_xlsx(name: str, raw: bytes) -> Extent:
    numbers = [int(match) for match in _ROW.findall(raw)]
    columns = max((_count_columns(letters) for letters in set(_WIDE.findall(raw))), default=26)
    extent = Extent(name, max(numbers, default=0), columns, len(_CELL.findall(raw)))
    extent.rows = max(extent.rows, len(numbers))
    extent.error_cells = len(_ERROR_CELL.findall(raw))
    if extent.error_cells:
        for letters, row, text in _ERROR.findall(raw):
            line, column = int(row), _count_columns(letters)
            extent.add_errors(
                unescape(text.decode("utf-8", "replace")), range(line - 1, line), range(column - 1, column)
            )
    return extent


def _count_columns(letters: bytes) -> int:
    """Return the number of a column from its letters: 1 for `A`, 26 for `Z`, 27 for `AA`."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _read_ods(raw: bytes) -> list[Extent]:
    """Measure all sheets of an OpenDocument file, where one element may stand for many equal rows or cells.

    Only elements with a value make a sheet larger.
    """
    extents: list[Extent] = []
    row = column = rows_repeated = cells_repeated = widest = 0
    error: list[str] | None = None  # the pieces of the text of the error in the current cell

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal row, column, rows_repeated, cells_repeated, widest, error
        if tag == "table:table":
            extents.append(Extent(attributes.get("table:name", "")))
            row = 0
        elif tag == "table:table-row":
            rows_repeated, column, widest = int(attributes.get("table:number-rows-repeated", "1")), 0, 0
        elif tag in ("table:table-cell", "table:covered-table-cell") and extents:
            cells_repeated = int(attributes.get("table:number-columns-repeated", "1"))
            column += cells_repeated
            if "office:value-type" in attributes or "calcext:value-type" in attributes:
                widest = column
                extents[-1].cells += cells_repeated
            error = [] if attributes.get("calcext:value-type") == "error" else None

    def end(tag: str) -> None:
        nonlocal row, error
        if tag in ("table:table-cell", "table:covered-table-cell") and error is not None:
            extents[-1].error_cells += rows_repeated * cells_repeated
            places = range(row, row + rows_repeated), range(column - cells_repeated, column)
            extents[-1].add_errors("".join(error) or "#ERROR!", *places)
            error = None
        elif tag == "table:table-row" and extents:
            row += rows_repeated
            if widest:
                extents[-1].rows = row
                extents[-1].columns = max(extents[-1].columns, widest)

    def add_text(text: str) -> None:
        if error is not None:
            error.append(text)

    _parse(raw, start, end, add_text)
    return extents
