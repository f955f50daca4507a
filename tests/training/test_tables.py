"""Tables as people bring them: read, described, or refused with a sentence that says what to do."""

from __future__ import annotations

import io
import json
import os
import tempfile
import urllib.request
from unittest import mock

import numpy as np
from django.test import SimpleTestCase

from tests.training.tables import read_csv, read_records, read_text
from training.datasets.builtin import BUILTINS, find_builtin, load_builtin
from training.datasets.columns import describe
from training.datasets.formats.dates import DateFormat
from training.datasets.reading.headers import make_unique
from training.exceptions import SpecRefused, UnreadableTable
from training.spec import ColumnType, ProblemType


def read(content: str | bytes):
    return read_csv(io.BytesIO(content if isinstance(content, bytes) else content.encode()), "test.csv")


class BuiltinTests(SimpleTestCase):
    def test_the_plain_data_says_what_the_tables_hold(self):
        for table in BUILTINS.values():
            if table.name == "CALIFORNIAHOUSING":
                continue  # downloaded, see below
            with self.subTest(table=table.name):
                loaded = load_builtin(table.name)
                described = describe(loaded)
                self.assertEqual((described.rows, len(described.columns)), (table.rows, table.columns))
                self.assertEqual((described.target, described.problem_type), (table.target, table.problem_type))
                self.assertEqual(len(described.preview), 5)

    def test_names_are_found_however_they_are_written(self):
        for name in ("BREAST CANCER", "breast_cancer", "Breast-Cancer", "breastcancer"):
            self.assertEqual(find_builtin(name).name, "BREAST CANCER")

    def test_an_unknown_name_is_answered_with_the_nearest(self):
        with self.assertRaises(SpecRefused) as caught:
            find_builtin("IRISES")
        self.assertEqual(caught.exception.data.code, "unknown_dataset")
        self.assertIn("Did you mean IRIS?", caught.exception.data.hint)

    def test_a_download_that_fails_says_so_and_what_to_do(self):
        # A proxy that nothing listens on, as on a server without internet.
        offline = {"https_proxy": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9", "no_proxy": ""}
        # The download is made with `urlopen`, which would go on using that proxy for all tests to come.
        self.addCleanup(urllib.request.install_opener, None)
        urllib.request.install_opener(None)
        with tempfile.TemporaryDirectory() as folder:
            environment = {**offline, "SCIKIT_LEARN_DATA": folder}
            with mock.patch.dict(os.environ, environment), self.assertRaises(SpecRefused) as caught:
                load_builtin("CALIFORNIAHOUSING")
        self.assertEqual(caught.exception.data.code, "download_failed")
        self.assertIn("internet", caught.exception.data.hint)

    def test_the_shapes_are_the_same_every_time(self):
        for name in ("CIRCLES", "MOONS", "XOR", "SPIRAL"):
            self.assertTrue(load_builtin(name).frame.equals(load_builtin(name).frame))


class ReadCsvTests(SimpleTestCase):
    def test_rows_that_end_in_a_carriage_return_alone_are_counted(self):
        header = ",".join(f"c{column}" for column in range(9_999)).encode()
        for end in (b"\r", b"\n", b"\r\n"):
            with self.subTest(end=end), self.assertRaisesMessage(UnreadableTable, "Nearly all cells are missing"):
                read(header + end + (b"1" + end) * 2_000)

    def test_long_tables_are_read_whatever_their_line_ends(self):
        for end in ("\r", "\n", "\r\n"):
            with self.subTest(end=end):
                frame = read(f"a,b{end}" + f"1234567,7654321{end}" * 140_000).frame
                self.assertEqual(frame.shape, (140_000, 2))

    def test_delimiters_are_found_out(self):
        for delimiter in ",;\t|":
            frame = read(f"a{delimiter}b\n1{delimiter}x\n2{delimiter}y\n").frame
            self.assertEqual(list(frame.columns), ["a", "b"])
            self.assertEqual(frame["a"].tolist(), [1, 2])

    def test_encodings_are_found_out(self):
        text = "name,größe\nÄnne,1\nJosé,2\n"
        for encoding in ("utf-8", "utf-8-sig", "utf-16", "latin-1"):
            with self.subTest(encoding=encoding):
                frame = read(text.encode(encoding)).frame
                self.assertEqual(list(frame.columns), ["name", "größe"])
                self.assertEqual(frame["name"].tolist(), ["Änne", "José"])

    def test_an_accent_far_down_does_not_fail_what_began_well(self):
        frame = read(b"a,b\n" + b"x,1\n" * 50_000 + "é,2\n".encode("latin-1")).frame
        self.assertEqual(len(frame), 50_001)
        self.assertEqual(frame["a"].iloc[-1], "é")

    def test_quotes_newlines_and_missing_values(self):
        frame = read('a,b,c\n"1,5",,x\n"two\nlines",NA,?\nplain,3,\n').frame
        self.assertEqual(frame["a"].tolist(), ["1,5", "two\nlines", "plain"])
        self.assertEqual(frame["b"].isna().tolist(), [True, True, False])
        self.assertEqual(frame["c"].isna().tolist(), [False, True, True])

    def test_headers_are_made_unique_and_printable(self):
        self.assertEqual(make_unique(["a", "a", "", " b\n", "a"]), ["a", "a (2)", "column 3", "b", "a (3)"])
        self.assertEqual(list(read("a,a,\n1,2,3\n").frame.columns), ["a", "a (2)", "column 3"])

    def test_infinities_are_missing_values(self):
        self.assertEqual(read("a,b\n1,inf\n2,-inf\n3,4\n").frame["b"].isna().sum(), 2)

    def test_a_row_with_too_many_fields_is_refused_with_its_line(self):
        with self.assertRaises(UnreadableTable) as caught:
            read("a,b\n1,2\n1,2,3,4\n")
        self.assertIn("line 3", caught.exception.message)

    def test_what_is_no_table_is_refused_with_a_reason(self):
        for content, word in (
            (b"", "empty"),
            (b"  \n \n", "empty"),
            (b"a,b,c\n", "no rows"),
            (b"PK\x03\x04rest", "zip"),
            (b"%PDF-1.7", "PDF"),
            (b'[{"a": 1, "b": 2}]', "JSON"),
            (b'\xef\xbb\xbf\n{ "a": [1, 2]}', "JSON"),
            (b"\x89PNG\r\n\x1a\n", "image"),
            (b"\x1f\x8b\x08", "gzip"),
            (b"a,b\n\x00\x01\x02\n", "binary"),
            (bytes(range(256)), "binary"),
        ):
            with self.subTest(content=content[:12]):
                with self.assertRaises(UnreadableTable) as caught:
                    read(content)
                self.assertIn(word, caught.exception.message)
                self.assertTrue(caught.exception.data.hint)

    def test_too_many_columns_are_refused(self):
        with self.assertRaises(UnreadableTable):
            read(",".join(f"c{n}" for n in range(10_001)) + "\n" + ",".join("1" * 10_001) + "\n")


class ReadingTests(SimpleTestCase):
    def test_a_table_knows_how_it_was_read(self):
        table = read(
            "when;amount;mixed;text;far\n"
            + "".join(
                f"{day}.1.2024;1.000,{day};{'?!' if day == 4 else day};t{day};{'inf' if day == 2 else 1}\n"
                for day in range(1, 13)
            )
        )
        self.assertEqual((table.cells.reading.delimiter, table.cells.reading.header_row), (";", 1))
        columns = table.typing.columns
        self.assertEqual(columns["when"].format, DateFormat(formats=("%d.%m.%Y",)))
        self.assertEqual((columns["amount"].format.decimal, columns["amount"].format.unit), (",", ""))
        self.assertEqual([note.code for note in columns["far"].notes], ["infinite_values"])
        (mixed,) = columns["mixed"].notes
        self.assertEqual(mixed.code, "mixed_column")
        self.assertIn("1 cell is", mixed.message)
        self.assertIn("'?!'", mixed.message)

    def test_records_of_mixed_cells_are_text(self):
        table = read_records([{"a": 1.0, "b": "x"}, {"a": "many", "b": None}])
        self.assertEqual(table.cells.frame.to_dict("list"), {"a": ["1", "many"], "b": ["x", ""]})
        self.assertEqual(table.frame["a"].tolist(), ["1", "many"])

    def test_builtin_tables_were_not_read(self):
        self.assertIsNone(load_builtin("IRIS").cells)


class InlineTests(SimpleTestCase):
    def test_records_text_and_json_give_the_same_table(self):
        records = [{"a": 1, "b": "x"}, {"a": 2, "b": None}]
        for table in (read_records(records), read_text(json.dumps(records)), read_text("a,b\n1,x\n2,\n")):
            self.assertEqual(list(table.frame.columns), ["a", "b"])
            self.assertEqual(table.frame["a"].tolist(), [1, 2])
            self.assertEqual(table.frame["b"].isna().tolist(), [False, True])

    def test_records_may_lack_fields(self):
        self.assertEqual(read_records([{"a": 1}, {"b": 2}]).frame.isna().sum().tolist(), [1, 1])

    def test_bad_records_are_refused(self):
        for text in ("[1, 2]", "[{}", "[[1], [2]]", '[{"a": {"b": 1}}]', "[]", "[" * 100_000):
            with self.subTest(text=text[:20]), self.assertRaises(UnreadableTable):
                read_text(text)


class DescribeTests(SimpleTestCase):
    def test_types_missing_and_unique(self):
        rows = "".join(f"{n},{n % 3},{'ab'[n % 2]},{n % 2 == 0},a person of {n},\n" for n in range(120))
        described = describe(read("id,number,letter,flag,name,nothing\n,1,a,True,,\n" + rows))
        columns = {column.name: column for column in described.columns}
        self.assertEqual(
            [columns[name].type for name in ("number", "letter", "flag", "name", "nothing")],
            [ColumnType.NUMBER, ColumnType.CATEGORY, ColumnType.BOOLEAN, ColumnType.TEXT, ColumnType.EMPTY],
        )
        self.assertEqual((columns["id"].missing, columns["id"].unique), (1, 120))
        self.assertEqual((columns["nothing"].missing, columns["nothing"].unique), (121, 0))
        self.assertEqual(described.preview[0]["name"], None)
        self.assertEqual(described.preview[1]["name"], "a person of 0")

    def test_a_target_is_guessed_by_its_name_alone_and_said_to_be_a_guess(self):
        described = describe(read("a,target,b\n1,x,2\n2,y,3\n"))
        self.assertEqual((described.target, described.target_guessed), ("target", True))
        described = describe(read("a,b\n1,x\n2,y\n"))
        self.assertEqual((described.target, described.target_guessed, described.problem_type), (None, False, None))
        self.assertFalse(describe(load_builtin("IRIS")).target_guessed)

    def test_the_kind_of_problem_is_inferred(self):
        amounts = "a,price\n" + "".join(f"{n},{n * 1.5}\n" for n in range(40))
        classes = "a,class\n" + "".join(f"{n},{n % 4}\n" for n in range(40))
        self.assertEqual(describe(read(amounts)).problem_type, ProblemType.REGRESSION)
        self.assertEqual(describe(read(classes)).problem_type, ProblemType.CLASSIFICATION)

    def test_the_preview_is_json(self):
        preview = describe(read("a,b\n1,\n2.5,x\n")).preview
        self.assertEqual(json.loads(json.dumps(preview)), [{"a": 1.0, "b": None}, {"a": 2.5, "b": "x"}])
        self.assertFalse(any(isinstance(value, np.generic) for row in preview for value in row.values()))
