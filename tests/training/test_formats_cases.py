"""Tables of the kinds that public bug reports are about: what is learned from them, and what is said of them."""

from __future__ import annotations

import io
import random
from typing import Any

import numpy as np
from django.test import SimpleTestCase

from tests.training.tables import read_csv
from tests.training.test_predict import train_and_reload
from training.datasets.columns import describe
from training.datasets.plan import Plan, make_plan
from training.datasets.preprocessing import PreparedData, prepare
from training.datasets.rows import find_unknown, parse_rows, type_columns
from training.exceptions import SpecRefused
from training.limits import Limits
from training.spec import ProblemType, TrainingSpec


def write(header: str, rows: list[str]) -> str:
    return "\n".join([header, *rows]) + "\n"


def plan(content: str, **fields: Any) -> Plan:
    spec = TrainingSpec.model_validate({"seed": 1, **fields})
    return make_plan(read_csv(io.BytesIO(content.encode()), "t.csv"), spec, Limits())


def codes(made: Plan) -> list[str]:
    return [note.code for note in made.notes]


class LevelTests(SimpleTestCase):
    def test_none_is_a_class_and_no_row_is_lost(self):
        rng = random.Random(1)
        rows = [f"{rng.randint(1, 80)},{rng.choice(['None', 'Mild', 'Severe'])}" for _ in range(120)]
        made = plan(write("dose,reaction", rows), target="reaction")
        self.assertEqual(made.classes, ("None", "Mild", "Severe"))
        self.assertEqual((len(made.y), codes(made)), (120, ["word_is_level"]))
        dropped = plan(
            write("dose,reaction", rows), target="reaction", column_types={"reaction": {"missing": ["None"]}}
        )
        self.assertEqual((dropped.classes, codes(dropped)), (("Mild", "Severe"), ["missing_target"]))

    def test_na_is_a_region_and_a_row_with_it_is_predicted_as_such(self):
        rng = random.Random(2)
        means = {"NA": 60, "AP": 10, "EU": 30, "LA": 90}
        rows = []
        for _ in range(160):
            market = rng.choice(sorted(means))
            rows.append(f"{market},{rng.randint(1, 20)},{means[market] + rng.random()}")
        content = write("market,visits,basket", rows)
        self.assertEqual(describe(read_csv(io.BytesIO(content.encode()), "t")).columns[0].missing, 0)
        data = prepare(plan(content, target="basket"))
        _, trained = train_and_reload(data, user_model="LinearRegression()")
        (value,), _ = trained.answer(parse_rows([{"market": "NA", "visits": 10}], trained.preparation))
        self.assertAlmostEqual(value, 60.5, delta=1)

    def test_codes_with_zeros_stay_apart_as_classes(self):
        rows = [f"{('007', '010', '0101', '101')[n % 4]},{n % 9}" for n in range(80)]
        made = plan(write("route,x", rows), target="route")
        self.assertEqual(made.classes, ("007", "010", "0101", "101"))
        self.assertEqual(made.class_counts, [20, 20, 20, 20])

    def test_plus_and_minus_one_are_two_classes_in_this_order(self):
        content = write("x,label", [f"{n % 7},{1 if n % 7 > 3 else -1}" for n in range(60)])
        made = plan(content, target="label")
        self.assertEqual((made.problem_type, made.classes), (ProblemType.CLASSIFICATION, ("-1", "1")))
        made = plan(content, target="label", problem_type="regression")
        self.assertEqual(sorted(set(made.y)), [-1, 1])

    def test_codes_beside_gaps_have_no_decimals(self):
        rows = [f"{n % 7},{'' if n % 20 == 0 else 10 * (1 + n % 3)}" for n in range(90)]
        made = plan(write("x,grade", rows), target="grade", problem_type="classification")
        self.assertEqual((made.classes, len(made.y)), (("10", "20", "30"), 85))
        self.assertIn("5 rows", next(note.message for note in made.notes if note.code == "missing_target"))

    def test_classes_have_the_order_of_their_levels_everywhere(self):
        levels = ("low", "medium", "high", "very high")
        content = write("x,grade,risk", [f"{n % 7},Grade {1 + n % 11},{levels[n % 4]}" for n in range(160)])
        self.assertEqual(plan(content, target="risk").classes, levels)
        given = plan(content, target="risk", column_types={"risk": {"order": levels[::-1]}})
        self.assertEqual(given.classes, levels[::-1])
        top = describe(read_csv(io.BytesIO(content.encode()), "t")).columns[1].top
        numbers = [int(each.value.split()[1]) for each in top]
        self.assertEqual(numbers, sorted(numbers))

    def test_nearly_alike_labels_are_told_and_merged_on_request(self):
        labels = (">50K", "<=50K", ">50K.", " >50K ", "<=50k")
        content = write("x,income", [f'{n % 7},"{labels[n % 5]}"' for n in range(100)])
        made = plan(content, target="income")
        self.assertEqual(made.classes, ("<=50K", "<=50k", ">50K", ">50K."))
        note = next(note for note in made.notes if note.code == "labels_nearly_alike")
        merged = plan(content, target="income", **{note.fix[0].path[1:]: note.fix[0].value})
        self.assertEqual(merged.class_counts, [40, 60])
        self.assertNotIn("labels_nearly_alike", codes(merged))


class AmountTests(SimpleTestCase):
    def test_percent_and_currency_are_numbers_and_rows_may_leave_the_sign_out(self):
        rng = random.Random(7)
        rows = []
        for _ in range(120):
            discount, price = rng.randint(0, 60), rng.randint(100_000, 900_000) / 100
            net = price * 0.1 - 10 * discount
            shown = f"${net:,.2f}" if net >= 0 else f"(${-net:,.2f})"
            rows.append(f'{discount}%,"${price:,.2f}","{shown}"')
        content = write("discount,list_price,net", rows)
        data = prepare(plan(content, target="net"))
        self.assertEqual(data.problem_type, ProblemType.REGRESSION)
        self.assertEqual(codes(data.plan), ["number_units"] * 3)
        self.assertLess(data.plan.y.min(), 0)
        units = [column.unit for column in describe(read_csv(io.BytesIO(content.encode()), "t")).columns]
        self.assertEqual(units, ["%", "$", "$"])
        rows_alike = [
            {"discount": "12%", "list_price": "$1,050"},
            {"discount": 12, "list_price": 1050},
            {"discount": "12", "list_price": "1,050"},
            {"discount": " 12 % ", "list_price": "1050.0"},
        ]
        X = data.preparation.transform(parse_rows(rows_alike, data.preparation))
        np.testing.assert_array_equal(X, np.tile(X[:1], (4, 1)))

    def test_a_target_with_limits_is_refused_until_the_user_says_number(self):
        rows = [f"{n % 7},{'<5.0' if n % 3 == 0 else n * 0.37 + 5}" for n in range(120)]
        content = write("x,lead", rows)
        with self.assertRaises(SpecRefused) as caught:
            plan(content, target="lead", problem_type="regression")
        self.assertEqual(caught.exception.data.code, "censored_target")
        for part in ("'lead'", "40 cells", "'<5.0'"):
            self.assertIn(part, caught.exception.message)
        made = plan(content, target="lead", column_types={"lead": "number"})
        self.assertEqual((len(made.y), set(codes(made))), (80, {"missing_target", "censored_values"}))

    def test_values_too_far_from_what_was_learned_are_refused_by_row(self):
        content = write("x,y", [f"{n % 7},{'ab'[n % 2]}" for n in range(60)])
        preparation = prepare(plan(content, target="y")).preparation
        with self.assertRaises(SpecRefused) as caught:
            preparation.transform(parse_rows([{"x": 1}, {"x": 1e99}], preparation))
        self.assertEqual(caught.exception.data.code, "extreme_numbers")
        self.assertIn("In row 2", caught.exception.message)
        for huge in (1e308, -1e308, 10**400, "1e400", "inf", float("inf")):
            with self.subTest(huge=huge), self.assertRaises(SpecRefused) as caught:
                parse_rows([{"x": huge}], preparation)
            self.assertEqual(caught.exception.data.code, "not_numbers")


class RowTests(SimpleTestCase):
    def prepare(self) -> PreparedData:
        rows = [
            f'{n % 2 == 0},{("green", "red")[n % 2]},{(8000, 8001, 8002)[n % 3]}.0,"1,{n:03}",'
            f"{('02139', '10001')[n % 2]},{1 + n % 28}.3.2024,{n % 3}:0{n % 7}:10,{'ab'[n % 5 > 2]}"
            for n in range(90)
        ]
        content = write("flag,colour,code,amount,zip,day,time,y", rows)
        types = {"code": "category"}
        return prepare(plan(content, target="y", column_types=types))

    def test_rows_are_read_as_the_table_was(self):
        data = self.prepare()
        preparation = data.preparation
        written = {
            "flag": "TRUE", "colour": " green ", "code": "8001.0", "amount": "1,004", "zip": "02139", "day": "5.3.2024",
            "time": "1:04:10",
        }  # fmt: skip
        typed = {**written, "flag": True, "code": 8001, "amount": 1004, "day": "2024-03-05", "time": 3850}
        expected = preparation.transform(data.plan.frame.iloc[[4]])
        for row in (written, typed):
            frame = parse_rows([row], preparation)
            np.testing.assert_array_equal(preparation.transform(frame), expected)
            self.assertEqual(find_unknown(row, frame, preparation), [])

    def test_each_unknown_level_and_column_is_named(self):
        preparation = self.prepare().preparation
        row = {"colour": "Atlantis", "zip": 2139, "amount": 5, "weight": 3, "y": "a"}
        frame = parse_rows([row], preparation)
        found = {(problem.code, problem.where): problem.message for problem in find_unknown(row, frame, preparation)}
        self.assertEqual(
            set(found),
            {("unused_column", "rows.weight"), ("unknown_level", "rows.colour"), ("unknown_level", "rows.zip")},
        )
        self.assertIn("'2139'", found["unknown_level", "rows.zip"])

    def test_rows_with_a_decimal_comma_take_numbers_as_they_are(self):
        content = write("x;y", [f'"1.{n:03},5";{"ab"[n % 2]}' for n in range(60)])
        preparation = prepare(plan(content, target="y")).preparation
        frame = parse_rows([{"x": "1.234,5"}, {"x": 1234.5}, {"x": "1234.5"}, {"x": 1.234}], preparation)
        self.assertEqual(frame["x"].tolist(), [1234.5, 1234.5, 1234.5, 1.234])

    def test_a_file_is_read_cell_by_cell_as_the_table_was(self):
        data = self.prepare()
        row = 'TRUE,green,8001,"1,004",02139,5.3.2024,1:04:10'
        content = write("flag,colour,code,amount,zip,day,time", [row])
        cells = read_csv(io.BytesIO(content.encode()), "t")
        frame = type_columns(cells.cells.frame, data.preparation)
        np.testing.assert_array_equal(
            data.preparation.transform(frame), data.preparation.transform(data.plan.frame.iloc[[4]])
        )


class TargetTests(SimpleTestCase):
    CONTENT = write("a,b,c", [f"{n % 7},{n % 5},{'pq'[n % 2]}" for n in range(60)])

    def test_no_target_is_guessed_without_a_name_that_says_so(self):
        with self.assertRaises(SpecRefused) as caught:
            plan(self.CONTENT)
        self.assertEqual(caught.exception.data.code, "no_target")
        offered = [choice.fix[0].value for choice in caught.exception.choices]
        self.assertEqual(offered, ["c", "b", "a"])

    def test_a_guess_is_said_to_be_one(self):
        made = plan(self.CONTENT.replace("b,c", "b,Survived"))
        self.assertEqual((made.target, codes(made)), ("Survived", ["guessed_target"]))
        self.assertEqual(codes(plan(self.CONTENT, target="c")), [])

    def test_dates_that_are_not_read_and_left_out_are_reported(self):
        rows = [f"{1 + n % 28} pluviôse {1950 + n},{n % 7},{'pq'[n > 40]}" for n in range(80)]
        made = plan(write("day,x,y", rows), target="y")
        self.assertEqual((made.numbers, codes(made)), (("x",), ["identifier_column", "unread_dates"]))

    def test_each_column_that_is_left_out_is_told_with_a_way_to_include_it(self):
        rows = [f"{1 + n},S{n:03},,{n % 7},{'pq'[n > 40]}" for n in range(80)]
        made = plan(write("obs,sample,nothing,x,y", rows), target="y")
        self.assertEqual(made.numbers, ("x",))
        self.assertEqual(codes(made), ["identifier_column", "identifier_column", "empty_column"])
        for note in made.notes[:2]:
            for choice in note.choices:
                included = plan(write("obs,sample,nothing,x,y", rows), target="y", column_types=choice.fix[0].value)
                self.assertEqual(codes(included).count("identifier_column"), 1)
