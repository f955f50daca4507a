"""Workbooks of Excel and OpenDocument, and archives, as small as they can be written by hand."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from xml.sax.saxutils import escape

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


def build_xls(rows: Grid) -> bytes:
    """Build a workbook of Excel 97 with one sheet. Texts that begin with # are the error #DIV/0!."""
    cells = b"".join(_write_xls_cell(*place, cell) for place, cell in _number(rows))
    name = b"Data"
    start = _write_record(0x0809, struct.pack("<4H2I", 0x0600, 0x0005, 0, 0, 0, 0))
    end = _write_record(0x000A, b"")
    sheet_at = len(start) + 4 + 8 + len(name) + len(end)
    bound = _write_record(0x0085, struct.pack("<IHBB", sheet_at, 0, len(name), 0) + name)
    sheet = _write_record(0x0809, struct.pack("<4H2I", 0x0600, 0x0010, 0, 0, 0, 0)) + cells + end
    return _write_compound("Workbook", start + bound + end + sheet)


def _number(rows: Grid) -> Iterator[tuple[tuple[int, int], Cell]]:
    for row, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            yield (row, column), cell


def _write_xls_cell(row: int, column: int, cell: Cell) -> bytes:
    place = struct.pack("<3H", row, column, 0)
    if isinstance(cell, str) and cell.startswith("#"):
        return _write_record(0x0205, place + bytes([7, 1]))
    if isinstance(cell, str):
        return _write_record(0x0204, place + struct.pack("<HB", len(cell), 0) + cell.encode("ascii"))
    return _write_record(0x0203, place + struct.pack("<d", float(cell or 0)))


def _write_record(kind: int, content: bytes) -> bytes:
    return struct.pack("<2H", kind, len(content)) + content


def _write_compound(name: str, stream: bytes) -> bytes:
    """Write a compound file: a header, one sector of the allocation table, one of the directory, and the stream."""
    size, free, end = 512, 0xFFFFFFFF, 0xFFFFFFFE
    stream = stream.ljust(4096, b"\0")
    sectors = -(-len(stream) // size)
    stream = stream.ljust(sectors * size, b"\0")
    chain = [0xFFFFFFFD, end, *range(3, sectors + 2), end]
    table = struct.pack("<128I", *chain, *[free] * (128 - len(chain)))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack("<5H6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<9I", 0, 1, 1, 0, 4096, end, 0, end, 0) + struct.pack("<109I", 0, *[free] * 108)

    def entry(text: str, kind: int, child: int, first: int, length: int) -> bytes:
        written = text.encode("utf-16-le") + b"\0\0"
        return (
            written.ljust(64, b"\0")
            + struct.pack("<HBB3I", len(written), kind, 1, free, free, child)
            + bytes(36)
            + struct.pack("<IQ", first, length)
        )

    directory = entry("Root Entry", 5, 1, end, 0) + entry(name, 2, free, 2, len(stream))
    return header + table + directory.ljust(size, b"\0") + stream


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
