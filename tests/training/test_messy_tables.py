"""Messy tables: each trains, or fails with a code, the place and a remedy."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable
from typing import Any

from django.test import SimpleTestCase

from tests.training.tables import read_csv
from training.datasets.columns import describe
from training.datasets.plan import make_plan
from training.datasets.preprocessing import prepare
from training.exceptions import SpecRefused, UnreadableTable
from training.limits import Limits
from training.spec import TrainingSpec
from training.trainers.defaults import complete
from training.trainers.train import train


def lines(header: str, row: Callable[[int], str], count: int = 60) -> str:
    return header + "\n" + "".join(row(n) + "\n" for n in range(count))


def plain(n: int) -> str:
    return f"{n % 17},{'red' if n % 3 else 'blue'},{'ab'[n % 17 > 8]}"


@dataclasses.dataclass(frozen=True)
class Case:
    """`gets`: the features that are learned from, or the code of the refusal; `notes`: codes of what is said of it."""

    content: bytes
    gets: tuple[str, ...] | str
    notes: tuple[str, ...] = ()
    fields: dict[str, Any] = dataclasses.field(default_factory=lambda: {"target": "y"})


def text(content: str, *more: Any, encoding: str = "utf-8", **fields: Any) -> Case:
    return Case(content.encode(encoding), *more, **fields)


XC = ("x", "c_blue", "c_red")
GOOD = lines("x,c,y", plain)
NO_TARGET: dict[str, Any] = {}
LAST = {"target": "column 3"}

CASES: dict[str, Case] = {
    "commas": text(GOOD, XC),
    "semicolons": text(GOOD.replace(",", ";"), XC),
    "tabs": text(GOOD.replace(",", "\t"), XC),
    "bars": text(GOOD.replace(",", "|"), XC),
    "a byte order mark": text(GOOD, XC, encoding="utf-8-sig"),
    "UTF-16": text(GOOD, XC, encoding="utf-16"),
    "Latin-1": text(GOOD.replace("red", "röd"), ("x", "c_blue", "c_röd"), encoding="latin-1"),
    "Windows line ends": text(GOOD.replace("\n", "\r\n"), XC),
    "blank lines": text(GOOD.replace("\n", "\n\n"), XC),
    "decimal commas": text(lines("x;y", lambda n: f"{n},5;{'ab'[n % 2]}"), ("x",)),
    "thousands separators": text(lines("x;y", lambda n: f"1,{n:03},000.5;{'ab'[n % 2]}"), ("x",)),
    "Swiss thousands": text(lines("x;y", lambda n: f"1'{n:03}'000.5;{'ab'[n % 2]}"), ("x",)),
    "German thousands": text(lines("x;y", lambda n: f"1.{n:03}.000,5;{'ab'[n % 2]}"), ("x",)),
    "quoted newlines": text(
        lines("x,c,y", lambda n: f'{n % 9},"{"no" if n % 4 else "two"}\nlines","{"ab"[n % 9 > 4]}"'),
        ("x", "c_no\nlines", "c_two\nlines"),
    ),
    "duplicate headers": text(lines("x,x,y", lambda n: f"{n % 7},{n % 5},{'ab'[n % 2]}"), ("x", "x (2)"), ("repeated_names",)),
    "blank headers": text(lines("x,,y", lambda n: f"{n % 7},{n % 5},{'ab'[n % 2]}"), ("x", "column 2")),
    "no header": text(lines("1,2,a", lambda n: f"{n % 7},{n % 5},{'ab'[n % 2]}"), ("column 1", "column 2"), ("no_header",), LAST),
    "years as headers": text(lines("2019,2020,y", lambda n: f"{n % 7},{n % 5},{'ab'[n % 2]}"), ("2019", "2020")),
    "infinities": text(lines("x,y", lambda n: f"{'inf' if n % 9 == 0 else n},{'ab'[n % 2]}"), ("x",), ("infinite_values",)),
    "a class with one member": text(lines("x,y", lambda n: f"{n},{'c' if n == 0 else 'ab'[n % 2]}"), ("x",), ("not_stratified",)),
    "a constant column": text(lines("k,x,y", lambda n: f"7,{n},{'ab'[n % 2]}"), ("k", "x")),
    "an all-missing column": text(lines("k,x,y", lambda n: f",{n},{'ab'[n % 2]}"), ("x",), ("empty_column",)),
    "mixed types": text(lines("x,y", lambda n: f"{'unknown' if n == 3 else n},{'ab'[n % 2]}"), ("x",), ("missing_words",)),
    "half text, half numbers": text(lines("x,y", lambda n: f"{n % 4 if n % 2 else 'p'},{'ab'[n % 2]}"), ("x_1", "x_3", "x_p"), ("mostly_numbers",)),
    "dates": text(lines("d,y", lambda n: f"2024-{1 + n % 12:02}-{1 + n % 28:02},{'ab'[n % 2]}"), ("d",)),
    "German dates": text(lines("d,y", lambda n: f"{1 + n % 28}.{1 + n % 12}.2024,{'ab'[n % 2]}"), ("d",)),
    "dates with times": text(lines("d,y", lambda n: f"2024-01-{1 + n % 28:02}T10:00:00Z,{'ab'[n % 2]}"), ("d",)),
    "identifiers": text(lines("id,x,y", lambda n: f"{1000 + n},{n % 9},{'ab'[n % 2]}"), ("x",), ("identifier_column",)),
    "free text": text(
        lines("t,x,y", lambda n: f"this is row {n},{n % 9},{'ab'[n % 2]}"),
        ("x", "t: is", "t: is row", "t: row", "t: this", "t: this is", "t: number of words"),
    ),
    "near-unique categories": text(
        lines("k,x,y", lambda n: f"k{n % 55},{n % 9},{'ab'[n % 2]}"), ("x",), ("identifier_column",)
    ),
    "missing targets": text(lines("x,y", lambda n: f"{n},{'' if n % 5 == 0 else 'ab'[n % 2]}"), ("x",), ("missing_target",)),
    "missing values everywhere": text(lines("x,c,y", lambda n: f"{'' if n % 3 else n},{'' if n % 2 else 'q'},{'ab'[n % 2]}"), ("x",), ("constant_feature",)),
    "booleans": text(lines("f,y", lambda n: f"{n % 3 == 0},{'ab'[n % 2]}"), ("f_False", "f_True")),
    "integers beyond 64 bits": text(lines("x,y", lambda n: f"{10**25 + n * 10**23},{'ab'[n % 2]}"), ("x",)),
    "odd names": text(lines("a.b c,🙂,y", lambda n: f"{n % 7},{n % 5},{'ab'[n % 2]}"), ("a.b c", "🙂")),
    "5,000 columns": text(
        ",".join(f"c{n}" for n in range(4_999)) + ",y\n" + "".join(",".join(str((n * m) % 7) for m in range(4_999)) + f",{'ab'[n % 2]}\n" for n in range(20)),
        tuple(f"c{n}" for n in range(4_999)),
    ),
    "an empty file": Case(b"", "unreadable_table"),
    "a header only": text("x,c,y\n", "unreadable_table"),
    "rows that do not line up": text("x,y\n1,a\n1,2,3,4\n", "unreadable_table"),
    "a binary file": Case(bytes(range(256)) * 10, "unreadable_table"),
    "a zip": Case(b"PK\x03\x04" + b"x" * 100, "unreadable_table"),
    "a web page": Case(b"<!doctype html><html><body>hello</body></html>", "unreadable_table"),
    "one class only": text(lines("x,y", lambda n: f"{n},a"), "one_class"),
    "one row": text("x,y\n1,a\n", "too_few_rows"),
    "a text target for regression": text(GOOD, "target_not_numeric", fields={"target": "y", "problem_type": "regression"}),
    "the target absent": text(GOOD, "unknown_target", fields={"target": "z"}),
    "a target that never changes": text(lines("x,y", lambda n: f"{n},1.5"), "one_value", fields={"target": "y", "problem_type": "regression"}),
    "as many classes as rows": text(lines("x,y", lambda n: f"{n},k{n}"), "too_many_classes"),
    "nothing to learn from": text(lines("y", lambda n: "ab"[n % 2]), "no_usable_feature", fields={"target": "y"}),
}  # fmt: skip


def read(case: Case):
    return read_csv(io.BytesIO(case.content), "messy.csv")


class MessyTableTests(SimpleTestCase):
    def test_each_trains_or_is_refused_with_its_place_and_remedy(self):
        for name, case in CASES.items():
            with self.subTest(table=name):
                if isinstance(case.gets, str):
                    with self.assertRaises((SpecRefused, UnreadableTable)) as caught:
                        make_plan(read(case), TrainingSpec.model_validate(case.fields), Limits())
                    self.assertEqual(caught.exception.data.code, case.gets)
                    self.assertTrue(caught.exception.data.message)
                    self.assertTrue(caught.exception.data.hint)
                    continue
                spec = TrainingSpec.model_validate({**case.fields, "epochs": 2, "seed": 0})
                data = prepare(make_plan(read(case), spec, Limits()))
                self.assertEqual(data.feature_names, case.gets)
                self.assertEqual(data.X_train.shape[1], data.plan.n_features)
                self.assertEqual({note.code for note in data.plan.notes}, set(case.notes))
                outcome = train(data, complete(spec, data.plan), on_epoch=lambda row: None, is_cancelled=lambda: False)
                self.assertEqual(len(outcome.epochs), 2)

    def test_each_that_can_be_read_is_described_in_full(self):
        for name, case in CASES.items():
            if case.gets == "unreadable_table":
                continue
            with self.subTest(table=name):
                described = describe(read(case))
                self.assertGreater(described.rows, 0)
                for column in described.columns:
                    if column.histogram:
                        self.assertEqual(sum(column.histogram.counts), described.rows - column.missing)
                        self.assertLessEqual(column.minimum, column.maximum)

    def test_numbers_between_which_float64_has_no_room_for_bins_are_described(self):
        rows = "".join(f"{9007199254740992 + n % 2 * 2},1e17,{n / 7},{n % 2}\n" for n in range(20))
        close, constant, *_ = describe(read_csv(io.BytesIO(f"a,b,c,d\n{rows}".encode()), "t.csv")).columns
        self.assertEqual((close.histogram.counts, constant.histogram.counts), ([20], [20]))
        for column in (close, constant):
            low, high = column.histogram.edges
            self.assertTrue(low < column.minimum <= column.maximum < high)


class MeaningTests(SimpleTestCase):
    """The value of each cell."""

    def values(self, cells: list[str], delimiter: str = ";") -> list[Any]:
        content = f"x{delimiter}k\n" + "".join(f'"{cell}"{delimiter}a\n' for cell in cells)
        return read_csv(io.BytesIO(content.encode()), "t").frame["x"].tolist()

    def test_numbers(self):
        self.assertEqual(self.values(["1.234,5", "2,5", "-3"]), [1234.5, 2.5, -3])
        self.assertEqual(self.values(["1,234.5", "2.5", "-3"]), [1234.5, 2.5, -3])
        self.assertEqual(self.values(["1 234", "12 345 678", "5"]), [1234, 12345678, 5])
        self.assertEqual(self.values(["1'234.5", "2", "3"]), [1234.5, 2, 3])
        self.assertEqual(self.values(["1e3", "2.5E-1", ".5"]), [1000, 0.25, 0.5])

    def test_what_may_mean_both_follows_the_delimiter(self):
        self.assertEqual(self.values(["1,234", "5,678"], ";"), [1.234, 5.678])
        self.assertEqual(self.values(["1,234", "5,678"], ","), [1234, 5678])

    def test_days_come_before_months_where_only_that_makes_sense(self):
        self.assertEqual(self.values(["31/01/2024", "05/02/2024"])[1].month, 2)
        self.assertEqual(self.values(["01/31/2024", "02/05/2024"])[1].month, 2)


class OverrideTests(SimpleTestCase):
    def plan(self, content: str, **fields):
        spec = TrainingSpec.model_validate({"target": "y", **fields})
        return make_plan(read_csv(io.BytesIO(content.encode()), "t"), spec, Limits())

    def test_what_a_column_is_taken_for_can_be_changed(self):
        content = lines("id,zip,d,y", lambda n: f"{n},{8000 + n % 3},2024-01-{1 + n % 28:02},{'ab'[n % 2]}")
        plan = self.plan(content)
        self.assertEqual((plan.numbers, plan.dates, plan.categories), (("zip",), ("d",), ()))
        plan = self.plan(content, column_types={"zip": "category", "d": "ignored", "id": "number"})
        self.assertEqual((plan.numbers, plan.dates, plan.categories), (("id",), (), ("zip",)))
        data = prepare(plan)
        self.assertEqual(data.feature_names, ("id", "zip_8000", "zip_8001", "zip_8002"))
        self.assertEqual(plan.n_features, 4)

    def test_an_identifier_that_is_chosen_by_name_is_taken(self):
        content = lines("id,x,y", lambda n: f"{n},{n % 5},{'ab'[n % 2]}")
        self.assertEqual(self.plan(content, features=["id", "x"]).numbers, ("id", "x"))

    def test_what_cannot_be_taken_so_is_refused_with_its_place(self):
        content = lines("c,x,y", lambda n: f"{'pq'[n % 2]},{n % 5},{'ab'[n % 2]}")
        for kind, code in (("number", "not_numbers"), ("date", "not_dates")):
            with self.assertRaises(SpecRefused) as caught:
                self.plan(content, column_types={"c": kind})
            self.assertEqual((caught.exception.data.code, caught.exception.data.where), (code, "column_types.c"))
        with self.assertRaises(SpecRefused) as caught:
            self.plan(content, column_types={"z": "number"})
        self.assertEqual(caught.exception.data.code, "unknown_column")

    def test_categories_are_counted_as_the_encoder_counts_them(self):
        for categories in (1, 2, 49, 50, 51, 80):
            content = lines("c,x,y", lambda n, k=categories: f"k{n % k},{n % 5},{'ab'[n % 2]}", 800)
            plan = self.plan(content, column_types={"c": "category"})
            self.assertEqual(prepare(plan).X_train.shape[1], plan.n_features, categories)
