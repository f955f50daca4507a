"""From a header and the rows below it to a table of cells, with a note for each thing that was left out or added."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from training.datasets.reading.body import EXAMPLES, Body, Record, quote
from training.datasets.reading.cells import Cells
from training.datasets.reading.headers import count_name_rows, make_unique
from training.datasets.reading.numerals import find_marks
from training.datasets.reading.remarks import find_inner_totals, find_remarks
from training.exceptions import UnreadableTable
from training.messages.problems import Choice, PatchOperation, Problem
from training.problems import build_problem
from training.spec.reading import ReadingOptions

SAMPLE = 100  # rows that are looked at before all are
MAX_SKIPPED = 10_000  # lines that `reading.skip_rows` may name


@dataclass(frozen=True)
class _Kind:
    """A kind of lines that are left out: the code of its note, and what the note calls them."""

    code: str
    about: str


_KINDS = (
    _Kind(code="title_lines", about="above the header"),
    _Kind(code="comment_lines", about="with comments"),
    _Kind(code="separator_line", about="for spreadsheets, which tells them the delimiter,"),
    _Kind(code="repeated_header", about="with the header once more"),
    _Kind(code="units_row", about="with the units of the columns"),
    _Kind(code="drawn_lines", about="drawn with signs"),
    _Kind(code="footer_rows", about="at the end, such as totals, sources and remarks"),
)
_ABOUT = {kind.code: kind.about for kind in _KINDS}


@dataclass
class Head:
    """What stands above the rows. `start` is the first line below the header; `width` the cells of most rows.

    `titles`, `comments`, `separator` and `named` are left out, `named` because the user names their lines. The reader
    of the rows adds later ones to `later_comments` and `later_named`.
    """

    header: list[str] | None
    header_line: int
    start: int
    width: int
    titles: tuple[Record, ...] = ()
    comments: tuple[Record, ...] = ()
    separator: Record | None = None
    named: tuple[Record, ...] = ()
    marker: str = ""
    later_comments: list[Record] = field(default_factory=list)
    later_named: list[Record] = field(default_factory=list)


def assemble(cells: Cells, body: Body, head: Head, options: ReadingOptions) -> Cells:
    """Name the columns and leave out what is no observation. Raises UnreadableTable."""
    notes: list[Problem] = []
    left_out: dict[str, list[Record]] = {
        "title_lines": list(head.titles),
        "comment_lines": [*head.comments, *head.later_comments],
        "separator_line": [head.separator] if head.separator else [],
    }
    frame = body.frame
    if options.skip_rows is None:
        remarks = find_remarks(body, head.header)
        for code, rows in remarks.items():
            left_out[code] = [
                Record(int(body.lines[row]), int(body.lasts[row]), [str(cell) for cell in frame.iloc[row]])
                for row in rows
            ]
        gone = [row for rows in remarks.values() for row in rows]
        if gone:
            frame = frame.drop(index=gone).reset_index(drop=True)
    if frame.empty:
        raise UnreadableTable(
            "The table has a header but no rows." if head.header else "The table has no rows.",
            hint="Add rows below the header.",
        )
    notes += _describe_second_header(frame, head, body, options)
    if options.skip_rows is None:
        notes += _describe_inner_totals(body, left_out, _report_skipped(left_out, head), options)
    names, dropped, naming = _name_columns(frame, head, body, options)
    notes += naming
    frame.columns = pd.Index(names)
    frame = frame.drop(columns=dropped)
    extra = [f"beyond {position}" for position in range(1, body.widest - len(names) + 1)]
    all_names = make_unique([*names, *extra])
    skipped = _list_lines(left_out, [*head.named, *head.later_named])
    notes += _describe_left_out(left_out, options, head)
    notes += _describe_widths(body, len(names), {line for line, _ in _number(left_out)})
    reading = (cells.reading or ReadingOptions()).model_copy(
        update={
            "header_row": head.header_line,
            "skip_rows": _report_skipped(left_out, head),
            **find_marks(frame, cells.reading or ReadingOptions()),
        }
    )
    header_lines = [] if head.header is None else range(head.header_line, head.start)
    layout = replace(
        cells.layout,
        names=tuple(all_names),
        dropped=tuple(name for name in all_names if name not in frame.columns),
        skipped=tuple(sorted({*skipped, *header_lines})),
        even=_are_lines(
            body, [*head.named, *head.later_named, *(each for found in left_out.values() for each in found)]
        )
        and head.start - (head.header_line or head.start - 1) <= 1,
    )
    return replace(cells, frame=frame, layout=layout, reading=reading, notes=(*cells.notes, *notes))


def _describe_second_header(frame: pd.DataFrame, head: Head, body: Body, options: ReadingOptions) -> list[Problem]:
    """Tell that the first rows hold text above columns of numbers, or lack cells that all others have.

    Names may take two lines, or three as some survey tools write them.
    """
    rows = frame.iloc[:SAMPLE].to_numpy(dtype=object).tolist()
    if head.header is None or options.header_row is not None:
        return []
    extra = count_name_rows(rows)
    if not extra:
        return []
    line = int(body.lines[frame.index[0]]) if len(frame) == len(body.lines) else 0
    left_out = list(range(line, int(body.lasts[extra - 1]) + 1))
    problem = build_problem(
        "second_header",
        "reading.header_row",
        f"The first row below the header looks like a header, too: {quote(rows[0])}. It is read as a row."
        if extra == 1
        else f"The first {extra} rows below the header look like headers, too: {quote(rows[0])}. They are read as "
        "rows.",
        "Choose the line with the names as `reading.header_row`, or leave the other one out with `reading.skip_rows`.",
    )
    given = options.model_dump(exclude_none=True)
    values = [
        ("Leave it out" if extra == 1 else f"Leave {extra} rows out", {**given, "skip_rows": left_out}),
        ("Take the names from it", {**given, "header_row": line}),
    ]
    choices = [
        Choice(label=label, fix=[PatchOperation(op="add", path="/reading", value=value)]) for label, value in values
    ]
    return [problem.model_copy(update={"choices": choices if line else []})]


def _describe_inner_totals(
    body: Body, left_out: dict[str, list[Record]], skipped: Sequence[int], options: ReadingOptions
) -> list[Problem]:
    """Tell of rows between the others that may be totals, and offer to leave them out."""
    gone = {record.line for records in left_out.values() for record in records}
    footers = [record.cells for record in left_out.get("footer_rows", [])]
    rows = [row for row in find_inner_totals(body.frame, footers) if int(body.lines[row]) not in gone]
    if not rows:
        return []
    first = rows[0]
    inner = [line for row in rows for line in range(int(body.lines[row]), int(body.lasts[row]) + 1)]
    value = {**options.model_dump(exclude_none=True), "skip_rows": sorted({*skipped, *inner})}
    choice = Choice(label="Leave them out", fix=[PatchOperation(op="add", path="/reading", value=value)])
    return [
        build_problem(
            "inner_totals",
            "reading.skip_rows",
            f"{_count(len(rows), 'row')} may be totals of other rows (line {int(body.lines[first]):,}: "
            f"{quote(map(str, body.frame.iloc[first]))}), and are learned from as they are.",
            "Leave totals out.",
            choices=[choice] if len(value["skip_rows"]) <= MAX_SKIPPED else [],
        )
    ]


def _are_lines(body: Body, left_out: Sequence[Record]) -> bool:
    """Return whether all rows down to the last line that is left out are one line each."""
    last = max((record.last for record in left_out), default=0)
    above = body.lines < last
    return bool((body.lines[above] == body.lasts[above]).all()) and all(
        record.line == record.last for record in left_out
    )


def _name_columns(
    frame: pd.DataFrame, head: Head, body: Body, options: ReadingOptions
) -> tuple[list[str], list[str], list[Problem]]:
    """Return the names of all columns, those of them that are left out, and notes. Raises UnreadableTable."""
    width = frame.shape[1]
    if head.header is None:
        return make_unique([""] * width), [], _describe_lack_of_header(head, options)
    header = list(head.header)
    notes = _describe_repeated_names(header)
    while len(header) > width and not header[-1].strip():
        header.pop()
    if len(header) > width:
        for position in range(width, len(header)):
            frame[position] = pd.array([""] * len(frame), dtype="str")
        notes.append(
            build_problem(
                "rows_shorter",
                "reading.header_row",
                f"The header names {len(header):,} columns, and the rows have {width:,} cells: the last "
                f"{len(header) - width:,} columns are empty.",
                "Check that the delimiter and the line of the header are right.",
            )
        )
        return make_unique(header), [], notes
    last = width
    while last > 0 and (last > len(header) or not header[last - 1].strip()) and _is_blank(frame[last - 1]):
        last -= 1
    if last < width:
        notes.append(
            build_problem(
                "trailing_delimiters",
                "reading.delimiter",
                f"All rows end in {_count(width - last, 'empty cell')} without a name, left out.",
            )
        )
    unnamed = last - len(header)
    if unnamed <= 0:
        names = make_unique([*header, *[""] * (width - len(header))])
    elif unnamed == 1 and frame[0].is_unique and not _looks_shifted(frame, header):
        names = make_unique(["row names", *header, *[""] * (width - last)])
        notes.append(
            build_problem(
                "row_names",
                "reading.header_row",
                f"The header has one name less than the rows have cells, as R writes it: the first column is called "
                f"{names[0]!r}, such as {str(frame[0].iloc[0])[:40]!r}.",
                "If names stand above the wrong columns, add the missing one to the header.",
            )
        )
    elif unnamed == 1:
        raise UnreadableTable(
            f"The rows do not line up: the header has {len(header):,} names and each row {last:,} cells, such as "
            f"{quote(map(str, frame.iloc[0]))}, so that it is not clear which column has no name.",
            hint="Add the missing name to the header, or set `reading.header_row` to 0 and leave the header out with "
            "`reading.skip_rows`.",
            where="reading.header_row",
        )
    else:
        names = make_unique([*header, *[""] * (width - len(header))])
        notes.append(
            build_problem(
                "unnamed_columns",
                "reading.header_row",
                f"The header names {len(header):,} columns, and the rows have {last:,} cells: the columns after "
                f"{header[-1].strip()!r} are called {names[len(header)]!r} and so on.",
                "Add names to the header if the columns are shifted.",
            )
        )
    return names, names[last:], notes


def _describe_lack_of_header(head: Head, options: ReadingOptions) -> list[Problem]:
    if options.header_row == 0:
        return []
    value = {**options.model_dump(exclude_none=True), "header_row": head.start}
    choice = Choice(label="Take the names from it", fix=[PatchOperation(op="add", path="/reading", value=value)])
    return [
        build_problem(
            "no_header",
            "reading.header_row",
            "The first row looks like data, so the columns are named column 1, column 2, and so on.",
            "If it names the columns, set `reading.header_row` to its line.",
            choices=[choice],
        )
    ]


def _describe_repeated_names(header: Sequence[str]) -> list[Problem]:
    """Return which columns get another name because an earlier one has theirs."""
    names = make_unique(header)
    written = [" ".join(name.split()) for name in header]
    renamed = [new for old, new in zip(written, names, strict=True) if old and old != new and new.endswith(")")]
    renamed = [new for new in renamed if new.rpartition(" (")[0] in written]
    if not renamed:
        return []
    shown = ", ".join(f"{name[:40]!r}" for name in renamed[:EXAMPLES])
    more = f" and {len(renamed) - EXAMPLES:,} more" if len(renamed) > EXAMPLES else ""
    return [
        build_problem(
            "repeated_names",
            "reading.header_row",
            f"The header repeats names. The later columns are called {shown}{more}.",
            "Give each column its own name in the file, if the numbers are not clear.",
        )
    ]


def _is_blank(column: pd.Series) -> bool:
    return not any(map(str.strip, column.iloc[:SAMPLE])) and not column.str.strip().ne("").any()


def _looks_shifted(frame: pd.DataFrame, header: Sequence[str]) -> bool:
    """Return whether the first name clearly belongs to the first column."""
    return header[0].strip().casefold() in ("id", "nr", "no", "index", "key")


def _list_lines(left_out: dict[str, list[Record]], named: Sequence[Record]) -> list[int]:
    records = [*named, *(record for records in left_out.values() for record in records)]
    return [line for record in records for line in range(record.line, record.last + 1)]


def _number(left_out: dict[str, list[Record]]) -> list[tuple[int, Record]]:
    return [(record.line, record) for records in left_out.values() for record in records]


def _report_skipped(left_out: dict[str, list[Record]], head: Head) -> tuple[int, ...]:
    """The lines for `reading.skip_rows`: with them, the same lines are left out again. Raises UnreadableTable."""
    records = [
        record for code, found in left_out.items() if code != "comment_lines" or not head.marker for record in found
    ]
    lines = sorted(set(_list_lines({"": records}, [*head.named, *head.later_named])))
    if len(lines) > MAX_SKIPPED:
        raise UnreadableTable(
            f"{len(lines):,} lines are no observations, such as line {lines[-1]:,}; at most {MAX_SKIPPED:,} can be "
            "left out.",
            hint="Remove them from the file.",
        )
    return tuple(lines)


def _describe_left_out(left_out: dict[str, list[Record]], options: ReadingOptions, head: Head) -> list[Problem]:
    notes = []
    given = options.model_dump(exclude_none=True)
    every = _report_skipped(left_out, head)
    for code, records in left_out.items():
        if not records:
            continue
        lines = _list_lines({"": records}, [])
        shown = "; ".join(f"line {record.line:,}: {record.quoted}" for record in records[:EXAMPLES])
        more = f"; and {len(records) - EXAMPLES:,} more" if len(records) > EXAMPLES else ""
        kept = [line for line in every if line not in set(lines)] if code != "comment_lines" else list(every)
        value = {**given, "skip_rows": kept}
        if code == "comment_lines":
            value["comment"] = ""
        if code == "title_lines":
            value["header_row"] = 0  # what stands above the header can be a row only where the header is one, too
        problem = build_problem(
            code,
            "reading.skip_rows" if code != "comment_lines" else "reading.comment",
            f"{_count(len(records), 'line')} {_ABOUT[code]} {'is' if len(records) == 1 else 'are'} left out "
            f"({shown}{more}).",
            "Set `reading.skip_rows` to the lines that are to be left out instead; an empty list keeps all.",
        )
        label = "Keep it as a row" if len(records) == 1 else "Keep them as rows"
        choice = Choice(label=label, fix=[PatchOperation(op="add", path="/reading", value=value)])
        notes.append(problem.model_copy(update={"choices": [choice]}))
    return notes


def _describe_widths(body: Body, columns: int, gone: set[int]) -> list[Problem]:
    notes = []
    narrow = [record for record in body.narrow if record.line not in gone]
    count = (
        body.narrow_rows
        - sum(
            1
            for line, size in zip(body.lines, body.widths if body.widths is not None else [], strict=False)
            if size < body.frame.shape[1] and int(line) in gone
        )
        if gone
        else body.narrow_rows
    )
    if count and narrow:
        first = narrow[0]
        notes.append(
            build_problem(
                "short_rows",
                "reading.delimiter",
                f"{_count(count, 'row')} {'has' if count == 1 else 'have'} fewer cells than the table has columns; the "
                f"missing ones are empty. Line {first.line:,}, for example: {first.quoted}.",
                "Check that the cells of these rows are in the right columns.",
            )
        )
    if body.swallowing is not None:
        record = body.swallowing
        notes.append(
            build_problem(
                "swallowed_lines",
                "reading.skip_rows",
                f"A quoted cell of the row in line {record.line:,} goes on to line {record.last:,}, and lines in it "
                f"look like rows: {record.quoted}.",
                f"If that is not meant, remove the quote in line {record.line:,}.",
            )
        )
    if body.longer_rows and body.longer_rows < len(body.lines):
        notes.append(
            build_problem(
                "trailing_delimiters",
                "reading.delimiter",
                f"{_count(body.longer_rows, 'row')} {'ends' if body.longer_rows == 1 else 'end'} in empty cells beyond "
                "the last column, left out.",
            )
        )
    return notes


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
