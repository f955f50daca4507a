"""How far the sheets of a workbook reach, found before they are built: one cell may make a sheet of billions.

python-calamine leaves out cells with spreadsheet errors, so that these are found here, too.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from xml.parsers import expat

from training.exceptions import UnreadableTable

SHOWN = 20  # characters of an error
_ROW = re.compile(rb'<(?:\w+:)?row\b[^>]*?\br="(\d{1,9})"')
_WIDE = re.compile(rb'\br="([A-Z]{2,3})\d')
_CELL = re.compile(rb"<(?:\w+:)?c[ >/]")
_ERROR = re.compile(
    rb'<(?:\w+:)?c\b(?=[^>]*?\bt="e")[^>]*?\br="([A-Z]{1,3})(\d{1,9})"[^>]*>(?:(?!</(?:\w+:)?c>).){0,2000}?'
    rb"<(?:\w+:)?v>([^<]{1,40})</",
    re.DOTALL,
)
_NAMES = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}


@dataclass
class Extent:
    """The last row and column of a sheet, how many cells are written down, and its errors by row and column from 0."""

    sheet: str
    rows: int = 0
    columns: int = 0
    cells: int = 0
    errors: dict[tuple[int, int], str] = field(default_factory=dict)


def find_cells(contents: Mapping[str, bytes], kind: str) -> Iterator[Extent]:
    """Find the extents of all sheets of an unpacked workbook. Raises UnreadableTable."""
    try:
        if kind == "ods":
            yield from _read_ods(contents["content.xml"])
            return
        for name, path in _list_sheets(contents, kind).items():
            raw = contents.get(path)
            if raw is not None:
                yield _read_xlsx(name, raw) if kind == "xlsx" else _read_xlsb(name, raw)
    except (expat.ExpatError, KeyError, IndexError, ValueError, struct.error) as error:
        raise UnreadableTable("The workbook is damaged.", hint="Save it again, or export the sheet as CSV.") from error


def _list_sheets(contents: Mapping[str, bytes], kind: str) -> dict[str, str]:
    """Map the names of sheets to their files; a file that no name leads to stands for itself."""
    ending = "xml" if kind == "xlsx" else "bin"
    files = {path: path for path in contents if path.startswith("xl/worksheets/") and path.endswith(f".{ending}")}
    if kind != "xlsx":
        return files
    relations: dict[str, str] = {}
    sheets: dict[str, str] = {}

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag.rpartition(":")[2] == "Relationship":
            target = attributes.get("Target", "")
            relations[attributes.get("Id", "")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        elif tag.rpartition(":")[2] == "sheet":
            ids = [value for key, value in attributes.items() if key.endswith(":id")]
            sheets[attributes.get("name", "")] = ids[0] if ids else ""

    for path in ("xl/_rels/workbook.xml.rels", "xl/workbook.xml"):
        if path in contents:
            _parse(contents[path], start)
    named = {name: relations.get(relation, "") for name, relation in sheets.items()}
    return named | {path: path for path in files if path not in named.values()}


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
    if b't="e"' in raw:
        for letters, row, text in _ERROR.findall(raw):
            place = (int(row) - 1, _count_columns(letters) - 1)
            extent.errors[place] = unescape(text.decode("utf-8", "replace"))[:SHOWN]
    return extent


def _count_columns(letters: bytes) -> int:
    """`A` is 1, `Z` 26, `AA` 27."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _read_xlsb(name: str, raw: bytes) -> Extent:
    """Walk through the records: a number and a size of 7 bits a byte each, and the content."""
    extent = Extent(name)
    position, row = 0, 0
    while position < len(raw):
        kind, position = _read_varint(raw, position, 2)
        size, position = _read_varint(raw, position, 4)
        if kind == 0 and size >= 4:
            row = int.from_bytes(raw[position : position + 4], "little")
            extent.rows = max(extent.rows, row + 1)
        elif 1 <= kind <= 11 and size >= 8:
            column = int.from_bytes(raw[position : position + 4], "little")
            extent.columns = max(extent.columns, column + 1)
            extent.cells += 1
            if kind in (3, 11) and size >= 9:
                extent.errors[row, column] = _NAMES.get(raw[position + 8], "#ERROR")
        position += size
    return extent


def _read_varint(raw: bytes, position: int, most: int) -> tuple[int, int]:
    value = 0
    for count in range(most):
        byte = raw[position + count]
        value |= (byte & 0x7F) << (7 * count)
        if byte < 0x80:
            return value, position + count + 1
    return value, position + most


def _read_ods(raw: bytes) -> list[Extent]:
    """Rows and cells may be repeated by a number. Only those that hold a value make the sheet larger."""
    extents: list[Extent] = []
    row = column = rows_repeated = 0
    widest = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal row, column, rows_repeated, widest
        if tag == "table:table":
            extents.append(Extent(attributes.get("table:name", "")))
            row = 0
        elif tag == "table:table-row":
            rows_repeated, column, widest = int(attributes.get("table:number-rows-repeated", "1")), 0, 0
        elif tag in ("table:table-cell", "table:covered-table-cell") and extents:
            repeated = int(attributes.get("table:number-columns-repeated", "1"))
            column += repeated
            if "office:value-type" in attributes or "calcext:value-type" in attributes:
                widest = column
                extents[-1].cells += repeated

    def end(tag: str) -> None:
        nonlocal row
        if tag == "table:table-row" and extents:
            row += rows_repeated
            if widest:
                extents[-1].rows = row
                extents[-1].columns = max(extents[-1].columns, widest)

    _parse(raw, start, end)
    return extents
