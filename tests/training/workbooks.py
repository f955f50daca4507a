"""Workbooks of Excel and OpenDocument, and archives: written by hand, except for `.xls`, which xlwt writes."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

import xlwt

Cell = str | float | bool | None
Grid = Sequence[Sequence[Cell]]

_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_SHEETS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_SHEET_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"


def build_zip(files: Mapping[str, str | bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


def build_xlsx(sheets: Mapping[str, Grid | str]) -> bytes:
    """Texts that begin with # are errors, pairs of a number and a format (1: date, 2: date and time) are dates."""
    numbered = list(enumerate(sheets.items(), start=1))
    files = {
        "[Content_Types].xml": f'<Types xmlns="{_TYPES}"><Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_SHEET_KIND}"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="rId1" Type="{_OFFICE}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_SHEETS}" xmlns:r="{_OFFICE}"><sheets>'
        + "".join(f'<sheet name="{escape(name)}" sheetId="{n}" r:id="rId{n}"/>' for n, (name, _) in numbered)
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_RELATIONS}">'
        + "".join(
            f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
            for n, _ in numbered
        )
        + f'<Relationship Id="rId0" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{_SHEETS}"><cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="14"/>'
        '<xf numFmtId="22"/></cellXfs></styleSheet>',
    }
    for n, (_, grid) in numbered:
        rows = grid if isinstance(grid, str) else "".join(_write_row(m, row) for m, row in enumerate(grid, start=1))
        files[f"xl/worksheets/sheet{n}.xml"] = f'<worksheet xmlns="{_SHEETS}"><sheetData>{rows}</sheetData></worksheet>'
    return build_zip({name: f'<?xml version="1.0"?>{text}' for name, text in files.items()})


def build_ods(sheets: Mapping[str, Grid | str]) -> bytes:
    tables = "".join(
        f'<table:table table:name="{escape(name)}">'
        + (grid if isinstance(grid, str) else "".join(map(write_ods_row, grid)))
        + "</table:table>"
        for name, grid in sheets.items()
    )
    names = " ".join(
        f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{prefix}:1.0"' for prefix in ("office", "table", "text")
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    return build_zip(
        {
            "mimetype": kind,
            "META-INF/manifest.xml": '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
            f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/></manifest:manifest>',
            "content.xml": f'<?xml version="1.0"?><office:document-content {names}><office:body><office:spreadsheet>'
            f"{tables}</office:spreadsheet></office:body></office:document-content>",
        }
    )


def build_xls(sheets: Mapping[str, Grid]) -> bytes:
    """Texts that begin with # are errors; pairs of a number and a format are as for `build_xlsx`."""
    workbook = xlwt.Workbook()
    styles = [xlwt.easyxf(num_format_str=form) for form in ("General", "YYYY-MM-DD", "YYYY-MM-DD HH:MM")]
    for name, grid in sheets.items():
        sheet = workbook.add_sheet(name)
        for row, cells in enumerate(grid):
            for column, cell in enumerate(cells):
                if isinstance(cell, str) and cell.startswith("#"):
                    sheet.row(row).set_cell_error(column, cell)
                elif isinstance(cell, tuple):
                    sheet.write(row, column, cell[0], styles[cell[1]])
                elif cell is not None:
                    sheet.write(row, column, cell)
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue()


def build_xlsb(sheets: Mapping[str, Grid]) -> bytes:
    """Texts that begin with # are the error #DIV/0!; a number after "=" is the value of a formula."""
    files = {
        "[Content_Types].xml": f'<?xml version="1.0"?><Types xmlns="{_TYPES}"><Default Extension="bin" '
        'ContentType="application/vnd.ms-excel.sheet.binary.macroEnabled.main"/></Types>',
        "_rels/.rels": f'<?xml version="1.0"?><Relationships xmlns="{_RELATIONS}"><Relationship Id="rId1" '
        f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.bin"/></Relationships>',
        "xl/_rels/workbook.bin.rels": f'<?xml version="1.0"?><Relationships xmlns="{_RELATIONS}">'
        + "".join(
            f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.bin"/>'
            for n in range(1, len(sheets) + 1)
        )
        + "</Relationships>",
        "xl/workbook.bin": _write_packed(131)
        + _write_packed(143)
        + b"".join(
            _write_packed(156, struct.pack("<2I", 0, n) + _write_wide(f"rId{n}") + _write_wide(name))
            for n, name in enumerate(sheets, start=1)
        )
        + _write_packed(144)
        + _write_packed(132),
    }
    packed = {f"xl/worksheets/sheet{n}.bin": _pack_sheet(grid) for n, grid in enumerate(sheets.values(), start=1)}
    return build_zip({**files, **packed})


def _pack_sheet(grid: Grid) -> bytes:
    rows = b"".join(
        _write_packed(0, struct.pack("<I", row) + bytes(13)) + b"".join(map(_pack_cell, range(len(cells)), cells))
        for row, cells in enumerate(grid)
    )
    size = struct.pack("<4I", 0, max(len(grid) - 1, 0), 0, max(map(len, grid), default=1) - 1)
    start, end = _write_packed(129) + _write_packed(148, size) + _write_packed(145), _write_packed(146)
    return start + rows + end + _write_packed(130)


def _pack_cell(column: int, cell: Cell) -> bytes:
    place = struct.pack("<2I", column, 0)
    if cell is None:
        return b""
    if isinstance(cell, bool):
        return _write_packed(4, place + bytes([cell]))
    if isinstance(cell, str) and cell.startswith("#"):
        return _write_packed(3, place + b"\x07")
    if isinstance(cell, str) and cell.startswith("="):
        if cell[1:].startswith("#"):
            return _write_packed(11, place + b"\x07" + bytes(6))
        return _write_packed(9, place + struct.pack("<d", float(cell[1:])) + bytes(6))
    if isinstance(cell, str):
        return _write_packed(6, place + _write_wide(cell))
    return _write_packed(5, place + struct.pack("<d", cell))


def _write_packed(kind: int, content: bytes = b"") -> bytes:
    number = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    size, left = b"", len(content)
    while left > 127:
        size, left = size + bytes([left & 0x7F | 0x80]), left >> 7
    return number + size + bytes([left]) + content


def _write_wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def _write_row(number: int, row: Sequence[Cell]) -> str:
    cells = "".join(_write_cell(f"{chr(65 + column)}{number}", cell) for column, cell in enumerate(row))
    return f'<row r="{number}">{cells}</row>'


def _write_cell(place: str, cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, tuple):
        return f'<c r="{place}" s="{cell[1]}"><v>{cell[0]}</v></c>'
    if isinstance(cell, bool):
        return f'<c r="{place}" t="b"><v>{int(cell)}</v></c>'
    if isinstance(cell, str) and cell.startswith("#"):
        return f'<c r="{place}" t="e"><v>{cell}</v></c>'
    if isinstance(cell, str):
        return f'<c r="{place}" t="inlineStr"><is><t>{escape(cell)}</t></is></c>'
    return f'<c r="{place}"><v>{cell}</v></c>'


def write_ods_row(row: Sequence[Cell]) -> str:
    return f"<table:table-row>{''.join(map(_write_ods_cell, row))}</table:table-row>"


def _write_ods_cell(cell: Cell) -> str:
    if cell is None:
        return "<table:table-cell/>"
    if isinstance(cell, str):
        return f'<table:table-cell office:value-type="string"><text:p>{escape(cell)}</text:p></table:table-cell>'
    return (
        f'<table:table-cell office:value-type="float" office:value="{cell}"><text:p>{cell}</text:p></table:table-cell>'
    )
