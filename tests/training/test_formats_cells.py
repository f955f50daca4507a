"""The values of cells: numbers, dates, durations, codes and labels, and the notes on each reading."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from django.test import SimpleTestCase

from tests.training.scripts import run_code
from training.artifacts.code.reading import READ_SECONDS, TRANSLATE_DATE, write_reading
from training.datasets.columns import infer_label_type
from training.datasets.formats.column import parse_formats, write_formats
from training.datasets.formats.detect import type_column
from training.datasets.formats.durations import read_seconds
from training.datasets.formats.levels import order_levels
from training.datasets.formats.request import Request, TypedColumn
from training.datasets.formats.text import Text
from training.exceptions import SpecRefused
from training.spec import ColumnType
from training.spec.columns import ColumnChoice
from training.spec.reading import ReadingOptions

NUMBER, CATEGORY, DATE = ColumnType.NUMBER, ColumnType.CATEGORY, ColumnType.DATE


def read(
    cells: Sequence[str], name: str = "c", options: dict[str, Any] | None = None, *, usual: str = ".", **choice: Any
) -> TypedColumn:
    text = Text(pd.Series(cells, dtype="str"))
    request = Request(name, text, ColumnChoice(**choice), ReadingOptions(**(options or {})), usual)
    return type_column(request, infer_label_type)


def values(column: TypedColumn) -> list[Any]:
    """None where a value is missing."""
    return [None if pd.isna(value) else value for value in column.values]


def codes(column: TypedColumn) -> list[str]:
    return [note.code for note in column.notes]


class NumberTests(SimpleTestCase):
    def test_numbers_as_people_write_them(self):
        for cells, numbers, unit in (
            (["−3.5", "4", "–1"], [-3.5, 4, -1], ""),
            (["12.5%", "6 %", "-3.3 %"], [12.5, 6, -3.3], "%"),
            (["$1,234.50", "($9.10)", "-$3", "$(5.00)"], [1234.5, -9.1, -3, -5], "$"),
            (["1.234,50 €", "3,00 €", "-7,25 €"], [1234.5, 3, -7.25], "€"),
            (["12 kg", "3.5 kg", "1,200 kg"], [12, 3.5, 1200], "kg"),
            (["EUR 5", "7 EUR"], [5, 7], "EUR"),
            (["1 year", "3 years"], [1, 3], "years"),
            (["37.2 °C", "36 °C"], [37.2, 36], "°C"),
            (["1\u202f234", "12\u2009345", "1\u00a0000\u00a0000"], [1234, 12345, 1_000_000], ""),
            (["1'234.5", "2’000", "+3"], [1234.5, 2000, 3], ""),
            (["1e3", "2.5E-1", ".5", "5."], [1000, 0.25, 0.5, 5], ""),
        ):
            with self.subTest(cells=cells):
                column = read(cells)
                self.assertEqual((column.type, values(column)), (NUMBER, numbers))
                self.assertEqual(column.format.unit, unit)
                self.assertEqual(codes(column), ["number_units"] if unit else [])

    def test_points_between_thousands_are_told_from_decimal_points(self):
        for usual, cells, numbers, expected in (
            (",", ["1.200", "12.345"], [1200, 12345], ["ambiguous_number"]),
            (",", ["1.200", "0.345"], [1.2, 0.345], []),
            (",", ["1.200.000", "3"], [1_200_000, 3], []),
            (".", ["1.200", "12.345"], [1.2, 12.345], []),
        ):
            with self.subTest(usual=usual, cells=cells):
                column = read(cells, usual=usual)
                self.assertEqual((values(column), codes(column)), (numbers, expected))
        self.assertEqual(values(read(["1.200", "12.345"], options={"decimal": "."}, usual=",")), [1.2, 12.345])

    def test_indian_groups_of_digits_are_numbers(self):
        self.assertEqual(values(read(["1,00,000", "12,34,567.50", "500"])), [100000, 1234567.5, 500])
        self.assertEqual(read(["₹1,00,000", "₹2,50,000"]).format.unit, "₹")

    def test_multipliers_are_no_units_that_may_be_left_out(self):
        column = read(["1.5k", "500", "2k"])
        self.assertEqual((column.type, codes(column)), (CATEGORY, ["mixed_units"]))
        self.assertIn("'1.5k' and '500'", column.notes[0].message)
        self.assertEqual(read(["1.5k", "2k"]).format.unit, "k")

    def test_amounts_with_a_currency_and_a_multiplier_are_reported(self):
        column = read(["$1.2M", "$500K", "$3M"])
        self.assertEqual((column.type, codes(column)), (CATEGORY, ["unread_amounts"]))
        self.assertIn("3 cells such as '$1.2M'", column.notes[0].message)

    def test_numbers_that_may_mean_missing_are_reported_with_a_fix(self):
        for cells, count in (
            (["1.5", "2", "-999", "7", "-999"], 2),
            (["21", "NA", "-9999", "25", "-9999", "-9999"], 3),
            (["1", "5", "4", "3", "99", "99"], 2),
        ):
            with self.subTest(cells=cells):
                column = read(cells)
                note = column.notes[-1]
                self.assertEqual(note.code, "sentinel_values")
                self.assertIn(f"{count} cells are {cells[-1]}", note.message)
                again = read(cells, **note.choices[0].fix[0].value["c"])
                self.assertEqual(sum(value is None for value in values(again)), count + cells.count("NA"))
                self.assertNotIn("sentinel_values", codes(again))
        for cells in (["18", "70", "99", "99"], ["-99", "-60", "50", "-99"], ["1", "5", "99"], ["99", "99"]):
            self.assertEqual(codes(read(cells)), [], cells)

    def test_brackets_that_make_numbers_negative_are_told(self):
        plain, money = read(["(5)", "7", "(5)"]), read(["($5)", "$7"])
        self.assertEqual((values(plain), codes(plain)), ([-5, 7, -5], ["negative_brackets"]))
        self.assertIn("2 cells in brackets such as '(5)'", plain.notes[0].message)
        self.assertIn("Brackets mean a negative number, as in '($5)'.", money.notes[0].message)

    def test_a_column_that_mixes_units_stays_text_and_quotes_one_of_each(self):
        column = read(["12 kg", "3 lb", "4 kg", "5 lb", "6 kg", "8 kg"])
        self.assertEqual(column.type, CATEGORY)
        (note,) = column.notes
        self.assertEqual(note.code, "mixed_units")
        self.assertIn("'12 kg' and '3 lb'", note.message)
        self.assertEqual(note.choices[0].fix[0].value, {"c": {"type": "number"}})
        self.assertEqual(values(read(["12 kg", "3 lb", "4 kg"], type=NUMBER)), [12, None, 4])

    def test_codes_are_no_numbers_with_a_unit(self):
        self.assertEqual(read(["12A", "13B", "4C"]).type, CATEGORY)
        self.assertEqual(read(["1st", "2nd", "3rd"]).type, CATEGORY)

    def test_marks_are_obeyed_where_they_are_given(self):
        cells = ["1,234", "5,678"]
        self.assertEqual(values(read(cells)), [1234, 5678])
        self.assertEqual(codes(read(cells)), ["ambiguous_number"])
        column = read(cells, options={"decimal": ","})
        self.assertEqual((values(column), codes(column)), ([1.234, 5.678], []))
        self.assertEqual(read(cells, options={"decimal": ".", "thousands": ""}).type, CATEGORY)

    def test_numbers_with_other_marks_than_the_chosen_ones_are_reported(self):
        for options, cells, numbers, marks in (
            ({"decimal": "."}, ["1,5", "2,25", "3"], [1.5, 2.25, 3], "'.' as the decimal mark"),
            ({"decimal": ","}, ["1.5", "2.25", "3"], [1.5, 2.25, 3], "',' as the decimal mark"),
            ({"thousands": ""}, ["1,234,567", "2,345,678", "3"], [1234567, 2345678, 3], "no mark between thousands"),
        ):
            with self.subTest(options=options):
                column = read(cells, options=options)
                self.assertEqual((values(column), codes(column)), (cells, ["other_marks"]))
                self.assertIn(f"2 cells such as {cells[0]!r}", column.notes[0].message)
                self.assertIn(marks, column.notes[0].message)
                detect, keep = column.notes[0].choices
                self.assertEqual(detect.fix[0].path, "/reading")
                self.assertEqual(values(read(cells, options=detect.fix[0].value)), numbers)
                self.assertEqual(codes(read(cells, options=options, **keep.fix[0].value["c"])), [])
        with self.assertRaises(SpecRefused) as caught:
            read(["1,5", "2,25"], options={"decimal": ".", "encoding": "cp1252"}, type=NUMBER)
        self.assertEqual(caught.exception.data.code, "not_numbers")
        self.assertEqual(caught.exception.choices[0].fix[0].value, {"encoding": "cp1252"})

    def test_a_mix_of_decimal_marks_is_reported_with_a_cell_that_does_not_fit(self):
        column = read(["1.5", "2,5", "3.25", "4,5", "5.5", "6.5"])
        self.assertEqual(codes(column), ["mostly_numbers"])
        self.assertIn("'2,5'", column.notes[0].message)

    def test_words_and_errors_among_numbers_are_missing_and_counted(self):
        column = read(["1", "NA", "3", "n/a", "#DIV/0!", "#WERT!", "7", ""])
        self.assertEqual(values(column), [1, None, 3, None, None, None, 7, None])
        words, errors = column.notes
        self.assertEqual((words.code, errors.code), ("missing_words", "spreadsheet_errors"))
        self.assertIn("'NA', 'n/a' (2 cells)", words.message)
        self.assertIn("2 cells", errors.message)

    def test_many_errors_do_not_turn_numbers_into_text(self):
        column = read([f"{n}.5" if n % 3 else "#REF!" for n in range(30)])
        self.assertEqual((column.type, int(column.values.isna().sum())), (NUMBER, 10))

    def test_values_beyond_a_limit_are_missing_and_quoted(self):
        column = read([f"{n}.25" if n % 3 else "<5.0" for n in range(30)])
        self.assertEqual((column.type, codes(column)), (NUMBER, ["censored_values"]))
        self.assertIn("10 cells such as '<5.0'", column.notes[0].message)

    def test_unreadable_cells_of_a_chosen_type_are_counted_and_quoted(self):
        column = read(["1", "two", "3", "four"], type=NUMBER)
        self.assertEqual(values(column), [1, None, 3, None])
        self.assertIn("2 cells are not like the others and count as missing: 'two'", column.notes[0].message)
        column = read(["2024-01-02", "soon"], type=DATE)
        self.assertEqual(codes(column), ["mixed_column"])
        with self.assertRaises(SpecRefused) as caught:
            read(["p", "q"], type=NUMBER)
        self.assertEqual(caught.exception.data.code, "not_numbers")
        self.assertIn("'p'", caught.exception.message)

    def test_numbers_too_large_to_calculate_with_are_missing_and_told(self):
        column = read(["1", "1e400", "-inf", "1e308", "-1e308", "2"])
        self.assertEqual(values(column), [1, None, None, None, None, 2])
        self.assertEqual(codes(column), ["infinite_values", "extreme_values"])
        self.assertIn("'1e400'", column.notes[0].message)
        self.assertIn("2 numbers such as '1e308'", column.notes[1].message)

    def test_a_long_cell_is_read_in_linear_time(self):
        for cell in ("1" * 200_000, "1," * 100_000, "(" * 100_000, "1 " * 100_000, "a" * 200_000, "1:" * 100_000):
            column = read([cell, "2", "x"])
            self.assertEqual(len(column.values), 3)


class CodeTests(SimpleTestCase):
    def test_leading_zeros_make_codes_of_a_column(self):
        column = read(["007", "0101", "101", "007"])
        self.assertEqual((column.type, values(column)), (CATEGORY, ["007", "0101", "101", "007"]))
        self.assertEqual(codes(column), ["leading_zeros"])
        self.assertEqual(values(read(["007", "101"], type=NUMBER)), [7, 101])
        self.assertEqual(read(["0.5", "0", "00.25"]).type, NUMBER)
        self.assertEqual(read(["0", "10", "5"]).type, NUMBER)

    def test_whole_numbers_that_float64_cannot_tell_apart_are_codes(self):
        cells = ["9007199254740992", "9007199254740993", "", "5"]
        column = read(cells)
        self.assertEqual((column.type, values(column)), (CATEGORY, [cells[0], cells[1], None, "5"]))
        self.assertEqual(codes(column), ["long_numbers"])
        self.assertIn("'9007199254740992' and '9007199254740993'", column.notes[0].message)
        self.assertEqual(values(read(cells, type=NUMBER)), [2**53, 2**53, None, 5])
        self.assertIs(read(["90071992547409931", "3"]).type, NUMBER)
        self.assertIs(read(["9007199254740992", "9007199254740993", "3.5"]).type, NUMBER)

    def test_whole_numbers_taken_for_categories_have_no_decimals(self):
        self.assertEqual(values(read(["10.0", "20.0", "", "+30"], type=CATEGORY)), ["10", "20", None, "30"])
        self.assertEqual(values(read(["1.10", "1.1"], type=CATEGORY)), ["1.10", "1.1"])
        typed = read(["10", "20"], type=CATEGORY).format.parse(pd.Series(["10.0", "+20", "10.5"], dtype="str"))
        self.assertEqual(typed.tolist(), ["10", "20", "10.5"])

    def test_truths_are_found_in_any_case(self):
        column = read(["TRUE", "false", "True", "True", ""])
        self.assertEqual((column.type, values(column)), (ColumnType.BOOLEAN, ["True", "false", "True", "True", None]))
        self.assertEqual(codes(column), ["spellings_merged"])
        self.assertIn("'TRUE' (1) as 'True'", column.notes[0].message)
        apart = read(["TRUE", "false", "True"], type=CATEGORY)
        self.assertEqual((values(apart), codes(apart)), (["TRUE", "false", "True"], ["labels_nearly_alike"]))
        self.assertEqual(values(read(["TRUE", "false", "NA"], type=NUMBER)), [1, 0, None])
        yes = read(["Yes", "No", "Yes"])
        self.assertEqual(yes.format.parse(pd.Series(["YES", " no "], dtype="str")).tolist(), ["Yes", "No"])

    def test_row_numbers_and_identifiers_are_known_by_their_values(self):
        numbers = [str(n) for n in range(1, 41)]
        for name in ("#", "obs", "nr.", "column 1", "whatever", "Unnamed: 0"):
            self.assertIs(read(numbers, name).type, ColumnType.IDENTIFIER, name)
        self.assertIs(read(numbers[::-1], "whatever").type, ColumnType.IDENTIFIER)
        self.assertIs(read([str(1000 + 7 * n) for n in range(40)], "patient_id").type, ColumnType.IDENTIFIER)
        self.assertIs(read([f"S{n:03}" for n in range(40)], "sample").type, ColumnType.IDENTIFIER)
        for name, cells in (
            ("amount", [str(1000 + 7 * n) for n in range(40)]),
            ("mass", [f"{n * 1.37:.2f}" for n in range(40)]),
            ("week", numbers),
            ("nr.", [str(n % 20) for n in range(40)]),
        ):
            self.assertIs(read(cells, name).type, NUMBER, name)


class DateTests(SimpleTestCase):
    def test_dates_as_people_write_them(self):
        for cells, first in (
            (["31/12/21", "01/02/21"], "2021-12-31"),
            (["5-Jan-2024", "11-Feb-2023"], "2024-01-05"),
            (["5 January 2024", "11 May 2023"], "2024-01-05"),
            (["Jan 5, 2024", "Feb 11, 2023"], "2024-01-05"),
            (["31.12.2024 08:15", "1.2.2024 23:59"], "2024-12-31T08:15"),
            (["12/31/2024 9:05 PM", "1/2/2024 10:00 AM"], "2024-12-31T21:05"),
            (["2024-01-02T10:00:00+02:00", "2024-01-03T10:00:00Z"], "2024-01-02T08:00"),
            (["2024/1/5", "2023/12/31"], "2024-01-05"),
            (["31/12/99", "01/02/68"], "1999-12-31"),
        ):
            with self.subTest(cells=cells):
                column = read(cells)
                self.assertIs(column.type, DATE)
                self.assertEqual(column.values[0], pd.Timestamp(first, tz="UTC"))
                self.assertFalse(column.values.isna().any())
                expected = ["two_digit_years"] * bool(re.search(r"/\d\d$", cells[0])) + ["time_zones"] * (
                    "+" in cells[0]
                )
                self.assertEqual(codes(column), expected)

    def test_two_digit_years_do_not_depend_on_today(self):
        column = read(["31/12/68", "31/12/69"])
        self.assertEqual(column.values.dt.year.tolist(), [2068, 1969])

    def test_day_and_month_are_asked_for_where_no_cell_tells(self):
        cells = ["03/04/2024", "05/06/2024"]
        (note,) = read(cells).notes
        self.assertEqual((note.code, note.level, len(note.choices)), ("ambiguous_date", "error", 3))
        for day_first, month in ((True, 4), (False, 3)):
            column = read(cells, day_first=day_first)
            self.assertEqual((column.values[0].month, codes(column)), (month, []))
        self.assertEqual(codes(read(["03/04/2024", "25/06/2024"])), [])
        self.assertEqual(codes(read(["03.04.2024", "05.06.2024"])), [])

    def test_a_conversion_to_utc_is_told(self):
        column = read(["2024-01-01T08:15:00+02:00", "2024-01-02T08:15:00"])
        self.assertEqual([moment.hour for moment in values(column)], [6, 8])
        self.assertEqual(codes(column), ["time_zones"])
        self.assertIn("Those without one (1 value)", column.notes[0].message)
        self.assertEqual(codes(read(["2024-01-01T08:15:00Z", "2024-01-02T08:15:00Z"])), [])
        self.assertEqual(codes(read(["2024-01-01", "2024-01-02"])), [])

    def test_dates_in_two_orders_stay_text_with_a_note(self):
        column = read(["13/01/2024", "01/14/2024", "15/02/2024", "02/16/2024"])
        self.assertEqual((column.type, codes(column)), (CATEGORY, ["mostly_dates"]))
        dates = read(["13/01/2024", "01/14/2024", "15/02/2024", "02/16/2024"], type=DATE)
        self.assertEqual((codes(dates), sum(value is None for value in values(dates))), (["mixed_column"], 2))

    def test_months_of_other_languages_weekdays_and_ordinals_are_read(self):
        for cells, first, language in (
            (["5 janvier 2024", "1er mars 2024", "30 décembre 2023"], "2024-01-05", "French"),
            (["5 janv. 2024", "12 févr. 2024"], "2024-01-05", "French"),
            (["5. Dezember 2024", "1. Mai 2023", "12. Oktober 2022"], "2024-12-05", "German"),
            (["05.Dez.2024", "01.Mrz.2023"], "2024-12-05", "German"),
            (["Mo 5.2.2024", "Di 6.2.2024"], "2024-02-05", "German"),
            (["5 de enero de 2024", "6 de abril de 2024"], "2024-01-05", "Spanish"),
            (["5 января 2024", "12 мая 2024"], "2024-01-05", "Russian"),
            (["5 lis 2024", "1 sty 2023"], "2024-11-05", "Polish"),
            (["Januar 2024", "März 2023"], "2024-01-01", "German"),
            (["January 5th, 2024", "May 11th, 2023"], "2024-01-05", ""),
            (["5 Sept 2024", "11 Oct 2023"], "2024-09-05", ""),
            (["2024年1月5日", "2024年12月31日"], "2024-01-05", ""),
            (["2024년 1월 5일", "2024년 12월 31일"], "2024-01-05", ""),
            (["12.03.2024 08:15 Uhr", "13.03.2024 09:15 Uhr"], "2024-03-12T08:15", ""),
        ):
            with self.subTest(cells=cells):
                column = read(cells)
                self.assertEqual(column.values[0], pd.Timestamp(first, tz="UTC"))
                self.assertFalse(column.values.isna().any())
                notes = {note.code: note.message for note in column.notes}
                self.assertEqual("month_names" in notes, bool(language))
                self.assertIn(f"read as {language}: {cells[0]!r}" if language else "", notes.get("month_names", ""))

    def test_names_of_time_zones_with_one_offset_are_read(self):
        for cells, first in (
            (["2024-01-05 08:15 CET", "2024-07-06 09:15 CEST"], "2024-01-05T07:15"),
            (["12.03.2024 CET", "13.03.2024 CET"], "2024-03-11T23:00"),
            (["2024-03-12 EST", "2024-03-13 EDT"], "2024-03-12T05:00"),
            (["Mon, 5 Feb 2024 08:15:00 +0100", "Tue, 6 Feb 2024 09:15:00 +0100"], "2024-02-05T07:15"),
        ):
            with self.subTest(cells=cells):
                column = read(cells)
                self.assertEqual((column.values[0], codes(column)), (pd.Timestamp(first, tz="UTC"), ["time_zones"]))
                self.assertIn(repr(cells[0]), column.notes[0].message)

    def test_rows_to_predict_may_have_other_months_of_the_same_language(self):
        form = read(["5. Dezember 2024", "1. Mai 2023"]).format
        self.assertEqual(form.parse(pd.Series(["7. März 2025"], dtype="str"))[0], pd.Timestamp("2025-03-07", tz="UTC"))

    def test_months_without_days_are_their_first_day(self):
        for cells in (["2024-03", "2023-12"], ["03/2024", "12/2023"], ["Mar 2024", "Dec 2023"], ["March 2024"]):
            column = read(cells)
            self.assertEqual(column.values[0], pd.Timestamp("2024-03-01", tz="UTC"))
            self.assertEqual(codes(column), ["month_dates"])
            self.assertIn(repr(cells[0]), column.notes[0].message)
        self.assertIs(read(["2009-10", "2010-11", "2011-12"]).type, CATEGORY)  # seasons

    def test_numbers_that_are_dates_are_read_as_dates_with_a_way_back(self):
        cells = ["20240131", "20231224", ""]
        column = read(cells)
        self.assertEqual((column.values[0], codes(column)), (pd.Timestamp("2024-01-31", tz="UTC"), ["compact_dates"]))
        dates, numbers = (choice.fix[0].value["c"] for choice in column.notes[0].choices)
        self.assertEqual((read(cells, **dates).type, codes(read(cells, **dates))), (DATE, []))
        self.assertEqual(values(read(cells, **numbers)), [20240131, 20231224, None])
        self.assertIs(read(["20240131", "20240132"]).type, NUMBER)

    def test_dates_and_times_that_are_not_read_are_reported(self):
        for cells in (
            ["08:15 CET", "09:30 CEST", "23:59 PST"],
            ["2024-01-05 08:15 CST", "2024-01-06 09:15 CST"],
            ["5 listopada 2024", "12 listopada 2023"],  # November in Polish, October in Croatian
            ["Fri Jan  5 08:15:00 UTC 2024", "Sat Jan  6 08:15:00 UTC 2024"],
            ["Q1 2024", "Q2 2023"],
            ["Jan-24", "Feb-23"],
        ):
            with self.subTest(cells=cells):
                column = read(cells * 2)
                (note,) = column.notes
                self.assertEqual((note.code, values(column)), ("unread_dates", cells * 2))
                self.assertIn(f"{2 * len(cells)} cells such as {cells[0]!r}", note.message)
                for choice in note.choices:
                    self.assertEqual(codes(read(cells * 2, **choice.fix[0].value["c"])), [])
        for cells in (
            ["12 Elm Street", "5 Oak 3"],
            ["12 kg box", "5 kg bag"],
            ["A-12-2024", "B-13-2023"],
            ["16:9", "x"],
            ["Model 2024", "Class 2023"],
        ):
            self.assertNotIn("unread_dates", codes(read(cells)), cells)

    def test_seconds_of_hundreds_of_digits_are_no_duration(self):
        for cell, seconds in (("9" * 400, math.nan), ("-" + "9" * 16, math.nan), ("90.5", 90.5), (".5", 0.5)):
            np.testing.assert_equal(read_seconds(cell, "h:m"), seconds)

    def test_durations_and_times_of_day_are_seconds(self):
        for cells, seconds, unit in (
            (["1:52:07", "0:59:01"], [6727, 3541], "s"),
            (["52:07", "61:10"], [3127, 3670], "s"),
            (["1:02.5", "2:03.75"], [62.5, 123.75], "s"),
            (["2 days 03:04:05", "1 day, 00:00:01"], [183845, 86401], "s"),
            (["9:00 AM", "12:30 pm", "12:05 am"], [32400, 45000, 300], "s since midnight"),
            (["09:30", "23:10"], [34200, 83400], "s since midnight"),
        ):
            with self.subTest(cells=cells):
                column = read(cells)
                self.assertEqual((column.type, values(column)), (NUMBER, seconds))
                self.assertEqual((column.format.unit, codes(column)), (unit, ["time_values"]))


class LabelTests(SimpleTestCase):
    def test_a_word_that_may_be_a_level_is_one_where_nothing_else_is_missing(self):
        column = read(["None", "Mild", "None", "Severe"])
        self.assertEqual(values(column), ["None", "Mild", "None", "Severe"])
        (note,) = column.notes
        self.assertEqual(note.code, "word_is_level")
        self.assertIn("2 cells say 'None'", note.message)
        self.assertEqual(
            [choice.fix[0].value["c"] for choice in note.choices], [{"missing": []}, {"missing": ["None"]}]
        )

    def test_a_rare_word_beside_empty_cells_is_missing(self):
        column = read(["a", "b", ""] * 10 + ["NA"])
        self.assertEqual((values(column)[-1], codes(column)), (None, ["missing_words"]))

    def test_a_given_list_of_missing_texts_is_obeyed_exactly(self):
        cells = ["a", "b", "", "NA", "?", "-"] * 5
        self.assertEqual(values(read(cells, options={"missing": []}))[:6], ["a", "b", None, "NA", "?", "-"])
        self.assertEqual(values(read(cells, missing=("a", "?")))[:6], [None, "b", None, "NA", None, "-"])
        self.assertEqual(codes(read(cells, missing=())), [])

    def test_numbers_in_a_given_list_are_missing_however_they_are_written(self):
        cells = ["1.5", "-999", "-999.00", "2", "NA"]
        for where in ({"options": {"missing": ["-999", "NA"]}}, {"missing": ["-999", "NA"]}):
            self.assertEqual(values(read(cells, **where)), [1.5, None, None, 2, None])
        self.assertEqual(values(read(["1", "9", "2", "9.0"], options={"missing": ["9"]})), [1, None, 2, None])

    def test_outer_blanks_make_no_level(self):
        column = read(["Yes", "Yes ", " No", "No"])
        self.assertEqual((values(column), codes(column)), (["Yes", "Yes", "No", "No"], ["labels_trimmed"]))

    def test_labels_nearly_alike_are_listed_with_a_fix_that_merges_them(self):
        cells = [">50K", ">50K", ">50K.", "<=50K", "<=50k", "<=50K"]
        (note,) = read(cells).notes
        self.assertEqual(note.code, "labels_nearly_alike")
        self.assertIn("'>50K' (2), '>50K.' (1); '<=50K' (2), '<=50k' (1)", note.message)
        merge = note.fix[0].value["c"]["merge"]
        self.assertEqual(merge, {">50K.": ">50K", "<=50k": "<=50K"})
        column = read(cells, merge=merge)
        self.assertEqual((set(values(column)), codes(column)), ({">50K", "<=50K"}, []))

    def test_a_boolean_column_with_more_than_two_levels_is_refused(self):
        with self.assertRaises(SpecRefused) as caught:
            read(["yes", "no", "maybe", ""], type=ColumnType.BOOLEAN)
        self.assertEqual((caught.exception.data.code, caught.exception.data.where), ("not_boolean", "column_types.c"))
        self.assertIn("3 levels", caught.exception.message)
        self.assertIn("category", caught.exception.data.hint)
        merged = read(["yes", "no", "maybe", ""], type=ColumnType.BOOLEAN, merge={"maybe": "no"})
        self.assertEqual((merged.type, values(merged)), (ColumnType.BOOLEAN, ["yes", "no", "no", None]))

    def test_what_is_in_no_cell_can_be_neither_merged_nor_ordered(self):
        for choice, code in (
            ({"merge": {"x": "y"}}, "bad_merge"),
            ({"order": ("a",)}, "bad_order"),
            ({"order": ("a", "b", "z")}, "bad_order"),
            ({"order": ("a", "b", "b")}, "bad_order"),
        ):
            with self.subTest(choice=choice), self.assertRaises(SpecRefused) as caught:
                read(["a", "b"], **choice)
            self.assertEqual(caught.exception.data.code, code)

    def test_levels_have_the_order_that_people_give_them(self):
        for levels in (
            ("low", "medium", "high", "very high"),
            ("Grade 2", "Grade 9", "Grade 10"),
            ("-1", "1"),
            ("8", "9", "10"),
            ("-2.5", "0", "1e1"),
            ("never", "sometimes", "always"),
            ("Strongly disagree", "Neutral", "Strongly agree"),
            ("S", "M", "XL"),
            ("Mon", "Fri", "Sun"),
            ("<18", "18-30", "65+"),
            ("a", "B", "c"),
        ):
            self.assertEqual(order_levels(sorted(levels, reverse=True)), levels)
        self.assertEqual(order_levels(["a", "b"], ("b", "a")), ("b", "a"))


READING_SCRIPT = """
import json
import math
import re

import numpy as np
import pandas as pd

{functions}
table = pd.DataFrame({{"c": pd.Series({cells!r}, dtype="str")}})
{reading}
values = [None if pd.isna(value) else value.isoformat() if hasattr(value, "year") else value for value in table["c"]]
print(json.dumps([str(table["c"].dtype), values]))
"""


def write_values(column: TypedColumn) -> list[Any]:
    """Return the values of a column as READING_SCRIPT prints them."""
    return [value.isoformat() if isinstance(value, pd.Timestamp) else value for value in values(column)]


class FormatTests(SimpleTestCase):
    SETTINGS: tuple[tuple[list[str], dict[str, Any]], ...] = (
        (["1", "", "3.5", "NA"], {}),
        (["−1", "(3)", "4,000", "x1", *map(str, range(30))], {}),
        (["1.234,5", "2,5", "-3", "", "4,25"], {}),
        (["$1", "($2.50)", "$3,000", "?"], {}),
        (["5 kg", "3 lb", "1e400 kg", "7 kg"], {"type": "number"}),
        (["TRUE", "false", " true", "NULL"], {}),
        (["10.0", "+20", " 30 ", ""], {"type": "category"}),
        (["a ", "A", "b", "None", ""], {"merge": {"A": "a"}}),
        (["1.2.2024 10:30", "3.4.2024", "", "soon"], {"type": "date"}),
        (["2024-01-02", "2023-05-06T07:08:09.5Z", "-"], {}),
        (["5-Jan-2024", "6-Feb-2024"], {"type": "number"}),
        (["5. Dezember 2024", "1. Mai 2023 08:15 CET", "", "soon"], {"type": "date"}),
        (["2024年1月5日", "2024年12月31日"], {}),
        (["20240131", "20231224"], {}),
        (["1,00,000", "12,34,567.50"], {}),
        (["1:02:03", "0:00:59", "", "9"], {}),
        (["9:00 AM", "11:59 pm"], {}),
        (["TRUE", "false", "True", "", "0"], {"type": "number"}),
    )

    def test_formats_come_back_from_json_and_read_the_same(self):
        for cells, choice in self.SETTINGS:
            column = read(cells, **choice)
            form = parse_formats(write_formats({"c": column.format}))["c"]
            self.assertEqual(form, column.format)
            text = pd.Series(cells, dtype="str")
            pd.testing.assert_series_equal(form.parse(text), column.format.parse(text))

    def test_the_code_of_a_script_reads_the_same_values(self):
        for cells, choice in self.SETTINGS:
            with self.subTest(cells=cells):
                column = read(cells, **choice)
                text = Text(pd.Series(cells, dtype="str"))
                reading = "\n".join(write_reading('table["c"]', column.format, text))
                functions = f"{READ_SECONDS}\n\n\n{TRANSLATE_DATE}"
                code = READING_SCRIPT.format(cells=cells, functions=functions, reading=reading)
                output, error, _ = run_code(code, {})
                self.assertEqual(error, "")
                self.assertEqual(json.loads(output), [str(column.values.dtype), write_values(column)])
