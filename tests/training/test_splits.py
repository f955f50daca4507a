"""How rows are divided: by time, by groups, as given; and that early stopping and folds divide them alike."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from django.test import SimpleTestCase
from sklearn.model_selection import StratifiedGroupKFold, train_test_split

from training.datasets.divisions import Arrangement, divide, fold
from training.datasets.plan import Plan, make_plan
from training.datasets.preprocessing import prepare
from training.datasets.table import Table
from training.exceptions import SpecRefused
from training.limits import Limits
from training.spec import TrainingSpec
from training.trainers.defaults import complete
from training.trainers.networks.holdout import hold_back
from training.trainers.train import train
from training.work.prepared import build_cache_key

DAYS = pd.date_range("2024-01-01", periods=50, freq="D", tz="UTC")


def plan_of(frame: pd.DataFrame, **fields: Any) -> Plan:
    spec = TrainingSpec.model_validate({"target": "y", "seed": 3, **fields})
    return make_plan(Table("t", frame), spec, Limits())


def make_frame(n: int = 50, **columns: Any) -> pd.DataFrame:
    random = np.random.default_rng(0)
    return pd.DataFrame({"x": random.normal(size=n), **columns, "y": random.normal(size=n)})


def make_classes(n: int = 60, **columns: Any) -> pd.DataFrame:
    return make_frame(n, **columns).assign(y=np.array(["no", "yes"])[np.arange(n) % 2])


def codes(plan: Plan) -> list[str]:
    return [note.code for note in plan.notes]


class SplitCase(SimpleTestCase):
    def refuse(self, code: str, frame: pd.DataFrame, **fields: Any) -> SpecRefused:
        with self.assertRaises(SpecRefused) as caught:
            plan_of(frame, **fields)
        self.assertEqual(caught.exception.data.code, code)
        self.assertTrue(caught.exception.data.hint)
        return caught.exception


class RandomTests(SplitCase):
    def test_a_random_split_is_the_default_and_changes_no_number(self):
        frame = make_classes()
        absent, named = plan_of(frame), plan_of(frame, split={"kind": "random"})
        labels = pd.factorize(frame["y"], sort=True)[0]
        train, test = train_test_split(np.arange(60), test_size=12, random_state=3, stratify=labels)
        for plan in (absent, named):
            np.testing.assert_array_equal(plan.train, train)
            np.testing.assert_array_equal(plan.test, test)

    def test_rows_that_are_not_shuffled_are_tested_on_the_last(self):
        plan = plan_of(make_frame(), shuffle=False)
        np.testing.assert_array_equal(plan.test, np.arange(40, 50))
        self.assertEqual(plan.about_split, "The test rows are the last 10 of 50 rows.")


class TimeTests(SplitCase):
    def test_the_latest_rows_are_the_test_rows_wherever_they_stand(self):
        order = np.random.default_rng(1).permutation(50)
        plan = plan_of(make_frame(when=DAYS[order]), split={"kind": "time", "column": "when"})
        np.testing.assert_array_equal(plan.frame["when"].iloc[plan.test], DAYS[40:])
        np.testing.assert_array_equal(plan.frame["when"].iloc[plan.train], DAYS[:40])
        self.assertEqual(plan.about_split, "The test rows are the latest 10 of 50 rows by 'when'.")
        self.assertIn("when", plan.dates)

    def test_numbers_order_rows_too(self):
        plan = plan_of(make_frame(year=np.arange(50)[::-1] + 1970), split={"kind": "time", "column": "year"})
        np.testing.assert_array_equal(plan.test, np.arange(9, -1, -1))

    def test_rows_of_one_moment_are_on_one_side(self):
        year = np.repeat([2020, 2021, 2022], [20, 18, 12])
        plan = plan_of(make_frame(year=year), split={"kind": "time", "column": "year"})
        self.assertEqual(set(year[plan.test]), {2022})
        self.assertEqual(set(year[plan.train]), {2020, 2021})

    def test_rows_without_a_date_are_left_out_and_noted(self):
        when = DAYS.to_series().reset_index(drop=True)
        when[[3, 30]] = pd.NaT
        plan = plan_of(make_frame(when=when), split={"kind": "time", "column": "when"})
        self.assertEqual(len(plan.train) + len(plan.test), 48)
        (note,) = plan.notes
        self.assertEqual(note.code, "split_rows_left_out")
        self.assertIn("2 rows without a value in 'when'", note.message)

    def test_what_gives_no_order_is_refused(self):
        frame = make_frame(text=["a", "b"] * 25, same=1)
        self.refuse("bad_split_column", frame, split={"kind": "time", "column": "text"})
        self.refuse("bad_split_column", frame, split={"kind": "time", "column": "y"})
        self.refuse("one_moment", frame, split={"kind": "time", "column": "same"})
        error = self.refuse("unknown_split_column", frame, split={"kind": "time", "column": "day"})
        self.assertIn("same", error.data.hint)


class GroupTests(SplitCase):
    def test_no_group_is_on_both_sides_and_the_column_is_no_feature(self):
        for frame in (make_classes(who=np.arange(60) // 4), make_frame(60, who=np.arange(60) // 4)):
            plan = plan_of(frame, split={"kind": "group", "column": "who"})
            who = plan.frame["who"].to_numpy()
            self.assertFalse(set(who[plan.train]) & set(who[plan.test]))
            self.assertEqual(sorted([*plan.train, *plan.test]), list(range(60)))
            self.assertEqual(len(plan.test), 12)
            self.assertEqual((plan.numbers, plan.categories), (("x",), ()))

    def test_classes_are_split_by_scikit_learn_in_proportion(self):
        frame = make_classes(who=np.arange(60) // 4)
        plan = plan_of(frame, split={"kind": "group", "column": "who"})
        splitter = StratifiedGroupKFold(5, shuffle=True, random_state=3)
        train, test = next(splitter.split(frame, frame["y"], frame["who"]))
        np.testing.assert_array_equal(plan.train, train)
        np.testing.assert_array_equal(plan.test, test)

    def test_rows_without_a_group_stay_together_and_are_noted(self):
        who = pd.Series([f"p{n // 4}" for n in range(60)]).where(np.arange(60) % 10 > 0)
        plan = plan_of(make_classes(who=who), split={"kind": "group", "column": "who"})
        missing = who.isna().to_numpy()
        self.assertIn(int(missing[plan.test].sum()), (0, 6))
        (note,) = plan.notes
        self.assertEqual(note.code, "rows_without_group")
        self.assertIn("6 rows", note.message)

    def test_a_single_group_is_refused(self):
        error = self.refuse("too_few_groups", make_classes(who="a"), split={"kind": "group", "column": "who"})
        self.assertEqual(error.data.where, "split.column")
        self.assertIn("All 60 rows to be divided have the same value in 'who'", error.message)
        self.assertIn("a column with more values", error.data.hint)

    def test_two_groups_are_enough(self):
        plan = plan_of(make_classes(who=np.arange(60) // 30), split={"kind": "group", "column": "who"})
        self.assertEqual((len(plan.train), len(plan.test)), (30, 30))


class GivenTests(SplitCase):
    def test_the_value_that_marks_test_rows_is_found_and_told(self):
        cases = (
            (["train"] * 40 + ["Test"] * 10, "set", "Test"),
            ([0] * 40 + [1] * 10, "held", "1"),
            ([True] * 40 + [False] * 10, "is_train", "False"),
            (["no"] * 40 + ["yes"] * 10, "for testing", "yes"),
            ([0.0] * 40 + [1.0] * 10, "flag", "1"),
        )
        for values, name, marked in cases:
            with self.subTest(name=name):
                plan = plan_of(make_frame(**{name: values}), split={"kind": "given", "column": name})
                np.testing.assert_array_equal(plan.test, np.arange(40, 50))
                np.testing.assert_array_equal(plan.train, np.arange(40))
                self.assertEqual(plan.numbers, ("x",))
                (note,) = plan.notes
                self.assertEqual(note.code, "test_rows_marked")
                self.assertIn(f"10 rows with {marked!r} in {name!r}", note.message)

    def test_a_value_that_is_named_is_obeyed_and_the_others_are_listed(self):
        sets = ["a"] * 30 + ["b"] * 15 + [None] * 5
        plan = plan_of(make_frame(set=sets), split={"kind": "given", "column": "set", "value": "b"})
        np.testing.assert_array_equal(plan.test, np.arange(30, 45))
        self.assertIn("'a' (30), no value (5)", plan.notes[0].message)

    def test_what_marks_nothing_is_refused_with_the_values_there_are(self):
        frame = make_frame(set=["a"] * 25 + ["b"] * 25, all="test")
        for split in ({"column": "set"}, {"column": "set", "value": "c"}):
            error = self.refuse("unknown_test_value", frame, split={"kind": "given", **split})
            self.assertIn("'a', 'b'", error.data.hint)
        self.refuse("no_test_rows", frame, split={"kind": "given", "column": "all"})


class FollowingTests(SplitCase):
    def hold_back(self, frame: pd.DataFrame, **fields: Any) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the training rows and the validation rows of a run with early stopping."""
        plan = plan_of(frame, patience=3, **fields)
        spec = TrainingSpec.model_validate({"target": "y", "seed": 3, "patience": 3, **fields})
        data = prepare(plan)
        held = hold_back(data, complete(spec, plan))
        assert held is not None
        rows = plan.frame.iloc[plan.train]
        return rows.iloc[held.fit], rows.iloc[held.judge]

    def test_by_time_the_latest_training_rows_are_held_back(self):
        order = np.random.default_rng(1).permutation(50)
        fit, held = self.hold_back(make_frame(when=DAYS[order]), split={"kind": "time", "column": "when"})
        self.assertEqual(list(held["when"]), list(DAYS[34:40]))
        self.assertEqual(list(fit["when"]), list(DAYS[:34]))

    def test_by_groups_whole_groups_are_held_back(self):
        fit, held = self.hold_back(make_classes(who=np.arange(60) // 4), split={"kind": "group", "column": "who"})
        self.assertTrue(len(held))
        self.assertFalse(set(fit["who"]) & set(held["who"]))

    def test_folds_follow_the_kind_of_the_split(self):
        n = 40
        labels = np.arange(n) % 2
        groups = np.arange(n) // 4
        moments = np.random.default_rng(1).permutation(np.arange(n) // 2)
        for division in fold(Arrangement(groups=groups), labels, n, 5, 0):
            self.assertFalse(set(groups[division.fit]) & set(groups[division.judge]))
        for division in fold(Arrangement(moments=moments), None, n, 4, 0):
            self.assertLess(moments[division.fit].max(), moments[division.judge].min())
        for division in fold(Arrangement(shuffle=False), None, n, 4, 0):
            self.assertEqual(division.fit[-1] + 1, division.judge[0])
        for arrangement in (Arrangement(), Arrangement(groups=groups)):
            for each in (labels, None):
                judged = [division.judge for division in fold(arrangement, each, n, 5, 0)]
                self.assertEqual(sorted(np.concatenate(judged)), list(range(n)))
        shares = [labels[division.judge].mean() for division in fold(Arrangement(), labels, n, 5, 0)]
        self.assertEqual(shares, [0.5] * 5)

    def test_more_folds_than_there_is_to_divide_are_refused(self):
        three = np.arange(30) // 10
        for arrangement, folds in ((Arrangement(groups=three), 4), (Arrangement(moments=three), 3)):
            with self.assertRaises(SpecRefused) as caught:
                list(fold(arrangement, None, 30, folds, 0))
            self.assertEqual(caught.exception.data.code, "too_few_for_folds")

    def test_a_division_depends_on_the_seed_alone(self):
        groups = np.arange(60) // 3
        one, two, other = (divide(Arrangement(groups=groups), None, 60, 0.2, seed) for seed in (1, 1, 2))
        np.testing.assert_array_equal(one.judge, two.judge)
        self.assertNotEqual(set(one.judge), set(other.judge))

    def test_prepared_data_are_kept_apart_by_their_split(self):
        keys = {
            build_cache_key(TrainingSpec.model_validate({"target": "y", "split": split}))
            for split in (None, {"kind": "time", "column": "a"}, {"kind": "time", "column": "b"})
        }
        self.assertEqual(len(keys), 3)

    def test_a_result_says_how_its_rows_were_split(self):
        frame = make_classes(who=np.arange(60) // 4)
        fields = {"target": "y", "seed": 3, "user_model": "GaussianNB()", "split": {"kind": "group", "column": "who"}}
        plan = plan_of(frame, **fields)
        spec = complete(TrainingSpec.model_validate(fields), plan)
        outcome = train(prepare(plan), spec, on_epoch=lambda row: None, is_cancelled=lambda: False)
        told = outcome.auxiliary.split
        self.assertEqual((told.kind, told.column, told.train_rows, told.test_rows), ("group", "who", 48, 12))
        self.assertIn("in groups by 'who'", told.sentence)
