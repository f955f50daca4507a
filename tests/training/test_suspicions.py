"""Columns that give the target away, say the same or nothing: found where they were planted, and nowhere else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from django.test import SimpleTestCase

from training.datasets.builtin import BUILTINS, load_builtin
from training.datasets.plan import Plan, make_plan
from training.datasets.suspicions import MIN_ROWS, NAMED, SAMPLE_CELLS, SAMPLE_ROWS, _sample
from training.datasets.table import Table
from training.limits import Limits
from training.messages.problems import Problem
from training.spec import TrainingSpec
from training.trainers.preflight import check

ROWS = 400
random = np.random.default_rng(7)
NOISE = random.normal(size=(ROWS, 3))
AMOUNT = 100 + 20 * NOISE[:, 0] + random.normal(0, 10, ROWS)
KIND = np.array(["cat", "dog", "fish"])[np.digitize(NOISE[:, 0] + random.normal(size=ROWS), [-0.6, 0.6])]


def plan_for(target: np.ndarray, rows: int = ROWS, **extra: Any) -> Plan:
    """A table of three noisy columns, of which the first says something of the target, and of `extra` ones."""
    columns = {"a": NOISE[:, 0], "b": NOISE[:, 1], "c": NOISE[:, 2], **extra, "y": target}
    frame = pd.DataFrame({name: np.asarray(values)[:rows] for name, values in columns.items()})
    return make_plan(Table("t", frame), TrainingSpec(target="y", seed=1), Limits())


def codes(plan: Plan) -> list[str]:
    return [problem.code for problem in plan.suspicions]


def find(plan: Plan, code: str) -> Problem:
    (problem,) = (problem for problem in plan.suspicions if problem.code == code)
    return problem


def blank(values: np.ndarray, share: float, kind: type = float) -> np.ndarray:
    missing = np.random.default_rng(3).random(len(values)) < share
    return np.where(missing, np.nan if kind is float else None, values.astype(kind))


class LeakTests(SimpleTestCase):
    def test_planted_leaks_of_a_class_are_found(self):
        code_of = {"cat": 7, "dog": 3, "fish": 5}
        numbers = np.array([code_of[kind] for kind in KIND])
        slips = KIND.copy()
        slips[3] = "fish"
        for name, leak in (
            ("its own name", KIND),
            ("one category for each class", np.char.add("type ", KIND)),
            ("several for each class", np.char.add(KIND, np.tile(["1", "2"], ROWS // 2))),
            ("a number for each class", numbers),
            ("several numbers for each class", 100 * numbers + np.arange(ROWS) % 9),
            ("a range of numbers for each class", numbers + NOISE[:, 1] / 20),
            ("with a mistake", slips),
            ("where it is not missing", blank(np.where(KIND == "cat", 1.0, 0.0) + 2 * (KIND == "dog"), 0.005)),
        ):
            with self.subTest(leak=name):
                plan = plan_for(KIND, leak=leak)
                self.assertEqual(codes(plan), ["target_leak"])
                self.assertIn("'leak' alone", plan.suspicions[0].message)

    def test_a_column_that_is_filled_for_one_class_only_is_found(self):
        yes = NOISE[:, 0] > 0.5
        target = np.where(yes, "yes", "no")
        plan = plan_for(target, a=random.normal(size=ROWS), leak=np.where(yes, NOISE[:, 1], np.nan))
        self.assertEqual(codes(plan), ["target_leak"])

    def test_planted_leaks_of_an_amount_are_found(self):
        for name, leak in (
            ("a line", 3 - 2 * AMOUNT),
            ("rounded", np.round(AMOUNT * 1.2, 2)),
            ("a curve", np.log(AMOUNT)),
            ("where it is not missing", blank(AMOUNT, 0.4)),
        ):
            with self.subTest(leak=name):
                self.assertEqual(codes(plan_for(AMOUNT, leak=leak)), ["target_leak"])
        steps = np.round(AMOUNT / 20) * 20.5
        names = np.char.add("level ", steps.astype(int).astype(str))
        self.assertIn("target_leak", codes(plan_for(steps, leak=names)))

    def test_a_date_may_give_an_amount_away(self):
        dates = pd.to_datetime("2020-01-01", utc=True) + pd.to_timedelta(AMOUNT, unit="D")
        self.assertEqual(codes(plan_for(AMOUNT, leak=dates)), ["target_leak", "rows_in_time_order"])

    def test_columns_that_only_say_much_are_none(self):
        wrong = random.random(ROWS) < 0.05
        nearly = np.where(wrong, "cat", KIND)
        self.assertEqual(codes(plan_for(KIND, much=nearly)), [])
        self.assertEqual(codes(plan_for(AMOUNT, much=AMOUNT + random.normal(0, 3, ROWS))), [])

    def test_neither_numbers_nor_names_that_only_tell_rows_apart(self):
        names = [f"person {n}" for n in range(ROWS)]
        thirds = [f"house {n // 3}" for n in range(ROWS)]
        for target in (KIND, AMOUNT):
            self.assertEqual(codes(plan_for(target, number=np.arange(ROWS), name=names, house=thirds)), [])

    def test_a_rare_class_is_no_leak_of_everything(self):
        rare = np.where(np.arange(ROWS) % 80 == 0, "yes", "no")
        self.assertEqual(codes(plan_for(rare, word=np.where(NOISE[:, 1] > 0, "up", "down"))), [])

    def test_in_a_few_rows_nothing_is_called_a_leak(self):
        few = int((MIN_ROWS - 1) / 0.8)
        self.assertEqual(codes(plan_for(KIND, rows=few, leak=KIND)), [])
        self.assertEqual(codes(plan_for(KIND, rows=2 * MIN_ROWS, leak=KIND)), ["target_leak"])

    def test_to_tell_a_few_rows_apart_is_no_evidence(self):
        for every, found in ((100, []), (40, ["target_leak"])):  # 4 rows in all, and 10
            rare = np.arange(ROWS) % every == 0
            self.assertEqual(codes(plan_for(np.where(rare, "yes", "no"), leak=np.where(rare, "x", "z"))), found, every)
        for every, found in ((100, []), (20, ["target_leak"])):  # 4 amounts that are not zero, and 20
            amount = np.where(np.arange(ROWS) % every == 0, 50.5 + np.arange(ROWS), 0)
            self.assertEqual(codes(plan_for(amount, leak=2 * amount)), found, every)

    def test_the_only_column_is_the_task_itself(self):
        frame = pd.DataFrame({"x": np.arange(200), "y": np.where(np.arange(200) < 100, "a", "b")})
        self.assertEqual(codes(make_plan(Table("t", frame), TrainingSpec(target="y"), Limits())), [])

    def test_no_built_in_table_has_any_and_only_digits_has_blank_columns(self):
        looked_at = 0
        for name in BUILTINS:
            if name == "CALIFORNIAHOUSING":
                continue  # is downloaded; a table like it is below
            table = load_builtin(name)
            for seed in range(5):
                plan = make_plan(table, TrainingSpec(seed=seed), Limits())
                self.assertEqual(codes(plan), ["constant_feature"] if name == "DIGITS" else [], f"{name}, {seed}")
                looked_at += 1
        self.assertEqual(looked_at, 5 * (len(BUILTINS) - 1))

    def test_nor_has_a_table_like_that_of_houses(self):
        """Skewed amounts, a target that is cut off above, places that come in clumps."""
        rows = 20_640
        random = np.random.default_rng(0)
        income = random.lognormal(1.2, 0.45, rows)
        latitude = random.choice([34.05, 37.77, 32.71], rows) + random.normal(0, 0.4, rows).round(2)
        frame = pd.DataFrame(
            {
                "MedInc": income,
                "HouseAge": random.integers(1, 53, rows).astype(float),
                "AveRooms": 3 + income / 2 + random.normal(0, 0.5, rows),
                "Population": random.lognormal(7, 0.7, rows).round(),
                "Latitude": latitude,
                "Longitude": -85 - latitude + random.normal(0, 0.3, rows).round(2),
                "MedHouseVal": np.minimum(income * 0.42 + random.lognormal(-0.5, 0.6, rows), 5.0),
            }
        )
        plan = make_plan(Table("t", frame, target="MedHouseVal"), TrainingSpec(seed=0), Limits())
        self.assertEqual(codes(plan), [])


class ColumnTests(SimpleTestCase):
    def test_constant_columns_are_named_whatever_they_hold(self):
        plan = plan_for(KIND, one=np.ones(ROWS), two=np.full(ROWS, 2), word=np.full(ROWS, "same"))
        self.assertEqual(codes(plan), ["constant_feature"])
        self.assertIn("'one', 'two' are the same", plan.suspicions[0].message)
        self.assertIn("'word' is left out: it is 'same' in every training row", plan.notes[0].message)

    def test_a_value_that_the_sample_missed_is_enough(self):
        rows = 3 * SAMPLE_ROWS
        column = np.zeros(rows)
        column[::1_000] = 1
        random = np.random.default_rng(0)
        frame = pd.DataFrame({"x": random.normal(size=rows), "rare": column, "y": random.choice(["a", "b"], rows)})
        self.assertEqual(codes(make_plan(Table("t", frame), TrainingSpec(target="y", seed=0), Limits())), [])

    def test_doubles_are_named_with_what_they_double(self):
        inches = np.round(NOISE[:, 1] / 2.54, 3)
        word, letter = np.where(NOISE[:, 2] > 0, "up", "down"), np.where(NOISE[:, 2] > 0, "u", "d")
        plan = plan_for(KIND, inches=inches, word=word, letter=letter, again=NOISE[:, 1])
        self.assertEqual(codes(plan), ["duplicate_feature"])
        for pair in ("'inches' and 'b'", "'again' and 'b'", "'letter' and 'word'"):
            self.assertIn(pair, plan.suspicions[0].message)
        self.assertEqual(plan.suspicions[0].fix[0].value, ["a", "b", "c", "word"])

    def test_what_only_rises_together_or_is_alike_by_accident_is_no_double(self):
        spike = np.zeros(ROWS)
        spike[::100] = 1e6
        near_spike = spike + NOISE[:, 1]
        far = spike + NOISE[:, 2]
        plan = plan_for(KIND, cube=NOISE[:, 1] ** 3, spike=spike, like=2 * spike, near=near_spike, far=far)
        self.assertNotIn("duplicate_feature", codes(plan))

    def test_a_wide_table_gets_one_problem_that_names_a_few_and_counts_the_rest(self):
        blanks = {f"blank {n}": np.zeros(ROWS) for n in range(300)}
        doubles = {f"double {n}": n + NOISE[:, 1] for n in range(100)}
        plan = plan_for(KIND, **blanks, **doubles)
        self.assertEqual(codes(plan), ["constant_feature", "duplicate_feature"])
        for problem, count in zip(plan.suspicions, (300, 100), strict=True):
            self.assertIn(f"and {count - NAMED:,} more", problem.message)
            self.assertLess(len(problem.message), 400)

    def test_the_sample_is_bounded_and_the_same_every_time(self):
        train = np.arange(1_000_000)
        self.assertEqual(len(_sample(train, 20)), SAMPLE_ROWS)
        self.assertLessEqual(len(_sample(train, 1_000)) * 1_000, SAMPLE_CELLS)
        np.testing.assert_array_equal(_sample(train, 20), _sample(train, 20))
        self.assertEqual(sorted(_sample(np.arange(50), 5)), list(range(50)))


class FixTests(SimpleTestCase):
    def test_a_fix_leaves_the_columns_out_and_nothing_else(self):
        plan = plan_for(KIND, leak=KIND, blank=np.zeros(ROWS))
        self.assertEqual(find(plan, "target_leak").fix[0].value, ["a", "b", "c", "blank"])
        self.assertEqual(find(plan, "constant_feature").fix[0].value, ["a", "b", "c", "leak"])

    def test_a_first_layer_that_names_its_size_follows(self):
        plan = plan_for(KIND, leak=KIND)
        spec = TrainingSpec.model_validate({"user_arch": [f"Linear({plan.n_features}, 3)"], "target": "y"})
        (problem,) = check(spec, plan, Limits()).problems
        self.assertEqual(problem.fix[1].path, "/user_arch/0")
        self.assertEqual(problem.fix[1].value, {"layer": "Linear", "out_features": 3})

    def test_they_are_looked_for_once_a_plan(self):
        plan = plan_for(KIND, leak=KIND)
        self.assertIs(plan.suspicions, plan.suspicions)

    def test_in_an_image_a_blank_pixel_is_no_mistake(self):
        plan = make_plan(load_builtin("DIGITS"), TrainingSpec(seed=0), Limits())
        for arch, expected in (
            (["Flatten()", "Linear(10)"], ["constant_feature"]),
            (["Unflatten(1, (1, 8, 8))", "Flatten()", "Linear(10)"], []),
        ):
            found = check(TrainingSpec.model_validate({"user_arch": arch}), plan, Limits()).problems
            self.assertEqual([problem.code for problem in found], expected)
