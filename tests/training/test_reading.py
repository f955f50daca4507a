"""The one reader: delimiters, headers, lines that are no observations, rows of other widths, options that are obeyed."""

from __future__ import annotations

from collections.abc import Callable

from django.test import SimpleTestCase

from tests.training.scripts import ScriptTestCase, stored
from tests.training.tables import read_cells
from training.datasets.reading.cells import Cells
from training.exceptions import UnreadableTable
from training.spec.reading import ReadingOptions, apply_to_other_file


def lines(header: str, row: Callable[[int], str], count: int = 60) -> str:
    return header + "\n" + "".join(row(n) + "\n" for n in range(count))


def codes(cells: Cells) -> list[str]:
    return [note.code for note in cells.notes]


PLAIN = lines("x,c,y", lambda n: f"{n % 17}.5,{'red' if n % 3 else 'blue'},{'ab'[n % 17 > 8]}")
SEPARATED = "sep=;\nmileage;age_years;fuel;price\n" + "".join(
    f"{n},9;{n % 9};{'diesel' if n % 2 else 'petrol'};{n},81\n" for n in range(60)
)
UNITS = "sample,mass,force,speed,material\n,kg,N,m/s,\n" + "".join(
    f"S{n:03},{n}.98,1{n}.4,3.{n},{'oak' if n % 2 else 'steel'}\n" for n in range(60)
)
REPORT = (
    "Sales by region\nExported 2024-01-31\n\n"
    + lines("region,units,price", lambda n: f"{'NS'[n % 2]},{n},{n}.5")
    + "Total,1770,1800\nSource: our own books\n"
)

IRREGULAR: dict[str, tuple[str, list[str], int, list[str]]] = {
    # a file, its columns, its number of rows, and the codes of its notes
    "Excel's line": (SEPARATED, ["mileage", "age_years", "fuel", "price"], 60, ["separator_line"]),
    "units": (UNITS, ["sample", "mass", "force", "speed", "material"], 60, ["units_row"]),
    "units without a blank": (UNITS.replace(",kg,N,m/s,", "-,[kg],[N],[m/s],-"), ["sample", "mass", "force", "speed", "material"], 60, ["units_row"]),
    "units in words": (UNITS.replace(",kg,N,m/s,", "-,seconds,degC,-,-"), ["sample", "mass", "force", "speed", "material"], 60, ["units_row"]),
    "units with words around them": (UNITS.replace(",kg,N,m/s,", "text,in kilograms,thousands of newtons,metres per second,-"), ["sample", "mass", "force", "speed", "material"], 60, ["units_row"]),
    "titles, a total and a source": (REPORT, ["region", "units", "price"], 60, ["title_lines", "footer_rows"]),
    "titles that a spreadsheet padded": ("Sales,,\n,,\n" + PLAIN, ["x", "c", "y"], 60, ["title_lines"]),
    "comments": ("# made by a machine\n# and another\n" + PLAIN + "# the end\n", ["x", "c", "y"], 60, ["comment_lines"]),
    "a header once more": (PLAIN + PLAIN, ["x", "c", "y"], 120, ["repeated_header"]),
    "a header once more, in capitals": (PLAIN + PLAIN.replace("x,c,y", "X,C,Y"), ["x", "c", "y"], 120, ["repeated_header"]),
    "totals of groups": ("region,units,price\n" + "".join(f"{'NS'[n > 29]},{n},{n}.5\n" + "North total,435,450\n" * (n == 29) for n in range(60)) + "Grand total,1770,1800\n", ["region", "units", "price"], 61, ["inner_totals", "footer_rows"]),
    "a source with a comma": (PLAIN + "Source: our own books, 2023\n", ["x", "c", "y"], 60, ["footer_rows"]),
    "texts without a header": ("".join(f"{'red' if n % 3 else 'blue'},{'xz'[n % 2]},{'ab'[n % 5 > 2]}\n" for n in range(60)), ["column 1", "column 2", "column 3"], 60, ["no_header"]),
    "names that repeat": (PLAIN.replace("x,c,y", "x,x,x"), ["x", "x (2)", "x (3)"], 60, ["repeated_names"]),
    "drawn lines": ("x|c|y\n---|---|---\n" + PLAIN.split("\n", 1)[1].replace(",", "|"), ["x", "c", "y"], 60, ["drawn_lines"]),
    "row names of R": ('"x","y"\n' + "".join(f'"{n}",{n % 7},"{"ab"[n % 2]}"\n' for n in range(1, 61)), ["row names", "x", "y"], 60, ["row_names"]),
    "delimiters at the end": (PLAIN.replace("\n", ",\n"), ["x", "c", "y"], 60, ["trailing_delimiters"]),
    "delimiters at the end of rows": ("x,c,y\n" + PLAIN.split("\n", 1)[1].replace("\n", ",,\n"), ["x", "c", "y"], 60, ["trailing_delimiters"]),
    "delimiters at the end of some rows": (PLAIN.replace("\n5.5,red,a\n", "\n5.5,red,a,,\n"), ["x", "c", "y"], 60, ["trailing_delimiters"]),
    "short rows": (PLAIN.replace("\n5.5,red,a\n", "\n5.5,red\n"), ["x", "c", "y"], 60, ["short_rows"]),
    "a title with a delimiter": ("Sales, by region\n" + PLAIN.replace("red", "1").replace("blue", "2"), ["x", "c", "y"], 60, ["title_lines"]),
    "names in two lines": ("a,b,c\nfirst,second,third\n" + "".join(f"{n},{n % 5},{'pq'[n % 2]}\n" for n in range(40)), ["a", "b", "c"], 41, ["second_header"]),
    "groups above names": ("sizes,,kind\nwidth,height,kind\n" + "".join(f"{n},{n % 5},{'pq'[n % 2]}\n" for n in range(40)), ["width", "height", "kind"], 40, ["title_lines"]),
    "names for some columns": ("x\n" + PLAIN.split("\n", 1)[1], ["column 1", "column 2", "column 3"], 60, ["no_header", "title_lines"]),
}  # fmt: skip


class IrregularTests(SimpleTestCase):
    def test_what_is_no_observation_is_left_out_and_quoted(self):
        for name, (content, columns, rows, expected) in IRREGULAR.items():
            with self.subTest(file=name):
                cells = read_cells(content)
                self.assertEqual((list(cells.frame.columns), len(cells.frame)), (columns, rows))
                self.assertEqual(codes(cells), expected)
                self.assertTrue(all(note.message.endswith(".") for note in cells.notes))

    def test_the_options_that_are_reported_give_the_same_cells(self):
        for name, (content, *_) in IRREGULAR.items():
            with self.subTest(file=name):
                cells = read_cells(content)
                again = read_cells(content, **cells.reading.model_dump())
                self.assertTrue(again.frame.equals(cells.frame))
                self.assertEqual(again.reading, cells.reading)

    def test_lines_that_are_left_out_can_be_kept(self):
        for name, (content, *_) in IRREGULAR.items():
            cells = read_cells(content)
            for note in cells.notes:
                for choice in note.choices:
                    with self.subTest(file=name, note=note.code):
                        (operation,) = choice.fix
                        kept = read_cells(content, **operation.value)
                        self.assertNotIn(note.code, codes(kept))

    def test_left_out_lines_are_quoted_with_their_numbers(self):
        cells = read_cells(REPORT)
        self.assertIn("line 1: “Sales by region”; line 2: “Exported 2024-01-31”", cells.notes[0].message)
        self.assertIn("line 66: “Source: our own books", cells.notes[1].message)
        self.assertEqual((cells.reading.header_row, cells.reading.skip_rows), (4, (1, 2, 65, 66)))

    def test_ordinary_rows_stay(self):
        for name, content, rows in (
            ("Total as a category", "kind,n\nTotal,1\nPart,2\nTotal,3\nPart,4\nTotal,5\n", 5),
            ("a total in the middle", "kind,n\na,1\nTotal,3\nb,4\n", 3),
            ("the only total is a row among others", "kind,n\nTotal,1\na,3\nb,4\n", 3),
            ("tags", "tag,n\n#a,1\nb,2\n#c,3\n", 3),
            ("texts below a header", "a,b\nred,m\nblue,s\nred,m\n", 3),
            ("a row of missing values", "a,b,c\nNA,NA,NA\n1,2,3\n4,5,6\n", 3),
            ("an identifier without values", "id,a,b\nP1,1,2\nP2,3,4\nP3,,\n", 3),
            ("names", "name,born,height\nAda,1815,165\nAlan,1912,178\n", 2),
            ("two columns", "a,b\nx,y\nz,w\n", 2),
            ("values that are names of other columns", "a,b\nb,a\nx,y\nb,x\n", 3),
        ):
            with self.subTest(table=name):
                cells = read_cells(content)
                self.assertEqual((len(cells.frame), codes(cells)), (rows, []))

    def test_totals_between_rows_are_quoted_and_can_be_left_out(self):
        cells = read_cells(IRREGULAR["totals of groups"][0])
        note = cells.notes[0]
        self.assertIn("line 32: “North total | 435 | 450”", note.message)
        self.assertEqual(len(read_cells(IRREGULAR["totals of groups"][0], **note.choices[0].fix[0].value).frame), 60)
        for rows in ("Subtotal,1\na,2\nb,3\nc,4\n", "a,2\nSubtotal,2\nb,3\n"):
            self.assertEqual(codes(read_cells("k,n\n" + rows)), ["inner_totals"])
        self.assertEqual(codes(read_cells("k,n\na,2\nTotal Wipeout,2\nNorth total,5\nb,3\n")), [])

    def test_rows_that_begin_like_comments_stay(self):
        content = "tag,n\n#a,1\nb,2\n# a remark\n#c,3\nd,4\n"
        cells = read_cells(content)
        self.assertEqual(cells.frame["tag"].tolist(), ["#a", "b", "#c", "d"])
        self.assertEqual((cells.reading.comment, cells.reading.skip_rows), ("", (4,)))
        self.assertTrue(read_cells(content, **cells.reading.model_dump()).frame.equals(cells.frame))

    def test_rows_with_too_many_cells_are_refused_with_line_and_example(self):
        with self.assertRaises(UnreadableTable) as caught:
            read_cells(PLAIN.replace("\n5.5,red,a\n", "\n5,5,red,a\n"))
        self.assertIn("line 7 has 4 cells", caught.exception.message)
        self.assertIn("5 | 5 | red | a", caught.exception.message)
        self.assertEqual(
            len(read_cells(PLAIN.replace("\n5.5,red,a\n", "\n5,5,red,a\n"), skip_rows=(7, 24, 41, 58)).frame), 56
        )

    def test_a_header_that_lacks_a_name_is_refused_where_no_column_is_row_names(self):
        with self.assertRaisesMessage(UnreadableTable, "it is not clear which column has no name"):
            read_cells("a,b\n1,2,3\n1,4,5\n2,6,7\n")

    def test_a_quote_that_swallows_rows_is_noted_with_its_line(self):
        for row, expected in (('5,"red,a', ["swallowed_lines"]), ('5,"red\nor so",a', [])):
            content = PLAIN.replace("\n5.5,red,a\n", f"\n{row}\n", 1).replace(
                "\n7.5,blue,a\n", '\n7.5,blue",a\n', bool(expected)
            )
            cells = read_cells(content)
            self.assertEqual(codes(cells), expected)
            if expected:
                self.assertIn("line 7", cells.notes[0].message)

    def test_backslashes_before_quotes_are_noted_with_count_and_example(self):
        cells = read_cells('id,text\n1,plain\n2,"say \\"hi\\" to all"\n3,5\\" pipe\n')
        self.assertEqual(cells.frame["text"].tolist(), ["plain", 'say \\hi\\" to all"', '5\\" pipe'])
        (note,) = cells.notes
        self.assertEqual(note.code, "backslash_quotes")
        self.assertIn('3 quotes have a backslash before them, such as in line 3: “2,"say \\"hi', note.message)
        for text in ('"C:\\"', '"a\\""b"', "a\\b", "C:\\dir\\"):
            with self.subTest(text=text):
                self.assertEqual(codes(read_cells(f"text,id\n{text},1\nx,{text}\n")), [])

    def test_a_quote_that_is_never_closed_is_refused_with_its_line(self):
        with self.assertRaisesMessage(UnreadableTable, "opens in line 3 is never closed"):
            read_cells('a,b\n1,x\n2,"y\n3,z\n4,w\n')


class DelimiterTests(SimpleTestCase):
    def test_delimiters_are_found(self):
        for delimiter in ",;\t| :~":
            with self.subTest(delimiter=delimiter):
                cells = read_cells(
                    lines(f"x{delimiter}c{delimiter}y", lambda n, d=delimiter: d.join((str(n), "ab"[n % 2], f"{n}.5")))
                )
                self.assertEqual((list(cells.frame.columns), cells.reading.delimiter), (["x", "c", "y"], delimiter))
                self.assertEqual(list(cells.frame.iloc[3]), ["3", "b", "3.5"])

    def test_any_number_of_blanks_is_one_delimiter(self):
        cells = read_cells('  a   b c\n 1  2.5   x\n10 20.5 "y  z"\n3 4.5\tw  \n')
        self.assertEqual(
            cells.frame.to_numpy().tolist(), [["1", "2.5", "x"], ["10", "20.5", "y  z"], ["3", "4.5", "w"]]
        )

    def test_times_addresses_and_names_are_not_divided(self):
        for content in (
            "time\n12:30\n12:45\n13:00\n",
            "url\nhttp://a\nhttp://b\nhttp://c\n",
            "full name\nAda L\nAlan T\nKurt G\n",
        ):
            self.assertEqual(read_cells(content).frame.shape, (3, 1))

    def test_decimal_commas_are_no_delimiters(self):
        for content in ("1,5;2,5\n3,5;4,5\n5,5;6,5\n", "a\tb\n1,5\t2,5\n3,5\t4,5\n", "a;b\n1,234;2\n3,456;4\n"):
            self.assertEqual(read_cells(content).frame.shape[1], 2)


class OptionTests(SimpleTestCase):
    def test_options_are_obeyed(self):
        for content, options, expected in (
            ("a;b\n1;2\n", {"delimiter": ","}, {"a;b": ["1;2"]}),
            ("a,b\nc,d\n1,2\n", {"header_row": 2}, {"c": ["1"], "d": ["2"]}),
            ("a,b\n1,2\n", {"header_row": 0}, {"column 1": ["a", "1"], "column 2": ["b", "2"]}),
            ("1,2\n3,4\n", {"header_row": 1}, {"1": ["3"], "2": ["4"]}),
            ("a,b\n1,2\n3,4\n5,6\n", {"skip_rows": (3,)}, {"a": ["1", "5"], "b": ["2", "6"]}),
            ("a,b\n1,2\n!3,4\n", {"comment": "!"}, {"a": ["1"], "b": ["2"]}),
            (
                "a,b,c\n#x\n1,2,3\n4,5,6\n",
                {"comment": ""},
                {"a": ["#x", "1", "4"], "b": ["", "2", "5"], "c": ["", "3", "6"]},
            ),
            ("a,b\n1,2\nTotal,3\n", {"skip_rows": ()}, {"a": ["1", "Total"], "b": ["2", "3"]}),
            ("ä,b\n1,2\n", {"encoding": "latin-1"}, {"Ã¤": ["1"], "b": ["2"]}),
        ):
            with self.subTest(options=options):
                self.assertEqual(read_cells(content, **options).frame.to_dict("list"), expected)

    def test_options_that_cannot_be_obeyed_are_refused(self):
        for content, options, where in (
            ("a,b\n1,2\n", {"header_row": 9}, "reading.header_row"),
            ("a,b\n\n1,2\n", {"header_row": 2}, "reading.header_row"),
            ("a,b\n1,2\n", {"encoding": "rot13"}, "reading.encoding"),
            ("a,b\n1,2\n", {"encoding": "base64"}, "reading.encoding"),
            ("a,b\n1,2\n", {"encoding": "\x00"}, "reading.encoding"),
            ("größe,b\n1,2\n", {"encoding": "ascii"}, "reading.encoding"),
            ("a,b\n1,2\n", {"skip_rows": (1, 2)}, "reading.skip_rows"),
        ):
            with self.subTest(options=options):
                with self.assertRaises(UnreadableTable) as caught:
                    read_cells(content, **options)
                self.assertEqual(caught.exception.data.where, where)
                self.assertTrue(caught.exception.data.hint)

    def test_all_options_are_reported(self):
        reading = read_cells("a;b\n1.234,5;x\n2.345,6;y\n").reading
        self.assertEqual(
            (
                reading.encoding,
                reading.delimiter,
                reading.decimal,
                reading.thousands,
                reading.header_row,
                reading.skip_rows,
                reading.comment,
            ),
            ("utf-8", ";", ",", ".", 1, (), ""),
        )

    def test_the_first_lines_are_shown(self):
        cells = read_cells("sep=;\na;b\n" + "1;2\n" * 40)
        self.assertEqual((cells.lines[0], cells.lines[1], len(cells.lines)), ("sep=;", "a;b", 20))


class NameTests(SimpleTestCase):
    def test_names_are_kept_as_they_were_written(self):
        header = (
            '"distance, km",ratio<1,p:q,x.y,x[0],{set},"say ""hi""",it\'s,a\\b,🌡 °C,  padded  ,tab\there,yield [t/ha]'
        )
        cells = read_cells(header + "\n" + (",".join(["-1.5"] * 13) + "\n") * 3)
        self.assertEqual(
            list(cells.frame.columns),
            [
                "distance, km",
                "ratio<1",
                "p:q",
                "x.y",
                "x[0]",
                "{set}",
                'say "hi"',
                "it's",
                "a\\b",
                "🌡 °C",
                "padded",
                "tab here",
                "yield [t/ha]",
            ],
        )
        self.assertEqual(cells.notes, ())

    def test_options_for_another_file_name_no_lines(self):
        options = ReadingOptions(delimiter=";", header_row=3, skip_rows=(1, 2), missing=("x",))
        self.assertEqual(apply_to_other_file(options), ReadingOptions(delimiter=";", missing=("x",)))
        self.assertEqual(apply_to_other_file(ReadingOptions(header_row=0)), ReadingOptions(header_row=0))


class LoadingScriptTests(ScriptTestCase):
    def test_scripts_read_the_same_cells(self):
        multiline = (
            lines("x,c,y", lambda n: f'{n % 17},"{"red" if n % 3 else "blue"}\nor so",{"ab"[n % 17 > 8]}')
            + "Total,9,1\n"
        )
        contents = {name: content for name, (content, *_) in IRREGULAR.items()} | {
            "cells of several lines above a footer": multiline,
            "blanks": PLAIN.replace(",", "  "),
        }
        runs = {
            name: stored(content, target=list(read_cells(content).frame.columns)[-1], epochs=1)
            for name, content in contents.items()
        }
        self.assert_scripts_reproduce(runs)
