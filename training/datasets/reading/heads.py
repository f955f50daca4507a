"""What stands above the rows of a table, and which lines are comments or left out by number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from training.datasets.reading.assemble import Head
from training.datasets.reading.body import Record
from training.datasets.reading.delimiter import find_width
from training.datasets.reading.headers import find_header, is_header
from training.exceptions import UnreadableTable
from training.spec.reading import ReadingOptions

SAMPLE_ROWS = 200
MARKERS = ("#", "%", "//")


@dataclass(frozen=True)
class LeftOut:
    """Which records are left out for what they begin with, or because their lines were named."""

    marker: str
    anywhere: bool
    lines: frozenset[int]
    declared: bool

    def is_comment(self, record: Record, width: int) -> bool:
        if not self.marker or not record.cells[0].lstrip().startswith(self.marker):
            return False
        return self.anywhere or len(record.cells) != width

    def is_named(self, record: Record) -> bool:
        return any(line in self.lines for line in range(record.line, record.last + 1)) if self.lines else False


def find_marker(records: Sequence[Record]) -> str:
    """Return what comments begin with; empty where no line is one."""
    for marker in MARKERS:
        marked = [record for record in records if record.cells[0].lstrip().startswith(marker)]
        if not marked or len(marked) == len(records):
            continue
        width = find_width([record.cells for record in records if record not in marked])
        if width > 1 and any(len(record.cells) != width for record in marked):
            return marker
    return ""


def find_head(records: list[Record], left_out: LeftOut, options: ReadingOptions, sampled: int) -> Head:
    """Find the header, and what stands above it. Raises UnreadableTable for a header that is not where it should be."""
    titles: list[Record] = []
    comments: list[Record] = []
    named: list[Record] = []
    rest: list[Record] = []
    unmarked = [r.cells for r in records if not (left_out.marker and r.cells[0].lstrip().startswith(left_out.marker))]
    width = find_width(unmarked) if unmarked else 1
    separator = records[0] if left_out.declared and records else None
    for record in records:
        if record is separator:
            continue
        if left_out.is_named(record):
            named.append(record)
        elif left_out.is_comment(record, width):
            comments.append(record)
        else:
            rest.append(record)
    if options.header_row:
        at = next((number for number, each in enumerate(rest) if each.line == options.header_row), None)
        if at is None:
            raise UnreadableTable(
                f"Line {options.header_row:,} cannot be the header: it is empty, left out, or beyond the first "
                f"{sampled:,} lines of the file.",
                hint="Choose the line with the names of the columns, or leave `reading.header_row` out.",
                where="reading.header_row",
            )
        has_header = True
    elif not rest:
        raise UnreadableTable("All lines are left out.", hint="Leave fewer lines out.", where="reading.skip_rows")
    else:
        at, has_header = (
            (0, is_header([each.cells for each in rest]))
            if options.skip_rows is not None
            else find_header([each.cells for each in rest[:SAMPLE_ROWS]])
        )
        if options.header_row == 0:
            has_header = False
    titles = rest[:at]
    below = rest[at + has_header :]
    header = rest[at] if has_header else None
    start = (header.last + 1) if header else (rest[at].line)
    # Lines that are left out by number count, so that the numbers which are reported lead to the same width.
    judged = sorted([*below, *(each for each in named if each.line >= start)], key=lambda each: each.line)[:SAMPLE_ROWS]
    width = find_width([record.cells for record in judged]) if judged else len(rest[at].cells)
    return Head(
        header=header.cells if header else None,
        header_line=header.line if header else 0,
        start=start,
        width=width,
        titles=tuple(record for record in titles),
        comments=tuple(record for record in comments if record.line < start),
        separator=separator,
        named=tuple(record for record in named if record.line < start),
        marker=left_out.marker,
    )


def select(records: Iterator[Record], head: Head, width: int, left_out: LeftOut) -> Iterator[Record]:
    for record in records:
        if left_out.is_named(record):
            head.later_named.append(record)
        elif left_out.is_comment(record, width):
            head.later_comments.append(record)
        else:
            yield record
