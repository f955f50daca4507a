"""A run whose split leaks shows both numbers, and is not praised for what a guess does as well."""

from __future__ import annotations

import json
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd
from django.test import SimpleTestCase

from playground.wire.envelope import dump
from tests.training.test_split_leaks import load_example, make_frame, make_patients
from training.datasets.plan import make_plan
from training.datasets.preprocessing import prepare
from training.datasets.table import Table
from training.limits import Limits
from training.messages.results import AuxiliaryOutputs
from training.spec import TrainingSpec
from training.trainers.base import Cancelled
from training.trainers.defaults import complete
from training.trainers.results.summary import Verdict, judge
from training.trainers.train import train

DAILY = {"target": "next_close", "user_model": "RandomForestRegressor(n_estimators=100)", "seed": 18}
PATIENTS = {
    "target": "relapse",
    "features": ["hb", "wbc", "crp", "visit"],
    "user_model": "RandomForestClassifier(n_estimators=30)",
    "seed": 19,
}


def run(table: Table | pd.DataFrame, **fields: Any) -> AuxiliaryOutputs:
    """The `auxiliary_outputs` of a run, as they are stored and read again."""
    spec = TrainingSpec.model_validate({"seed": 1, **fields})
    plan = make_plan(table if isinstance(table, Table) else Table("t", table), spec, Limits())
    outcome = train(prepare(plan), complete(spec, plan), on_epoch=lambda row: None, is_cancelled=lambda: False)
    return AuxiliaryOutputs.model_validate_json(json.dumps(dump(outcome.auxiliary)))


def titles(auxiliary: AuxiliaryOutputs) -> list[str]:
    return [diagnosis.code for diagnosis in auxiliary.diagnosis]


class TimeTests(SimpleTestCase):
    def test_random_days_and_the_latest_days_are_shown_together(self):
        auxiliary = run(load_example("daily_closes.csv"), **DAILY)
        check = auxiliary.split_check
        self.assertEqual((check.kind, check.column, check.metric), ("time", "day", "r2"))
        self.assertGreater(check.random, 0.95)
        self.assertLess(check.honest, 0.5)
        self.assertTrue(check.leaks)
        self.assertRegex(
            check.sentence, r"^R² 0\.9\d with random rows, -?\d\.\d\d by time: the difference is leakage\."
        )
        self.assertEqual(auxiliary.sentence, check.sentence)
        self.assertEqual(titles(auxiliary)[0], "leaking_split")
        self.assertNotIn("all_well", titles(auxiliary))
        alone = run(load_example("daily_closes.csv"), **{**DAILY, "split": check.split})
        self.assertEqual(alone.metrics["r2"], check.honest)
        self.assertIsNone(alone.split_check)

    def test_rows_without_a_day_that_the_check_leaves_out_are_counted(self):
        table = load_example("daily_closes.csv").frame
        table.loc[[3, 50, 120], "day"] = pd.NaT
        sentence = run(table, **DAILY).split_check.sentence
        self.assertIn("3 rows without a value in 'day' are left out", sentence)

    def test_a_forecast_that_repeats_the_last_value_is_what_a_model_has_to_beat(self):
        table = load_example("daily_closes.csv")
        close = table.frame["close"].to_numpy()
        y = table.frame["next_close"].to_numpy()
        mae = float(np.abs(close - y)[192:].mean())  # today's price is yesterday's answer
        for fields in ({"split": {"kind": "time", "column": "day"}}, {"shuffle": False}):
            auxiliary = run(table, **{**DAILY, **fields})
            self.assertAlmostEqual(auxiliary.naive.metrics["mae"], mae)
            self.assertIn("which repeats the last known value of 'next_close'", auxiliary.sentence)
            self.assertIn("no_better", titles(auxiliary))

    def test_a_model_that_beats_the_last_value_is_said_to(self):
        days = pd.date_range("2024-01-01", periods=120, tz="UTC")
        x = np.random.default_rng(0).normal(size=120)
        frame = pd.DataFrame({"when": days, "x": x, "y": 3 * x})
        auxiliary = run(frame, target="y", user_model="LinearRegression()", split={"kind": "time", "column": "when"})
        self.assertIn("which always predicts the mean", auxiliary.sentence)
        walk = x.cumsum()
        auxiliary = run(
            frame.assign(y=walk + x, z=walk), target="y", user_model="LinearRegression()",
            split={"kind": "time", "column": "when"},
        )  # fmt: skip
        self.assertIn("which repeats the last known value", auxiliary.sentence)

    def test_tables_without_an_order_have_no_last_value(self):
        self.assertNotIn("naive", run(make_frame(), target="y", user_model="Ridge()"))


class GroupTests(SimpleTestCase):
    def test_known_patients_and_new_patients_are_shown_together(self):
        auxiliary = run(load_example("patients.csv"), **PATIENTS)
        check = auxiliary.split_check
        self.assertEqual((check.kind, check.column, check.random), ("group", "patient_id", 1.0))
        self.assertLess(check.honest, 0.7)  # a coin was tossed for each
        self.assertRegex(auxiliary.sentence, r"^100% with random rows, \d\d% by group: the difference is leakage\.$")
        self.assertEqual(titles(auxiliary)[0], "leaking_split")

    def test_a_chance_score_on_five_patients_is_not_praised(self):
        fields = {**PATIENTS, "split": {"kind": "group", "column": "patient_id"}}
        auxiliary = run(load_example("patients.csv"), **fields)
        self.assertIsNone(auxiliary.split_check)
        self.assertIn("5 groups are too few to be certain", auxiliary.sentence)
        self.assertNotIn("points better", auxiliary.sentence)

    def test_a_network_whose_sizes_are_given_is_checked_without_the_column(self):
        layers = ["nn.Linear(31, 8)", "nn.ReLU()", "nn.Linear(8, 2)"]
        auxiliary = run(
            make_patients(),
            target="y",
            user_arch=layers,
            epochs=30,
            trainer="autograd",
            column_types={"who": "category"},
        )
        check = auxiliary.split_check
        self.assertGreater(check.random, 0.95)
        self.assertLess(check.honest, 0.75)

    def test_rows_of_a_group_count_as_one(self):
        gains = np.repeat([1.0, 1.0, 1.0, -1.0], 10)
        self.assertEqual(judge(gains), Verdict.BETTER)
        self.assertEqual(judge(gains, np.repeat([0, 1, 2, 3], 10)), Verdict.NO_BETTER)


class BoundTests(SimpleTestCase):
    def test_a_score_that_holds_with_the_honest_split_is_not_a_leak(self):
        frame = make_patients(n_patients=40).assign(y=lambda rows: np.where(rows["blood"] > 0, "high", "low"))
        auxiliary = run(frame, target="y", user_model="DecisionTreeClassifier()")
        check = auxiliary.split_check
        self.assertFalse(check.leaks)
        self.assertIn("no sign of leakage", check.sentence)
        self.assertNotIn("leaking_split", titles(auxiliary))

    def test_a_check_that_takes_too_long_is_reported_as_unchecked(self):
        with mock.patch("training.trainers.split_check.MAX_SECONDS", 0.0):
            auxiliary = run(load_example("patients.csv"), **PATIENTS)
        check = auxiliary.split_check
        self.assertEqual((check.honest, check.leaks), (None, False))
        self.assertIn("'patient_id' repeats", auxiliary.sentence)
        self.assertEqual(titles(auxiliary)[0], "leaking_split")

    def test_a_cancelled_run_is_cancelled_in_the_check_too(self):
        spec = TrainingSpec.model_validate(PATIENTS)
        plan = make_plan(load_example("patients.csv"), spec, Limits())
        asked = iter([False] * 40)
        with self.assertRaises(Cancelled):
            train(
                prepare(plan), complete(spec, plan), on_epoch=lambda row: None, is_cancelled=lambda: next(asked, True)
            )

    def test_tables_that_are_not_suspected_are_not_checked(self):
        self.assertNotIn("split_check", run(make_frame(), target="y", user_model="Ridge()"))
