"""Files other than plain text: workbooks, Parquet and archives, within bounds, and scripts that read the same cells."""

from __future__ import annotations

import datetime
import gzip
import io
import random

import pandas as pd
import xlwt
from django.test import SimpleTestCase

from tests.training.scripts import ScriptTestCase, stored
from tests.training.tables import read_cells
from tests.training.workbooks import build_ods, build_xls, build_xlsb, build_xlsx, build_zip, write_ods_row
from training.datasets.reading.extents import MAX_ERRORS
from training.exceptions import UnreadableTable

CSV = "x,c,y\n" + "".join(f"{n % 17}.5,{'red' if n % 3 else 'blue'},{'ab'[n % 17 > 8]}\n" for n in range(60))
GRID = [
    ["Measured in spring"],
    [],
    [None, "x", "day", "kind", "ok"],
    *([None, n + 0.5 if n % 2 else n, (45_000 + n, 1 + n % 2), "ab"[n % 2], n % 3 == 0] for n in range(40)),
    [None, "#DIV/0!", (45_100, 1), "a", True],
    ["Source: our own"],
]
PLAIN_GRID = [["x", "y"], *([n * 1.5, "ab"[n % 2]] for n in range(40))]


def build_parquet(**columns: object) -> bytes:
    content = io.BytesIO()
    pd.DataFrame(columns).to_parquet(content)
    return content.getvalue()


PARQUET = build_parquet(
    n=[None if n % 7 == 0 else n for n in range(60)],
    big=[2**60 + n for n in range(60)],
    f=[n / 3 for n in range(60)],
    when=pd.date_range("2024-01-01", periods=60, freq="12h"),
    date=[datetime.date(2024, 1, 1 + n % 28) for n in range(60)],
    c=pd.Categorical(["red" if n % 3 else "blue" for n in range(60)]),
    flag=[n % 2 == 0 for n in range(60)],
    y=["ab"[n % 17 > 8] for n in range(60)],
)
NESTED_PARQUET = build_parquet(
    x=[n % 17 for n in range(60)], tags=[[n] for n in range(60)], y=["ab"[n % 17 > 8] for n in range(60)]
)
ODS_ERROR = (
    '<table:table-row><table:table-cell office:value-type="string" office:string-value="" calcext:value-type="error">'
    "<text:p>#DIV/0!</text:p></table:table-cell>"
    '<table:table-cell office:value-type="string"><text:p>a</text:p></table:table-cell></table:table-row>'
)
ODS_WITH_ERROR = "".join(map(write_ods_row, PLAIN_GRID)) + ODS_ERROR


class FileTestCase(SimpleTestCase):
    def assert_refused(self, content: bytes, words: str, **options: object) -> None:
        with self.assertRaises(UnreadableTable) as caught:
            read_cells(content, **options)
        self.assertIn(words, caught.exception.message)
        self.assertTrue(caught.exception.data.hint)


class WorkbookTests(FileTestCase):
    def test_a_sheet_is_read_as_text_in_one_form(self):
        cells = read_cells(build_xlsx({"Data": GRID}))
        self.assertEqual(list(cells.frame.columns), ["column 1", "x", "day", "kind", "ok"])
        frame = cells.frame[["x", "day", "kind", "ok"]]
        self.assertEqual(frame.iloc[0].tolist(), ["0", "2023-03-15", "a", "TRUE"])
        self.assertEqual(frame.iloc[1].tolist(), ["1.5", "2023-03-16", "b", "FALSE"])
        self.assertEqual(frame.iloc[-1].tolist(), ["#DIV/0!", "2023-06-23", "a", "TRUE"])
        self.assertEqual(len(frame), 41)
        self.assertEqual([note.code for note in cells.notes], ["title_lines", "footer_rows"])

    def test_open_document_is_read_alike(self):
        cells = read_cells(build_ods({"Data": PLAIN_GRID}))
        self.assertEqual(cells.frame.head(3).to_numpy().tolist(), [["0", "a"], ["1.5", "b"], ["3", "a"]])

    def test_the_user_chooses_a_sheet(self):
        for build in (build_xlsx, build_ods):
            content = build({"Empty": [], "First": PLAIN_GRID, "Second": [["a", "b"], [1, 2], [3, 4]]})
            cells = read_cells(content)
            self.assertEqual((cells.sheets, cells.reading.sheet), (("Empty", "First", "Second"), "First"))
            (note,) = cells.notes
            self.assertEqual((note.code, note.choices[0].fix[0].value), ("other_sheets", {"sheet": "Second"}))
            chosen = read_cells(content, sheet="Second")
            self.assertEqual((list(chosen.frame.columns), chosen.notes), (["a", "b"], ()))
            self.assert_refused(content, "Its sheets are Empty, First, Second", sheet="Third")

    def test_the_options_that_are_reported_give_the_same_cells(self):
        for content in (build_xlsx({"Data": GRID}), build_ods({"Data": PLAIN_GRID}), PARQUET):
            cells = read_cells(content)
            again = read_cells(content, **cells.reading.model_dump())
            self.assertTrue(again.frame.equals(cells.frame))

    def test_errors_in_an_open_document_are_read_as_text(self):
        cells = read_cells(build_ods({"Data": ODS_WITH_ERROR}))
        self.assertEqual(cells.frame.iloc[-1].tolist(), ["#DIV/0!", "a"])
        repeated = ODS_ERROR.replace("<table:table-row>", '<table:table-row table:number-rows-repeated="3">')
        cells = read_cells(build_ods({"Data": ODS_WITH_ERROR + repeated}))
        self.assertEqual(cells.frame["x"].tolist()[-4:], ["#DIV/0!"] * 4)

    def test_errors_beyond_the_limit_are_counted_in_a_note(self):
        grid = [["x", "y"], *(["#N/A", "ab"[n % 2]] for n in range(MAX_ERRORS + 2))]
        cells = read_cells(build_xlsx({"Data": grid}))
        self.assertEqual(cells.frame["x"].tolist(), ["#N/A"] * MAX_ERRORS + [""] * 2)
        (note,) = cells.notes
        self.assertEqual(note.code, "unread_errors")
        self.assertIn("2 cells of the sheet with an error", note.message)

    def test_binary_workbooks_are_read_with_dates_and_errors(self):
        rows = [["x", "ok", "y"], *([n * 1.5, n % 3 == 0, "äb"[n % 2]] for n in range(20))]
        for build in (build_xls, build_xlsb):
            cells = read_cells(build({"Data": [*rows, ["#DIV/0!", True, "ä"]], "Größe": [["#DIV/0!"], [1.5]]}))
            self.assertEqual(cells.frame.iloc[0].tolist(), ["0", "TRUE", "ä"])
            self.assertEqual(cells.frame.iloc[-1].tolist(), ["#DIV/0!", "TRUE", "ä"])
            self.assertEqual([note.code for note in cells.notes], ["other_sheets"])
            self.assertEqual(cells.sheets, ("Data", "Größe"))
            self.assertEqual(
                read_cells(build({"A": [["#DIV/0!"], [1.5]]}), header_row=0).frame["column 1"].tolist(),
                ["#DIV/0!", "1.5"],
            )
        xls = build_xls({"Data": [["day", "x"], *([(45_000.5 + n, 2), "#NUM!"] for n in range(3))]})
        self.assertEqual(read_cells(xls).frame.to_numpy().tolist()[0], ["2023-03-15 12:00:00", "#NUM!"])

    def test_errors_of_formulas_in_binary_workbooks_are_read_as_text(self):
        xlsb = build_xlsb({"Data": [["x", "y"], *(["=2.5", "a"] for _ in range(9)), ["=#DIV/0!", "b"]]})
        self.assertEqual(read_cells(xlsb).frame["x"].tolist(), ["2.5"] * 9 + ["#DIV/0!"])
        xls = build_xls({"Data": [["x", "y"], *([xlwt.Formula("1/A1"), "a"] for _ in range(9)), [1.5, "b"]]})
        # xlwt does not calculate: the result of each formula is an empty text, which becomes the error #N/A here.
        blank, error = bytes([3, 0, 0, 0, 0, 0, 0xFF, 0xFF]), bytes([2, 0, 0x2A, 0, 0, 0, 0xFF, 0xFF])
        self.assertEqual(xls.count(blank), 9)
        cells = read_cells(xls.replace(blank, error))
        self.assertEqual(cells.frame["x"].tolist(), ["#N/A"] * 9 + ["1.5"])
        self.assertEqual(cells.notes, ())

    def test_far_cells_of_binary_workbooks_are_refused(self):
        far = [["x"], *([] for _ in range(60_000)), [*[None] * 200, 1.5]]
        for build in (build_xls, build_xlsb):
            self.assert_refused(build({"A": far}), "Nearly all cells are missing")

    def test_sheets_that_stand_for_billions_of_cells_are_refused(self):
        far = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="{}1048576"><v>1</v></c></row>'
        self.assert_refused(build_xlsx({"A": far.format("XFD")}), "16,384 columns")
        self.assert_refused(build_xlsx({"A": far.format("ZZ")}), "cells are accepted")
        repeated = '<table:table-row table:number-rows-repeated="1000000"><table:table-cell table:number-columns-repeated="9000" office:value-type="float" office:value="1"/></table:table-row>'
        self.assert_refused(build_ods({"A": repeated}), "cells are accepted")

    def test_empty_space_around_an_open_document_table_is_no_table(self):
        rows = "".join(
            f'<table:table-row><table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell><table:table-cell table:number-columns-repeated="16383"/></table:table-row>'
            for text in "xab"
        )
        rows += '<table:table-row table:number-rows-repeated="1048573"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
        self.assertEqual(read_cells(build_ods({"A": rows})).frame.shape, (2, 1))

    def test_documents_and_entities_are_refused(self):
        self.assert_refused(build_zip({"[Content_Types].xml": "x", "word/document.xml": "x"}), "a document")
        bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>'
        self.assert_refused(build_zip({"mimetype": "x", "content.xml": bomb}), "damaged")


class ArchiveTests(FileTestCase):
    def test_one_table_is_unpacked(self):
        for content in (gzip.compress(CSV.encode()), build_zip({"a/table.csv": CSV}), build_zip({"t.txt": CSV})):
            self.assertEqual(read_cells(content).frame.shape, (60, 3))

    def test_files_that_computers_add_are_passed_over_with_a_note(self):
        cells = read_cells(build_zip({"t.csv": CSV, "__MACOSX/._t.csv": "x", ".DS_Store": "x"}))
        self.assertEqual([note.code for note in cells.notes], ["other_members"])
        self.assertIn("__MACOSX/._t.csv", cells.notes[0].message)

    def test_one_of_several_tables_is_chosen(self):
        content = build_zip({"a.csv": CSV, "b.csv": "u,v\n1,2\n"})
        self.assert_refused(content, "has 2 files: a.csv, b.csv")
        self.assert_refused(content, "no file 'c.csv'", sheet="c.csv")
        self.assertEqual(list(read_cells(content, sheet="b.csv").frame.columns), ["u", "v"])

    def test_what_cannot_be_one_table_is_refused(self):
        for content, words in (
            (build_zip({}), "empty"),
            (build_zip({"t.zip": build_zip({"t.csv": CSV})}), "another archive"),
            (gzip.compress(gzip.compress(CSV.encode())), "another archive"),
            (gzip.compress(CSV.encode())[:-9], "gzip"),
            (build_zip({"t.csv": CSV})[:60], "zip"),
            (gzip.compress(bytes(100_000_000)), "Unpacked, the file has more than 20,000,000 bytes"),
            (build_zip({"t.csv": bytes(100_000_000)}), "Unpacked, the file has more than 20,000,000 bytes"),
            (encrypt(build_zip({"t.csv": CSV})), "encrypted"),
        ):
            with self.subTest(words=words):
                self.assert_refused(content, words)


class ParquetTests(FileTestCase):
    def test_values_are_written_in_one_form(self):
        cells = read_cells(PARQUET)
        self.assertEqual(
            cells.frame.iloc[1].tolist(),
            ["1", str(2**60 + 1), "0.3333333333333333", "2024-01-01 12:00:00", "2024-01-02", "red", "FALSE", "a"],
        )
        self.assertEqual(cells.frame["n"].iloc[0], "")

    def test_nested_and_binary_columns_are_left_out_with_a_note(self):
        content = build_parquet(a=[1, 2], tags=[[1], [2]], raw=[b"x", b"y"], b=["u", "v"], place=[{"x": 1}, {"x": 2}])
        cells = read_cells(content)
        self.assertEqual(cells.frame.to_dict("list"), {"a": ["1", "2"], "b": ["u", "v"]})
        (note,) = cells.notes
        self.assertEqual(note.code, "nested_columns")
        self.assertRegex(
            note.message, r"^3 columns are left out: 'tags' holds lists or objects \(list<.*int64>\), 'raw'"
        )
        self.assertIn("'raw' holds bytes (", note.message)

    def test_files_with_nothing_but_nested_columns_are_refused_by_name(self):
        self.assert_refused(build_parquet(tags=[[1], [2]], raw=[b"x", b"y"]), "'tags' holds lists or objects")

    def test_files_that_stand_for_far_more_cells_than_bytes_are_refused(self):
        self.assert_refused(build_parquet(a=pd.Categorical(["x"]).repeat(3_000_000)), "3,000,000 rows")

    def test_files_without_rows_are_refused(self):
        self.assert_refused(build_parquet(a=[]), "no rows")


class DamagedFileTests(SimpleTestCase):
    def test_damaged_files_are_read_or_refused(self):
        """Random changes of bytes lead to no other exception than the refusal."""
        files = [
            PARQUET,
            build_xlsx({"Data": GRID}),
            build_ods({"Data": PLAIN_GRID}),
            build_xls({"Data": PLAIN_GRID}),
            build_xlsb({"Data": PLAIN_GRID}),
            gzip.compress(CSV.encode()),
            build_zip({"t.csv": CSV}),
        ]
        chance = random.Random(0)
        for content in files:
            for _ in range(60):
                damaged = bytearray(content)
                for _ in range(chance.randint(1, 6)):
                    damaged[chance.randrange(len(damaged))] = chance.randrange(256)
                cut = chance.choice([len(damaged), chance.randrange(4, len(damaged))])
                try:
                    read_cells(bytes(damaged[:cut]))
                except UnreadableTable as refusal:
                    self.assertTrue(refusal.data.hint)


class LoadingScriptTests(ScriptTestCase):
    def test_scripts_read_the_same_cells(self):
        contents = {
            "workbook": build_xlsx({"Other": [], "Data": GRID}),
            "open document": build_ods({"Data": PLAIN_GRID}),
            "old workbook": build_xls({"Data": [*PLAIN_GRID, ["#DIV/0!", "a"]]}),
            "binary workbook": build_xlsb({"Data": [*PLAIN_GRID, ["#DIV/0!", "a"]]}),
            "parquet": PARQUET,
            "parquet with a nested column": NESTED_PARQUET,
            "open document with an error": build_ods({"Data": ODS_WITH_ERROR}),
            "gzip": gzip.compress(CSV.encode()),
            "gzip with a footer below cells of two lines": gzip.compress(
                (CSV.replace("red", '"red\nish"') + "Total,9,1\n").encode()
            ),
            "zip": build_zip({"a/b.csv": CSV, "__MACOSX/x": ""}),
        }
        targets = {"workbook": "kind"}
        runs = {name: stored(content, target=targets.get(name, "y"), epochs=1) for name, content in contents.items()}
        self.assert_scripts_reproduce(runs)


def encrypt(archive: bytes) -> bytes:
    """Mark the files of an archive as encrypted."""
    return archive.replace(b"PK\x03\x04\x14\x00\x00", b"PK\x03\x04\x14\x00\x01").replace(
        b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01"
    )
