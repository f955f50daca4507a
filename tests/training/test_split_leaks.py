"""The preflight tells of rows in time order, of repeated persons and of equal rows, and proposes the split for each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from django.test import SimpleTestCase

from training.datasets.builtin import BUILTINS
from training.datasets.plan import Plan, make_plan
from training.datasets.sources import Builtin, Stored, load_table
from training.datasets.table import Table
from training.limits import Limits
from training.messages.problems import Problem
from training.spec import TrainingSpec
from training.trainers.preflight import check

EXAMPLES = Path(__file__).parent / "examples"
CODES = ("rows_in_time_order", "repeated_groups", "duplicate_rows")


def load_example(name: str) -> Table:
    return load_table(Stored(name, name, name), lambda location: (EXAMPLES / location).open("rb"))


def plan_of(table: Table | pd.DataFrame, **fields: Any) -> Plan:
    spec = TrainingSpec.model_validate({"target": "y", "seed": 1, **fields})
    return make_plan(table if isinstance(table, Table) else Table("t", table), spec, Limits())


def find(table: Table | pd.DataFrame, **fields: Any) -> dict[str, Problem]:
    """The problems of the split that a check tells of."""
    fields = {"target": "y", "seed": 1, **fields}
    spec = TrainingSpec.model_validate(fields)
    problems = check(spec, plan_of(table, **fields), Limits()).problems
    return {problem.code: problem for problem in problems if problem.code in CODES}


def apply_fix(problem: Problem) -> dict[str, Any]:
    """The fields that the fix sets."""
    return {operation.path.removeprefix("/"): operation.value for operation in problem.fix}


def make_frame(n: int = 100, **columns: Any) -> pd.DataFrame:
    random = np.random.default_rng(0)
    return pd.DataFrame({"x": random.normal(size=n), **columns, "y": random.normal(size=n)})


def make_patients(n_patients: int = 30, n_visits: int = 6, **columns: Any) -> pd.DataFrame:
    """Each patient has a label by the toss of a coin, and blood values that hardly change."""
    random = np.random.default_rng(2)
    who = np.repeat(np.arange(n_patients), n_visits)
    blood = random.normal(size=n_patients)[who] + random.normal(scale=0.02, size=len(who))
    relapse = np.array(["no", "yes"])[random.integers(0, 2, n_patients)][who]
    return pd.DataFrame({"blood": blood, **columns, "who": [f"K{n:02}" for n in who], "y": relapse})


class TimeOrderTests(SimpleTestCase):
    def test_daily_prices_are_in_time_order_and_the_fix_tests_on_the_latest(self):
        table = load_example("daily_closes.csv")
        fields = {"target": "next_close", "user_model": "RandomForestRegressor(n_estimators=100)", "seed": 18}
        found = find(table, **fields)
        self.assertEqual(list(found), ["rows_in_time_order"])
        problem = found["rows_in_time_order"]
        self.assertIn("in time order by 'day'", problem.message)
        mended = apply_fix(problem)
        self.assertEqual(mended, {"split": {"kind": "time", "column": "day"}})
        self.assertEqual(find(table, **fields, **mended), {})
        np.testing.assert_array_equal(plan_of(table, **fields, **mended).test, np.arange(192, 240))

    def test_rows_in_file_order_are_warned_of_only_where_the_last_are_the_earliest(self):
        days = pd.date_range("2024-01-01", periods=100, tz="UTC")
        for values, expected in ((days, []), (days[::-1], ["rows_in_time_order"])):
            self.assertEqual(list(find(make_frame(when=values), shuffle=False)), expected)

    def test_numbers_with_a_name_of_time_count_and_others_do_not(self):
        for name, is_time in (("year", True), ("Day of study", True), ("time_ms", True), ("size", False)):
            with self.subTest(name=name):
                self.assertEqual("rows_in_time_order" in find(make_frame(**{name: np.arange(100)})), is_time)

    def test_dates_in_any_order_count_where_the_target_follows_them(self):
        days = pd.date_range("2024-01-01", periods=100, tz="UTC")
        order = np.random.default_rng(1).permutation(100)
        walk = np.random.default_rng(3).normal(size=100).cumsum()
        self.assertEqual(find(make_frame(when=days[order])), {})
        found = find(make_frame(when=days[order]).assign(y=walk[order]))
        self.assertIn("each 'y' is like the one before", found["rows_in_time_order"].message)

    def test_test_rows_at_the_end_are_called_the_earliest_only_where_they_are(self):
        days = pd.date_range("2024-01-01", periods=100, tz="UTC")
        order = np.random.default_rng(1).permutation(100)
        walk = np.random.default_rng(3).normal(size=100).cumsum()
        for rows, expected in ((order, "are not the latest."), (np.arange(100)[::-1], "are the earliest.")):
            found = find(make_frame(when=days[rows]).assign(y=walk[rows]), shuffle=False)
            self.assertRegex(found["rows_in_time_order"].message, f"{expected}$")


class GroupTests(SimpleTestCase):
    def test_repeated_patients_are_told_with_their_number_and_the_fix_keeps_them_together(self):
        table = load_example("patients.csv")
        fields = {"target": "relapse", "seed": 19, "user_model": "RandomForestClassifier()"}
        for features in (["hb", "wbc", "crp", "visit"], []):
            found = find(table, **fields, features=features)
            self.assertEqual(list(found), ["repeated_groups"])
            message = found["repeated_groups"].message
            self.assertIn("'patient_id' repeats: 25 values with 8 rows each", message)
            self.assertIn("40 of 40 test rows", message)
            mended = apply_fix(found["repeated_groups"])
            self.assertEqual(mended, {"split": {"kind": "group", "column": "patient_id"}})
            self.assertEqual(find(table, **fields, features=features, **mended), {})

    def test_content_counts_where_the_name_says_nothing(self):
        found = find(make_patients())
        self.assertIn("'who' repeats: 30 values with 6 rows each", found["repeated_groups"].message)
        renamed = make_patients().rename(columns={"who": "Spalte 4"})
        self.assertIn("repeated_groups", find(renamed))
        numbered = make_patients().assign(who=lambda frame: frame["who"].str[1:].astype(int) * 7 + 100)
        self.assertIn("repeated_groups", find(numbered))

    def test_a_name_alone_is_no_evidence(self):
        random = np.random.default_rng(4)
        frame = make_frame(200, product_id=random.integers(0, 20, 200), city=random.choice(list("abcdefghijkl"), 200))
        self.assertEqual(find(frame), {})

    def test_a_category_that_tells_the_class_is_no_person(self):
        n = np.arange(240) % 12
        frame = pd.DataFrame({"x": n + np.random.default_rng(0).normal(size=240) / 99, "kind": [f"k{i}" for i in n]})
        self.assertEqual(find(frame.assign(y=[f"class {i}" for i in n]), problem_type="classification"), {})


class EqualRowsTests(SimpleTestCase):
    def test_equal_rows_on_both_sides_are_counted_and_the_fix_keeps_them_together(self):
        frame = make_frame()
        found = find(pd.concat([frame, frame]))
        self.assertEqual(list(found), ["duplicate_rows"])
        self.assertRegex(found["duplicate_rows"].message, "of 40 test rows equal a training row in every column")
        mended = apply_fix(found["duplicate_rows"])
        self.assertEqual(mended, {"split": {"kind": "group"}})
        doubled = pd.concat([frame, frame])
        self.assertEqual(find(doubled, **mended), {})
        plan = plan_of(doubled, **mended)
        self.assertFalse(set(plan.frame["x"].iloc[plan.train]) & set(plan.frame["x"].iloc[plan.test]))

    def test_rows_of_few_values_are_equal_by_accident(self):
        n = np.arange(200)
        self.assertEqual(find(pd.DataFrame({"a": n % 3, "b": n % 5, "y": n % 2})), {})


class BuiltinTests(SimpleTestCase):
    def test_no_builtin_table_is_suspected(self):
        for name in BUILTINS:
            if name != "CALIFORNIAHOUSING":
                table = load_table(Builtin(name), lambda location: None)
                self.assertEqual(find(table, target=table.target), {}, name)
