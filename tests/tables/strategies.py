"""Hypothesis strategies for files: tables as people write them, damaged ones, and arbitrary bytes."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from dataclasses import dataclass

from hypothesis import strategies as st

from training.spec.enums import ColumnType, SplitKind
from training.spec.reading import ReadingOptions

HEADERS = st.one_of(
    st.sampled_from(
        ["age", "label", "y", "target", "id", "#", "", "Betrag (€)", "größe", "x.y", "a,b", 'say "hi"', "日本"]
    ),
    st.text(max_size=12),
)
WORDS = st.sampled_from(["red", "green", "Blau", "yes", "Yes ", "yes.", "low", "medium", "high", "Grade 2", "Grade 10"])
MISSING_WORDS = st.sampled_from(["", " ", "NA", "None", "nan", "null", "-", "--", "?", "#DIV/0!", "#N/A", "n/a", "."])
EXTREME = st.sampled_from(["1e308", "-1e308", "1e400", "inf", "-inf", "1e-320", "0x1F", "1_000", "9" * 400, "−5", "٣"])
SENTENCES = st.lists(
    st.sampled_from(["the", "film", "was", "good", "bad", "größe", "İstanbul", "很好", "🙂", "not", "at", "all"]),
    min_size=1,
    max_size=8,
).map(" ".join)
NUMBERS = st.one_of(st.integers(-10_000, 10_000).map(str), st.floats(-1e6, 1e6, width=32).map(str))


def _written(number: int, style: str) -> str:
    return style.format(number, number / 10, abs(number), abs(number) % 12 + 1, abs(number) % 28 + 1, abs(number) % 60)


STYLES = (
    "{0}", "{1}", "{2:04d}", "${0:,}", "{1} %", "{1}%", "{2} kg", "({2})", "€ {1}", "{2:,}", "{1:.2e}",
    "2024-{3:02d}-{4:02d}", "{4}/{3}/2024", "{3}/{4}/24", "{4}.{3}.2024 08:{5:02d}", "{4}-Jan-2024", "1:{5:02d}:07",
    "{3}:{5:02d} AM", "<{2}", "S{2:03d}", "user{2}@example.org", "2024-{3:02d}-{4:02d}T00:00:00+02:00",
)  # fmt: skip


@st.composite
def columns(draw: st.DrawFn, rows: int) -> list[str]:
    """Return the cells of one column: mostly of one kind, with some cells of another."""
    kind = draw(st.integers(0, 6))
    if kind <= 2:
        style = draw(st.sampled_from(STYLES))
        step = draw(st.sampled_from([1, 7, 37, 1009]))
        cells = [_written((n * step) % draw(st.sampled_from([3, 10, 10_000])) - 3, style) for n in range(rows)]
    elif kind == 3:
        levels = draw(st.lists(WORDS, min_size=1, max_size=4))
        cells = [levels[n % len(levels)] for n in range(rows)]
    elif kind == 4:
        cells = [draw(SENTENCES) for _ in range(rows)]
    elif kind == 5:
        cells = [draw(NUMBERS) for _ in range(rows)]
    else:
        cells = [draw(st.text(max_size=6)) for _ in range(rows)]
    for _ in range(draw(st.integers(0, 3))):
        cells[draw(st.integers(0, rows - 1))] = draw(st.one_of(MISSING_WORDS, EXTREME, WORDS, st.text(max_size=4)))
    return cells


@dataclass(frozen=True)
class File:
    """A file to be read as a table. `name` is the name under which it is uploaded."""

    name: str
    content: bytes


@st.composite
def csv_texts(draw: st.DrawFn) -> str:
    """Return the text of a delimited file, with lines that are no observations here and there."""
    rows = draw(st.sampled_from([1, 5, 12, 25, 40, 60]))
    table = [draw(columns(rows)) for _ in range(draw(st.integers(1, 5)))]
    lines = [[draw(HEADERS) for _ in table]] if draw(st.integers(0, 5)) else []
    lines += [list(row) for row in zip(*table, strict=True)]
    if draw(st.integers(0, 4)) == 0:  # ragged rows
        for _ in range(draw(st.integers(1, 3))):
            position = draw(st.integers(0, len(lines) - 1))
            row = lines[position]
            lines[position] = [*row, draw(WORDS)] if draw(st.booleans()) else row[:-1]
    if draw(st.integers(0, 6)) == 0:  # a trailing delimiter on each row
        lines = [[*row, ""] for row in lines]
    text = io.StringIO()
    delimiter = draw(st.sampled_from([",", ";", "\t", "|", ",", ",", " ", ":", "~"]))
    writer = csv.writer(text, delimiter=delimiter, lineterminator=draw(st.sampled_from(["\n", "\r\n"])))
    writer.writerows(lines)
    before = draw(st.sampled_from(["", "", "", "", f"sep={delimiter}\n", "My table\n\n", "# exported 2024\n"]))
    after = draw(st.sampled_from(["", "", "", "", "Total,,\n", "Source: office\n", "\n\n"]))
    return before + text.getvalue() + after


@st.composite
def tables(draw: st.DrawFn) -> File:
    text = draw(csv_texts())
    encoding = draw(st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "cp1252", "utf-16", "cp1251", "shift_jis"]))
    content = text.encode(encoding, "replace")
    packing = draw(st.integers(0, 12))
    if packing == 0:
        return File("table.csv.gz", gzip.compress(content))
    if packing == 1:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("table.csv", content)
        return File("table.zip", packed.getvalue())
    return File(draw(st.sampled_from(["table.csv", "table.tsv", "table.txt"])), content)


@st.composite
def damaged(draw: st.DrawFn) -> File:
    """Return a table with bytes cut off, inserted or replaced."""
    file = draw(tables())
    content = bytearray(file.content)
    for _ in range(draw(st.integers(1, 4))):
        position = draw(st.integers(0, len(content)))
        content[position : position + draw(st.integers(0, 30))] = draw(st.binary(max_size=8))
    return File(file.name, bytes(content))


def files() -> st.SearchStrategy[File]:
    """Return mostly whole tables, some damaged ones, and some arbitrary bytes."""
    arbitrary = st.builds(File, st.just("bytes.csv"), st.binary(max_size=300))
    return st.one_of(tables(), tables(), tables(), tables(), damaged(), arbitrary)


@dataclass(frozen=True)
class Wishes:
    """Options that a user chooses for a table. Columns are named by position, since their names are known after
    reading.
    """

    reading: ReadingOptions | None = None
    column_types: tuple[tuple[int, ColumnType], ...] = ()
    target: int | None = None
    split: tuple[SplitKind, int] | None = None
    model: int = 0


READINGS = st.one_of(
    st.none(),
    st.none(),
    st.builds(
        ReadingOptions,
        encoding=st.sampled_from([None, None, "utf-8", "latin-1", "cp1252", "shift_jis", "no such", "rot13", "zlib"]),
        delimiter=st.sampled_from([None, None, ",", ";", " ", "x", '"']),
        decimal=st.sampled_from([None, None, ".", ","]),
        thousands=st.sampled_from([None, None, "", ",", ".", " ", "'"]),
        header_row=st.sampled_from([None, None, 0, 1, 2, 1_000]),
        skip_rows=st.sampled_from([None, None, (), (1,), (2, 3), (1_000_000,)]),
        comment=st.sampled_from([None, None, "", "#", "1"]),
        missing=st.sampled_from([None, None, (), ("1",), ("NA", "red")]),
        sheet=st.sampled_from([None, None, None, "Sheet1"]),
    ),
)


def wishes() -> st.SearchStrategy[Wishes]:
    """Return wishes of users, about half of them for nothing special."""
    return st.one_of(
        st.just(Wishes()),
        st.builds(
            Wishes,
            reading=READINGS,
            column_types=st.lists(st.tuples(st.integers(0, 4), st.sampled_from(ColumnType)), max_size=3).map(tuple),
            target=st.one_of(st.none(), st.integers(0, 4)),
            split=st.one_of(
                st.none(),
                st.tuples(st.sampled_from([SplitKind.TIME, SplitKind.GROUP, SplitKind.GIVEN]), st.integers(0, 4)),
            ),
            model=st.integers(0, 2),
        ),
    )
