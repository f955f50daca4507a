"""Tables as banks, laboratories, survey tools and spreadsheets export them: how they are read, and what is noted."""

from __future__ import annotations

import io
from collections.abc import Callable

from django.test import SimpleTestCase

from tests.training.tables import read_cells, read_csv
from training.datasets.columns import describe
from training.exceptions import UnreadableTable

ROWS = 60
ARABIC = {ord("0") + digit: 0x0660 + digit for digit in range(10)}
ZERO_WIDTH, FAMILY = "\u200b", "👨\u200d👩\u200d👧"


def write(header: str, row: Callable[[int], str], footer: str = "") -> str:
    return "\n".join([header, *map(row, range(ROWS))]) + "\n" + footer


NOTED: dict[str, tuple[str | bytes, int, str, str]] = {
    # content, rows, code of a note, words of the note
    "a second header of a survey tool": (
        write("ID,Q1,,Q2\n,Never,Always,Response", lambda n: f"{9000 + n * 3},{'Never' if n % 2 else ''},{'' if n % 2 else 'Always'},{'AB'[n % 2]}"),
        61, "second_header", "“ | Never | Always | Response”"),
    "two more headers of a survey tool": (
        write("Start,Q1\nStart Date,How happy?\n{start},{QID1}", lambda n: f"2024-01-{1 + n % 28:02} 10:00:00,{n % 7}"),
        62, "second_header", "The first 2 rows"),
    "minuses at the end": (write("doc;amount", lambda n: f"{n};{n * 13},50{'-' if n % 3 else ''}"), 60, "negative_brackets", "'13,50-'"),
    "plus and minus": (write("mass,y", lambda n: f"{n}.1 ± 0.2,{'ab'[n % 2]}"), 60, "unread_amounts", "60 cells such as '0.1 ± 0.2'"),
    "stars of significance": (write("est,y", lambda n: f"{n}.10***,{'ab'[n % 2]}"), 60, "unread_amounts", "'0.10***'"),
    "Arabic digits": (write("x,y", lambda n: f"{str(n + 10).translate(ARABIC)},{'ab'[n % 2]}"), 60, "unread_amounts", "60 cells"),
    "Japanese years": (write("d,y", lambda n: f"令和{1 + n % 6}年{1 + n % 12}月1日,{'ab'[n % 2]}"), 60, "unread_dates", "60 cells"),
    "genes that became dates": (write("gene,y", lambda n: f"{['TP53', 'BRCA1', '2-Sep'][n % 3]},{n % 2}"), 60, "converted_labels", "'2-Sep' (20 cells)"),
    "merged cells": (write("region,x", lambda n: f"{ {0: 'North', 30: 'South'}.get(n, '')},{n % 7}"), 60, "merged_cells", "2 of 60 rows, each another one: 'North', 'South'"),
    "signs of HTML": (write("x,y", lambda n: f"{n},{['R&D', 'R&amp;D', 'HR'][n % 3]}"), 60, "labels_nearly_alike", "'R&amp;D' (20)"),
    "characters that cannot be seen": (write("x,y", lambda n: f"{n},{['a', 'a' + ZERO_WIDTH][n % 2]}"), 60, "invisible_characters", "30 cells hold a character that cannot be seen, such as U+200B"),
    "single quotes": (write("x,y", lambda n: f"'{n}',{n % 2}"), 60, "quoted_cells", "60 cells are in quotes"),
    "texts as formulas": (write("zip,y", lambda n: f'="0{1000 + n}",{n % 2}'), 60, "quoted_cells", "60 cells"),
    "apostrophes of a spreadsheet": (write("zip,y", lambda n: f"'0{1000 + n},{n % 2}"), 60, "quoted_cells", "60 cells"),
    "statistics at the end": (write("a,y", lambda n: f"s{n},{n}", "Mean,29.5\nStd. dev.,17\nn,60\n"), 60, "footer_rows", "“Std. dev. | 17”"),
    "extremes at the end": (write("a,y", lambda n: f"s{n},{n}", "Min,0\nMax,59\n"), 60, "footer_rows", "“Max | 59”"),
    "a balance at the end": (write("day;amount;kind", lambda n: f"{1 + n % 28:02}.01.2024;{n},5;in", "Kontostand;99,5;\n"), 60, "footer_rows", "Kontostand"),
    "a remark below a blank row": (write("a,b,y", lambda n: f"{n},{n % 3},{n % 2}", ",,\nPrepared by the finance department,,\n"), 61, "footer_rows", "Prepared by"),
    "a rule of Markdown": (write("| x | y |\n|---|---|", lambda n: f"| {n} | {'ab'[n % 2]} |"), 60, "drawn_lines", "---"),
    "dates that stand for no date": (write("d,y", lambda n: f"{'9999-12-31' if n % 5 == 0 else f'2024-01-{1 + n % 28:02}'},{n % 2}"), 60, "sentinel_dates", "12 cells are 9999-12-31"),
    "an error of a sensor": (write("t,y", lambda n: f"{-127 if n % 15 == 0 else 20 + n % 5},{n % 2}"), 60, "sentinel_values", "4 cells are -127"),
    "words for no answer": (write("a,y", lambda n: f"{['yes', 'no', 'k.A.'][n % 3]},{n % 2}"), 60, "word_is_level", "20 cells say 'k.A.'"),
    "signs for no number": (write("geo,a", lambda n: f"R{n % 9},{'..' if n % 20 == 0 else n}"), 60, "missing_words", "'..' (3 cells) count as missing"),
    "merged years above the header": (write("2022,,2023,,\nQ1,Q2,Q1,Q2,class", lambda n: f"{n},{n % 5},{n % 3},{n % 7},{'ab'[n % 2]}"), 60, "title_lines", "2022"),
}  # fmt: skip
REFUSED: dict[str, tuple[str, str]] = {
    "a web page with the ending of a workbook": ("<table><tr><td>x</td></tr></table>\n", "a web page"),
    "an XML spreadsheet": ('\ufeff<?xml version="1.0"?>\n<Workbook></Workbook>\n', "an XML file"),
    "a file of Weka": ("% iris\n@RELATION iris\n@attribute x numeric\n@data\n1\n2\n", "an ARFF file"),
    "a file of LIBSVM": (write("+1 1:0.5 2:3", lambda n: f"-1 1:{n} 2:3"), "a LIBSVM file"),
    "statements of a database": ("-- dump\nINSERT INTO t (x, y) VALUES\n(1, 2),\n(3, 4);\n", "an SQL dump"),
}
PLAIN: dict[str, str] = {
    "blood pressure and ranges": write("bp,age,y", lambda n: f"{110 + n % 40}/{70 + n % 20},{n % 6 * 10}-{n % 6 * 10 + 9},{n % 2}"),
    "letters as names of rows": write("row,y", lambda n: f"{chr(65 + n % 26)}{n // 26},{n % 2}", "m,1\nn,0\n"),
    "a first row without an id": write("id,x", lambda n: f"{n if n else ''},{n % 7}"),
    "temperatures below zero": write("t,y", lambda n: f"{n % 40 - 20},{n % 2}"),
    "emoji of several parts": write("e,y", lambda n: f"{[FAMILY, '👍'][n % 2]},{n % 3}"),
}  # fmt: skip


class ExportedTableTests(SimpleTestCase):
    def test_what_is_changed_left_out_or_not_read_is_noted_with_an_example(self):
        for name, (content, rows, code, words) in NOTED.items():
            with self.subTest(table=name):
                described = describe(read_csv(io.BytesIO(content.encode()), "t.csv"))
                self.assertEqual(described.rows, rows)
                notes = {problem.code: problem for problem in described.problems}
                self.assertIn(code, notes)
                self.assertIn(words, notes[code].message)
                self.assertTrue(notes[code].hint)

    def test_exports_that_are_no_tables_are_refused_by_name(self):
        for name, (content, words) in REFUSED.items():
            with self.subTest(file=name), self.assertRaises(UnreadableTable) as caught:
                read_cells(content)
            self.assertIn(words, caught.exception.message)
            self.assertIn("CSV", caught.exception.data.hint)

    def test_ordinary_tables_get_no_note(self):
        for name, content in PLAIN.items():
            with self.subTest(table=name):
                described = describe(read_csv(io.BytesIO(content.encode()), "t.csv"))
                self.assertEqual([problem.code for problem in described.problems], [])

    def test_values_are_read_as_they_are_meant(self):
        for content, column, value, unit in (
            (write("amount;y", lambda n: f"{n + 5},50-;{n % 2}"), "amount", -5.5, None),
            (write("amount,y", lambda n: f"{n + 5}.50- EUR,{n % 2}"), "amount", -5.5, "EUR"),
            (write("売上,y", lambda n: f'"￥{n + 1},100",{n % 2}'), "売上", 1100.0, "￥"),
            (write("売上,y", lambda n: f"{n + 100}円,{n % 2}"), "売上", 100.0, "円"),
        ):
            described = describe(read_csv(io.BytesIO(content.encode()), "t.csv"))
            self.assertEqual((described.preview[0][column], described.columns[0].unit), (value, unit))

    def test_time_stamps_of_forms_are_read(self):
        content = write("Timestamp,y", lambda n: f"2024/01/{1 + n % 28:02} 9:15:{n:02} AM GMT+1,{n % 2}")
        described = describe(read_csv(io.BytesIO(content.encode()), "t.csv"))
        self.assertEqual(described.preview[0]["Timestamp"], "2024-01-01T08:15:00+00:00")
        self.assertEqual([problem.code for problem in described.problems], ["time_zones"])
