"""Workbooks: Excel's `.xlsx`, `.xlsb` and `.xls`, and OpenDocument's `.ods`. Read by python-calamine within bounds."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace

import python_calamine

from training.datasets.bounds import check_cells, check_columns
from training.datasets.reading.archives import find_limit, read_member
from training.datasets.reading.assemble import assemble
from training.datasets.reading.binary_sheets import measure_xls, measure_xlsb
from training.datasets.reading.body import Record, collect
from training.datasets.reading.cells import MAX_LINE, MAX_LINES, Cells, Kind, Layout
from training.datasets.reading.extents import Extent, find_cells
from training.datasets.reading.heads import LeftOut, find_head, select
from training.datasets.reading.values import write_cell
from training.exceptions import UnreadableTable
from training.messages.problems import Choice, PatchOperation, Problem
from training.problems import build_problem
from training.spec.reading import ReadingOptions

MAX_CELLS = 30_000_000  # of a sheet
MAX_SHEETS = 20  # that are looked into
LISTED = 10
PANIC = "PanicException"  # of Rust code, on damaged files: a BaseException that no module exports


def find_kind(archive: zipfile.ZipFile) -> str | None:
    """Return the ending of the kind of workbook that the archive is; None for another archive."""
    names = set(archive.namelist())
    if "[Content_Types].xml" in names:
        if "xl/workbook.bin" in names:
            return "xlsb"
        if any(name.startswith("xl/") for name in names):
            return "xlsx"
        raise UnreadableTable("The file is a document, not a table.", hint="Export the table as CSV and use that.")
    return "ods" if {"mimetype", "content.xml"} <= names else None


def read_workbook(
    raw: bytes, name: str, options: ReadingOptions, archive: zipfile.ZipFile | None, kind: str = "xls"
) -> Cells:
    """Read a sheet: the chosen one, or else the first that holds anything. Raises UnreadableTable."""
    extents = {extent.sheet: extent for extent in _measure(raw, archive, kind)}
    try:
        workbook = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(raw))
        sheet, grid, others = _choose(workbook, options)
    except python_calamine.PasswordError:
        raise UnreadableTable("The workbook is protected by a password.", hint="Save it without one.") from None
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise _refuse_unreadable(str(error)[:200].rstrip(".")) from error
    except BaseException as error:
        if type(error).__name__ != PANIC:
            raise
        raise _refuse_unreadable("it is damaged") from error
    errors = extents[sheet].errors if sheet in extents else {}
    wrong = {place: text for place, text in errors.items() if _fits(place, grid)}
    for (row, column), text in wrong.items():
        grid[row][column] = text
    cells = _read_grid(grid, name, options)
    layout = replace(
        cells.layout, sheet=sheet, errors=tuple((row, column, text) for (row, column), text in sorted(wrong.items()))
    )
    reading = (cells.reading or options).model_copy(update={"sheet": sheet})
    notes = [*_describe_sheets(sheet, others, options), *_describe_unread_errors(sheet, extents, cells)]
    return replace(
        cells, layout=layout, reading=reading, sheets=tuple(workbook.sheet_names), notes=(*notes, *cells.notes)
    )


def _refuse_unreadable(reason: str) -> UnreadableTable:
    return UnreadableTable(f"The workbook cannot be read: {reason}.", hint="Export the sheet as CSV and use that.")


def _measure(raw: bytes, archive: zipfile.ZipFile | None, kind: str) -> Iterator[Extent]:
    """Measure the sheets and check that none is too large. Raises UnreadableTable."""
    for extent in measure_xls(raw) if archive is None else _measure_unpacked(raw, archive, kind):
        check_columns(extent.columns)
        if extent.rows * extent.columns > MAX_CELLS:
            raise UnreadableTable(
                f"A sheet has {extent.rows:,} rows and {extent.columns:,} columns; at most {MAX_CELLS:,} cells are "
                "accepted.",
                hint="Delete what lies far below or to the right of the table, or export the sheet as CSV.",
            )
        check_cells(extent.rows, extent.columns, extent.cells)
        yield extent


def _measure_unpacked(raw: bytes, archive: zipfile.ZipFile, kind: str) -> Iterator[Extent]:
    most = find_limit(len(raw))
    if sum(info.file_size for info in archive.infolist()) > most:
        raise UnreadableTable(f"Unpacked, the workbook has more than {most:,} bytes.", hint="Export the sheet as CSV.")
    contents = {info.filename: read_member(archive, info) for info in archive.infolist()}
    return measure_xlsb(contents) if kind == "xlsb" else find_cells(contents, kind)


def _choose(
    workbook: python_calamine.CalamineWorkbook, options: ReadingOptions
) -> tuple[str, list[list[str]], list[str]]:
    """Return the sheet's name and cells, and the names of other sheets that hold something."""
    names = workbook.sheet_names
    if options.sheet is not None and options.sheet not in names:
        listed = ", ".join(name[:80] for name in names[:LISTED])
        raise UnreadableTable(
            f"The workbook has no sheet {options.sheet[:80]!r}. Its sheets are {listed}.",
            hint="Choose one of them as `reading.sheet`.",
            where="reading.sheet",
        )
    worksheet = python_calamine.SheetTypeEnum.WorkSheet
    tables = [each.name for each in workbook.sheets_metadata if each.typ == worksheet]
    filled = [each for each in tables[:MAX_SHEETS] if workbook.get_sheet_by_name(each).height]
    chosen = options.sheet or (filled[0] if filled else names[0] if names else "")
    if chosen not in filled and chosen not in tables:
        raise UnreadableTable("The workbook has no sheet with cells.", hint="Export the table as CSV and use that.")
    values = workbook.get_sheet_by_name(chosen).to_python(skip_empty_area=False)
    return chosen, [list(map(write_cell, row)) for row in values], [each for each in filled if each != chosen]


def _read_grid(grid: list[list[str]], name: str, options: ReadingOptions) -> Cells:
    if not any(any(row) for row in grid):
        raise UnreadableTable("The sheet is empty.", hint="Choose another sheet.", where="reading.sheet")
    columns = [position for position, cells in enumerate(zip(*grid, strict=True)) if any(map(str.strip, cells))]
    check_columns(len(columns))
    records = [Record(line, line, [row[position] for position in columns]) for line, row in enumerate(grid, start=1)]
    records = [record for record in records if any(map(str.strip, record.cells))]
    left_out = LeftOut(
        options.comment or "", options.comment is not None, frozenset(options.skip_rows or ()), declared=False
    )
    sample = [record for record in records if not options.header_row or record.line >= options.header_row]
    head = find_head(sample or records, left_out, options, len(grid))
    width = len(columns)
    head.width = width
    below: Iterator[Record] = (record for record in records if record.line >= head.start)
    body = collect(select(below, head, width, left_out), width)
    lines = tuple(" | ".join(row)[:MAX_LINE] for row in grid[:MAX_LINES])
    layout = Layout(Kind.WORKBOOK, (), columns=tuple(columns))
    reading = options.model_copy(update={"encoding": None, "delimiter": None, "comment": options.comment or ""})
    cells = assemble(Cells(name, body.frame, layout, reading, lines), body, head, options)
    blank = {line for line, row in enumerate(grid, start=1) if not any(map(str.strip, row))}
    return replace(cells, layout=replace(cells.layout, skipped=tuple(sorted({*cells.layout.skipped, *blank}))))


def _fits(place: tuple[int, int], grid: list[list[str]]) -> bool:
    row, column = place
    return row < len(grid) and column < len(grid[row])


def _describe_unread_errors(sheet: str, extents: dict[str, Extent], cells: Cells) -> list[Problem]:
    """Tell how many cells with errors are read as empty, or that this is not known of the sheet."""
    if sheet in extents:
        empty = extents[sheet].error_cells - len(extents[sheet].errors)
        message = (
            f"{empty:,} {'cell' if empty == 1 else 'cells'} of the sheet with an error such as #DIV/0! "
            f"{'is' if empty == 1 else 'are'} read as empty."
        )
        hint = "Correct the formulas in these cells."
    else:
        empty = int(cells.frame.eq("").to_numpy().sum())
        message = (
            f"The table has {empty:,} empty {'cell' if empty == 1 else 'cells'}. Some of them may hold an error such "
            "as #DIV/0! in the workbook: errors in this sheet cannot be read."
        )
        hint = "Save the workbook as .xlsx and use that file to read errors as text."
    return [build_problem("unread_errors", "reading.sheet", message, hint)] if empty else []


def _describe_sheets(sheet: str, others: list[str], options: ReadingOptions) -> list[Problem]:
    if not others or options.sheet is not None:
        return []
    given = options.model_dump(exclude_none=True)
    problem = build_problem(
        "other_sheets",
        "reading.sheet",
        f"The workbook has {len(others) + 1} sheets with cells; {sheet!r} was read.",
        "Choose another one as `reading.sheet` if that is not the table.",
    )
    choices = [
        Choice(
            label=f"Read {other[:80]!r}",
            fix=[PatchOperation(op="add", path="/reading", value={**given, "sheet": other})],
        )
        for other in others[:LISTED]
    ]
    return [problem.model_copy(update={"choices": choices})]
