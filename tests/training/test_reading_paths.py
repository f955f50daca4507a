"""Any text is read or refused, and the fast parser gives the same cells as the exact one."""

from __future__ import annotations

import csv
import io
import os

from django.test import SimpleTestCase
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training.tables import read_cells
from training.datasets.reading.body import collect, iterate_records, parse_even, read_lines
from training.exceptions import UnreadableTable

CELL = st.text(alphabet="ab0.5,;\"'\n\r é-= \t", max_size=6)
PLAIN_CELL = st.text(alphabet='ab01.5-é"', max_size=6)
EXAMPLES = settings(
    max_examples=int(os.environ.get("READING_EXAMPLES", "150")), deadline=None, derandomize=True, database=None
)


def write(rows: list[list[str]], delimiter: str, end: str) -> str:
    content = io.StringIO(newline="")
    csv.writer(content, delimiter=delimiter, lineterminator=end).writerows(rows)
    return content.getvalue()


class FastPathTests(SimpleTestCase):
    @EXAMPLES
    @given(
        st.integers(2, 4).flatmap(
            lambda width: st.lists(st.lists(PLAIN_CELL, min_size=width, max_size=width), min_size=1, max_size=8)
        ),
        st.sampled_from(",;\t|"),
        st.sampled_from(["\n", "\r\n"]),
    )
    def test_even_tables_have_the_same_cells_either_way(self, rows, delimiter, end):
        data = write(rows, delimiter, end).encode()
        fast = parse_even(data, delimiter, len(rows[0]), 1)
        exact = collect(iterate_records(read_lines(data), delimiter), len(rows[0]))
        self.assertEqual(exact.frame.to_numpy().tolist(), rows)
        if fast is not None:
            self.assertEqual(fast.frame.to_numpy().tolist(), rows)
            self.assertEqual(fast.lines.tolist(), exact.lines.tolist())

    def test_ordinary_tables_take_the_fast_path(self):
        for text in ('a,"b c",1.5\n"x,y",2,\n', "a,b,c\r\nd,e,f", "é,b,c\n"):
            self.assertIsNotNone(parse_even(text.encode(), ",", 3, 1), text)

    @EXAMPLES
    @given(st.text(alphabet='ab,"\n\r ', max_size=14), st.integers(2, 3))
    def test_what_the_fast_path_accepts_is_read_alike(self, text, width):
        fast = parse_even(text.encode(), ",", width, 1) if text else None
        if fast is not None:
            exact = collect(iterate_records(read_lines(text.encode()), ","), width)
            self.assertEqual(fast.frame.to_numpy().tolist(), exact.frame.to_numpy().tolist())
            self.assertEqual(fast.lines.tolist(), exact.lines.tolist())


class AnyInputTests(SimpleTestCase):
    @EXAMPLES
    @given(st.binary(max_size=120))
    def test_any_bytes_are_read_or_refused(self, raw):
        self.check(raw)

    @EXAMPLES
    @given(
        st.lists(st.lists(CELL, min_size=1, max_size=4), min_size=1, max_size=12),
        st.sampled_from(",;\t| :~"),
        st.sampled_from(["utf-8", "cp1252", "utf-16"]),
    )
    def test_any_rows_are_read_or_refused(self, rows, delimiter, encoding):
        self.check(write(rows, delimiter, "\n").encode(encoding))

    @EXAMPLES
    @given(
        st.text(alphabet='ab1,"\n#;', max_size=60),
        st.fixed_dictionaries(
            {},
            optional={
                "delimiter": st.sampled_from(',; \n"\r\t'),
                "header_row": st.integers(0, 6),
                "skip_rows": st.lists(st.integers(1, 6), max_size=4).map(tuple),
                "comment": st.sampled_from(["", "#", '"']),
                "encoding": st.sampled_from(["utf-8", "utf-16", "gb18030"]),
                "sheet": st.just("x"),
            },
        ),
    )
    def test_any_options_are_obeyed_or_refused(self, text, options):
        self.check(text.encode(), **options)

    def check(self, raw: bytes, **options: object) -> None:
        """The table is refused with a remedy, or read into a table whose reported options give the same cells."""
        try:
            cells = read_cells(raw, **options)
        except UnreadableTable as refusal:
            self.assertTrue(refusal.data.message and refusal.data.hint)
            return
        self.assertGreater(len(cells.frame), 0)
        self.assertFalse(cells.frame.isna().any(axis=None))
        self.assertTrue(cells.frame.columns.is_unique)
        again = read_cells(raw, **cells.reading.model_dump())
        self.assertTrue(again.frame.equals(cells.frame), cells.reading)
