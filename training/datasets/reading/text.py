"""Files of text with one row a line: CSV and its kin."""

from __future__ import annotations

import io
import re
from dataclasses import replace

from training.datasets.bounds import MAX_COLUMNS, check_columns, check_lines
from training.datasets.reading.assemble import Head, assemble
from training.datasets.reading.body import Body, collect, iterate_records, parse_even, quote, read_lines
from training.datasets.reading.cells import MAX_LINE, MAX_LINES, Cells, Kind, Layout
from training.datasets.reading.delimiter import USUAL, find_declared, find_delimiter
from training.datasets.reading.encoding import Detected, decode, detect_encoding, get_encoding
from training.datasets.reading.heads import MARKERS, SAMPLE_ROWS, LeftOut, find_head, find_marker, select
from training.exceptions import UnreadableTable
from training.messages.problems import Choice, PatchOperation, Problem
from training.problems import build_problem
from training.spec.reading import ReadingOptions

SAMPLE_BYTES = 65_536
EMPTY = UnreadableTable("The file is empty.", hint="Choose a file with a header row and data below it.")


def read_delimited(raw: bytes, name: str, options: ReadingOptions, where: str = "") -> Cells:
    """Read a CSV. Raises UnreadableTable."""
    detected = Detected(get_encoding(options.encoding)) if options.encoding else detect_encoding(raw)
    data = _to_utf8(raw, detected.encoding, is_known=options.encoding is None)
    lines = _sample_lines(data)
    if not any(line.strip() for line in lines):
        raise EMPTY
    _check_marks(lines)
    declared = find_declared(lines[0])
    plain = lines[1:] if declared else lines
    marker = options.comment or ""
    usable = [line for line in plain if not marker or not line.lstrip().startswith(marker)]
    if options.comment is None:
        usable = [line for line in plain if not line.lstrip().startswith(MARKERS)] or plain
    if options.header_row:
        usable = lines[options.header_row - 1 :] or usable
    delimiter = options.delimiter or declared or find_delimiter(usable[:SAMPLE_ROWS])
    records = list(iterate_records(iter(lines), delimiter, complete=False))
    if options.comment is None and options.skip_rows is None:
        marker = find_marker(records)
    left_out = LeftOut(marker, options.comment is not None, frozenset(options.skip_rows or ()), declared is not None)
    if options.skip_rows is not None:
        left_out = replace(left_out, declared=False)
    head = find_head(records, left_out, options, len(lines))
    width = max(head.width, 1)
    columns = max(width, len(head.header or ()))
    check_columns(columns)
    check_lines(io.BytesIO(data), columns, delimiter)
    body = _read_body(data, lines, delimiter, head, width, left_out)
    if marker and options.comment is None and body.frame[0].str.lstrip().str.startswith(marker).any():
        marker = head.marker = ""  # rows begin with it, too: the comments are reported by their lines
    layout = Layout(Kind.TEXT, (), encoding=detected.encoding, delimiter=delimiter)
    reading = options.model_copy(
        update={"encoding": detected.encoding, "delimiter": delimiter, "comment": marker or (options.comment or "")}
    )
    shown = tuple(line.rstrip("\r\n")[:MAX_LINE] for line in lines[:MAX_LINES])
    cells = assemble(Cells(name, body.frame, layout, reading, shown), body, head, options)
    notes = (*_describe_encoding(detected, options), *_describe_backslashes(data, delimiter), *cells.notes)
    return replace(cells, notes=notes)


def _to_utf8(raw: bytes, encoding: str, *, is_known: bool) -> bytes:
    """`is_known`: whether the bytes have been found to be in this encoding."""
    data = raw.removeprefix(b"\xef\xbb\xbf")
    if encoding == "utf-8" and is_known:
        pass
    elif encoding in ("utf-8", "utf-8-sig", "ascii"):
        decode(data, "utf-8" if encoding != "ascii" else encoding)
    else:
        data = decode(raw, encoding).encode()
    if (position := data.find(b"\x00")) >= 0:
        line = data.count(b"\n", 0, position) + 1
        raise UnreadableTable(
            f"The file is binary, not text: line {line:,} holds a zero byte.",
            hint="Export the table as CSV and use that.",
        )
    return data


def _sample_lines(data: bytes) -> list[str]:
    """Return the first lines with their ends: as many as SAMPLE_BYTES hold, but at least some of them."""
    size = SAMPLE_BYTES
    while True:
        sample = data[:size]
        lines = list(io.StringIO(sample.decode("utf-8", "ignore"), newline=""))
        if size >= len(data):
            return lines[: 5 * SAMPLE_ROWS]
        if len(lines) > 5 or size > 8_000_000:
            return lines[:-1][: 5 * SAMPLE_ROWS] or lines
        size *= 4


def _read_body(data: bytes, lines: list[str], delimiter: str, head: Head, width: int, left_out: LeftOut) -> Body:
    below = _cut(data, lines, head.start)
    if not left_out.marker and not any(line >= head.start for line in left_out.lines):
        body = parse_even(below, delimiter, width, head.start)
        if body is not None:
            return body
    return collect(
        select(iterate_records(read_lines(below), delimiter, head.start), head, width, left_out), width, delimiter
    )


def _check_marks(lines: list[str]) -> None:
    """Check the number of columns before the lines are divided. Raises UnreadableTable."""
    marks = [max(line.count(mark) for mark in USUAL) for line in lines]
    check_columns(marks[0] + 1 if marks[0] > MAX_COLUMNS else 1)
    check_columns(max(marks) // 10)


def _cut(data: bytes, lines: list[str], first_line: int) -> bytes:
    """Return the text from this line on, which is among the first lines or follows them."""
    return data[sum(len(line.encode()) for line in lines[: first_line - 1]) :]


def _describe_backslashes(data: bytes, delimiter: str) -> list[Problem]:
    """Tell of quotes with a backslash before them, except at the end of a cell, such as the folder `"C:\\"`."""
    if b'\\"' not in data:
        return []
    end = re.escape(delimiter.encode())
    places = [match.start() for match in re.finditer(rb'\\"(?!["\r\n]|' + end + rb"|\Z)", data)]
    if not places:
        return []
    first, one = places[0], len(places) == 1
    line = data.count(b"\n", 0, first) + 1
    start = max(data.rfind(b"\n", 0, first) + 1, first - 20)
    example = data[start : first + 60].decode("utf-8", "ignore").split("\n")[0]
    problem = build_problem(
        "backslash_quotes",
        "reading.delimiter",
        f"{len(places):,} {'quote has' if one else 'quotes have'} a backslash before {'it' if one else 'them'}, such "
        f"as in line {line:,}: {quote([example])}. In CSV a backslash is an ordinary character: it stays in the cell.",
        'Write each quote inside of a cell as two quotes (""), without a backslash.',
    )
    return [problem]


def _describe_encoding(detected: Detected, options: ReadingOptions) -> list[Problem]:
    if not detected.rivals:
        return []
    _, other = detected.rivals[0]
    given = options.model_dump(exclude_none=True)
    choices = [
        Choice(
            label=f"{encoding}: {example}",
            fix=[PatchOperation(op="add", path="/reading", value={**given, "encoding": encoding})],
        )
        for encoding, example in ((detected.encoding, detected.example), *detected.rivals)
    ]
    problem = build_problem(
        "encoding_guessed",
        "reading.encoding",
        f"The file's encoding is not certain: it was read as {detected.encoding}, with {detected.example!r} among its "
        f"words, where other encodings give {other!r}, for example.",
        "If letters look wrong, choose another encoding.",
    )
    return [problem.model_copy(update={"choices": choices})]
