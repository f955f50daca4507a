"""Measure the sheets of binary workbooks, Excel's `.xls` and `.xlsb`, and find their cells with errors.

Both kinds are streams of records: a number, a size, and the content. `.xls` follows Microsoft's [MS-XLS], `.xlsb`
follows [MS-XLSB].
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Mapping

import olefile

from training.datasets.reading.extents import Extent, list_relations
from training.exceptions import UnreadableTable

ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}
UNKNOWN_ERROR = "#ERROR!"

# Records of .xls
_FORMULA, _END, _FILE_PASS, _SHEET, _MANY_NUMBERS, _ERROR, _START = 0x06, 0x0A, 0x2F, 0x85, 0xBD, 0x0205, 0x0809
_ONE_CELL = (_FORMULA, 0xD6, 0xFD, 0x0203, 0x0204, _ERROR, 0x027E)
_STREAMS = ("Workbook", "Book")  # of Excel 97 and later, and of Excel 5 and 95
_EXCEL_97 = 0x0600

# Records of .xlsb
_ROW, _BUNDLE = 0, 156
_CELL_ERROR, _FORMULA_ERROR = 3, 11
_FILLED = range(2, 12)  # kinds of cells that are not blank


def measure_xls(raw: bytes) -> Iterator[Extent]:
    """Measure all sheets of an `.xls`; none of one with a password. Raises UnreadableTable."""
    try:
        with olefile.OleFileIO(io.BytesIO(raw)) as file:
            name = next((name for name in _STREAMS if file.exists(name)), None)
            if name is None:
                return
            stream = file.openstream(name).read()
        yield from _measure_stream(stream)
    except (OSError, struct.error, IndexError, ValueError, TypeError, AttributeError) as error:
        raise _refuse_damaged() from error


def _measure_stream(stream: bytes) -> Iterator[Extent]:
    is_97 = len(stream) > 6 and struct.unpack_from("<H", stream, 4)[0] == _EXCEL_97
    sheets: dict[str, int] = {}
    for kind, content in _iterate_records(stream, 0):
        if kind == _FILE_PASS:
            return
        if kind == _SHEET:
            sheets[_read_name(content, is_97=is_97)] = struct.unpack_from("<I", content)[0]
        if kind == _END:
            break
    for name, start in sheets.items():
        yield _measure_sheet(name, stream, start)


def _read_name(content: bytes, *, is_97: bool) -> str:
    size, text = content[6], content[7:]
    if not is_97:
        return text[:size].decode("latin-1")
    if text[0] & 1:
        return text[1 : 1 + 2 * size].decode("utf-16-le", "replace")
    return text[1 : 1 + size].decode("latin-1")


def _iterate_records(stream: bytes, position: int) -> Iterator[tuple[int, bytes]]:
    while position + 4 <= len(stream):
        kind, size = struct.unpack_from("<2H", stream, position)
        yield kind, stream[position + 4 : position + 4 + size]
        position += 4 + size


def _measure_sheet(name: str, stream: bytes, start: int) -> Extent:
    extent = Extent(name)
    depth = 0  # charts in a sheet are streams inside of its stream
    for kind, content in _iterate_records(stream, start):
        depth += (kind == _START) - (kind == _END)
        if depth <= 0:
            break
        if depth > 1 or (kind not in _ONE_CELL and kind != _MANY_NUMBERS):
            continue
        row, column = struct.unpack_from("<2H", content)
        last = struct.unpack_from("<H", content, len(content) - 2)[0] if kind == _MANY_NUMBERS else column
        extent.add_cells(row, column, last - column + 1)
        if (error := _find_error(kind, content)) is not None:
            extent.error_cells += 1
            extent.add_errors(ERRORS.get(error, UNKNOWN_ERROR), range(row, row + 1), range(column, column + 1))
    return extent


def _find_error(kind: int, content: bytes) -> int | None:
    """Return the number of the error that the cell of an `.xls` holds."""
    if kind == _ERROR and content[7]:
        return content[6]
    if kind == _FORMULA and content[12:14] == b"\xff\xff" and content[6] == 2:
        return content[8]
    return None


def measure_xlsb(contents: Mapping[str, bytes]) -> Iterator[Extent]:
    """Measure all sheets of an unpacked `.xlsb`. Raises UnreadableTable."""
    try:
        relations = list_relations(contents, "xl/_rels/workbook.bin.rels")
        for kind, content in _iterate_packed(contents["xl/workbook.bin"]):
            if kind == _BUNDLE:
                relation, rest = _read_wide(content[8:])
                name, _ = _read_wide(rest)
                if raw := contents.get(relations.get(relation, "")):
                    yield _measure_packed(name, raw)
    except (KeyError, IndexError, ValueError, struct.error) as error:
        raise _refuse_damaged() from error


def _read_wide(content: bytes) -> tuple[str, bytes]:
    """Return the text at the start, and what follows it."""
    size = 2 * struct.unpack_from("<I", content)[0]
    return content[4 : 4 + size].decode("utf-16-le", "replace"), content[4 + size :]


def _measure_packed(name: str, raw: bytes) -> Extent:
    extent = Extent(name)
    row = 0
    for kind, content in _iterate_packed(raw):
        if kind == _ROW and len(content) >= 4:
            row = int.from_bytes(content[:4], "little")
        elif kind in _FILLED and len(content) >= 8:
            column = int.from_bytes(content[:4], "little")
            extent.add_cells(row, column, 1)
            if kind in (_CELL_ERROR, _FORMULA_ERROR):
                extent.error_cells += 1
                text = ERRORS.get(content[8], UNKNOWN_ERROR)
                extent.add_errors(text, range(row, row + 1), range(column, column + 1))
    return extent


def _iterate_packed(raw: bytes) -> Iterator[tuple[int, bytes]]:
    """Iterate over the records of an `.xlsb`, whose numbers and sizes have 7 bits a byte."""
    position = 0
    while position < len(raw):
        kind, position = _read_varint(raw, position, 2)
        size, position = _read_varint(raw, position, 4)
        yield kind, raw[position : position + size]
        position += size


def _read_varint(raw: bytes, position: int, most: int) -> tuple[int, int]:
    value = 0
    for count in range(most):
        byte = raw[position + count]
        value |= (byte & 0x7F) << (7 * count)
        if byte < 0x80:
            return value, position + count + 1
    return value, position + most


def _refuse_damaged() -> UnreadableTable:
    return UnreadableTable("The workbook is damaged.", hint="Save it again, or export the sheet as CSV.")
