"""Scores on training rows that are held back: what sweeps choose by, and cross-validation with folds."""

from __future__ import annotations

import json
from typing import Any
from unittest import mock
from uuid import uuid4

import numpy as np
from django.test import SimpleTestCase
from sklearn.model_selection import StratifiedKFold

from playground.wire.envelope import dump
from tests.training.test_splits import DAYS, make_classes, make_frame, plan_of
from training.datasets.builtin import load_builtin
from training.datasets.plan import Plan, make_plan
from training.datasets.preprocessing import prepare
from training.datasets.sources import Builtin, Inline, load_table
from training.jobs.jobs import ComparisonJob, SweepJob, TrainJob
from training.limits import Limits
from training.messages.events import TrainingResult
from training.messages.results import AuxiliaryOutputs
from training.messages.sweeps import SweepResult, TrainingCompared
from training.spec import TrainingSpec
from training.sweeps.variation import Combination, Variation, parse_variation
from training.trainers.defaults import complete
from training.trainers.preflight import check
from training.trainers.results.evaluation import score
from training.trainers.train import fit, train
from training.trainers.validation import list_parts
from training.work.execute import execute
from training.work.sweeps import run_comparison, run_sweep

TREE = "DecisionTreeClassifier(max_depth=3)"


def spec_of(**fields: Any) -> TrainingSpec:
    return TrainingSpec.model_validate({"target": "y", "seed": 3, **fields})


def train_quietly(plan: Plan, spec: TrainingSpec, **options: Any) -> AuxiliaryOutputs:
    outcome = train(
        prepare(plan), complete(spec, plan), on_epoch=lambda row: None, is_cancelled=lambda: False, **options
    )
    return AuxiliaryOutputs.model_validate_json(json.dumps(dump(outcome.auxiliary)))


def score_alone(plan: Plan, spec: TrainingSpec) -> float:
    data = prepare(plan)
    return score(data, fit(data, complete(spec, plan), on_epoch=lambda row: None, is_cancelled=lambda: False)).value


class PartTests(SimpleTestCase):
    def test_no_test_row_is_learned_from_or_judged_by(self):
        for fields in ({}, {"folds": 4}, {"shuffle": False}):
            plan = plan_of(make_classes(), **fields)
            parts = list_parts(plan, spec_of(**fields))
            self.assertEqual(len(parts), fields.get("folds", 1))
            for part in parts:
                self.assertFalse(set(part.train) & set(part.test))
                self.assertLessEqual(set(part.train) | set(part.test), set(plan.train))

    def test_validation_rows_follow_the_split(self):
        time, group = {"kind": "time", "column": "when"}, {"kind": "group", "column": "who"}
        frame = make_frame(when=DAYS[np.random.default_rng(1).permutation(50)], who=np.arange(50) // 5)
        for folds in (None, 3):
            plan = plan_of(frame, split=time)
            for part in list_parts(plan, spec_of(split=time, folds=folds)):
                latest, earliest = frame["when"].iloc[part.train].max(), frame["when"].iloc[part.test].min()
                self.assertLess(latest, earliest)
            plan = plan_of(frame, split=group)
            for part in list_parts(plan, spec_of(split=group, folds=folds)):
                self.assertFalse(set(frame["who"].iloc[part.train]) & set(frame["who"].iloc[part.test]))

    def test_a_single_part_is_a_quarter_of_the_training_rows(self):
        plan = plan_of(make_classes(100))
        (part,) = list_parts(plan, spec_of())
        self.assertEqual((len(part.train), len(part.test), len(plan.test)), (60, 20, 20))


class FoldTests(SimpleTestCase):
    def setUp(self) -> None:
        self.spec = TrainingSpec(default="WINE", user_model=TREE, seed=1, folds=5)
        self.plan = make_plan(load_builtin("WINE"), self.spec, Limits())

    def test_a_run_tells_each_fold_their_mean_and_spread(self):
        found = train_quietly(self.plan, self.spec).cross_validation
        train_rows = self.plan.train
        y = self.plan.y[train_rows]
        splits = StratifiedKFold(5, shuffle=True, random_state=1).split(train_rows, y)
        expected = [
            score_alone(part, self.spec)
            for part, (rows, _) in zip(list_parts(self.plan, self.spec), splits, strict=True)
            if list(part.train) == list(train_rows[rows])
        ]
        self.assertEqual(found.scores, expected)
        self.assertEqual(len(expected), 5)
        self.assertAlmostEqual(found.mean, np.mean(expected))
        self.assertAlmostEqual(found.spread, np.std(expected, ddof=1))
        self.assertEqual((found.folds, found.kind, found.metric), (5, "random", "accuracy"))
        self.assertRegex(found.sentence, r"^Over 5 folds of the training rows: \d\d\.\d% accuracy ± \d+\.\d%\.$")

    def test_folds_change_nothing_about_the_run_itself(self):
        alone = train_quietly(self.plan, self.spec.model_copy(update={"folds": None}))
        self.assertIsNone(alone.cross_validation)
        self.assertEqual(train_quietly(self.plan, self.spec).metrics, alone.metrics)

    def test_networks_regressions_and_time_are_folded_too(self):
        frame = make_frame(when=DAYS).assign(y=lambda rows: 2 * rows["x"])
        for fields in (
            {"epochs": 2},
            {"epochs": 2, "user_arch": ["nn.Linear(2, 4)", "nn.Linear(4, 1)"], "patience": 1},
        ):
            fields = {**fields, "folds": 3, "split": {"kind": "time", "column": "when"}}
            found = train_quietly(plan_of(frame, **fields), spec_of(**fields)).cross_validation
            self.assertEqual((found.metric, found.kind, len(found.scores)), ("r2", "time", 3))

    def test_folds_that_may_not_end_in_time_are_left_out_and_told(self):
        found = train_quietly(self.plan, self.spec, max_seconds=0.0).cross_validation
        self.assertEqual((found.scores, found.mean, found.spread), ([], None, None))
        self.assertTrue(found.sentence)

    def test_the_result_of_a_run_in_a_worker_has_the_folds(self):
        emitted: list[Any] = []
        with mock.patch("training.work.execute.store"):
            execute(TrainJob(uuid4(), self.spec, Builtin("WINE"), Limits()), emitted.extend, lambda: False)
        (result,) = [message for message in emitted if isinstance(message, TrainingResult)]
        self.assertEqual(len(result.auxiliary_outputs.cross_validation.scores), 5)

    def test_rows_that_cannot_be_folded_are_a_problem_with_a_fix(self):
        frame = make_classes(who=np.arange(60) // 20)
        fields = {"folds": 5, "split": {"kind": "group", "column": "who"}, "user_model": TREE}
        problems = check(spec_of(**fields), plan_of(frame, **fields), Limits()).problems
        (problem,) = [problem for problem in problems if problem.where == "folds"]
        self.assertEqual((problem.code, problem.level), ("too_few_for_folds", "error"))
        self.assertEqual([operation.path for operation in problem.fix], ["/folds"])

    def test_epochs_of_all_folds_count_for_the_limit(self):
        fields = {"folds": 9, "epochs": 1_001}
        found = check(spec_of(**fields), plan_of(make_classes(), **fields), Limits(epochs=10_000)).problems
        self.assertIn(("too_many_epochs", "folds"), [(problem.code, problem.where) for problem in found])


class SweepTests(SimpleTestCase):
    """A table on which the combination with the best test score is not the one with the best validation score."""

    RECORDS = tuple(make_classes(80).assign(y=lambda rows: np.where(rows["x"] > 0, "a", "b")).to_dict("records"))

    def sweep(self, **fields: Any) -> tuple[SweepResult, TrainingSpec, Plan]:
        spec = spec_of(user_model="DecisionTreeClassifier(max_depth=1)", **fields)
        variation = parse_variation(spec, {"user_model.max_depth": [1, 2, 4], "seed": [3, 4]}, 500)
        emitted: list[Any] = []
        source = Inline(records=self.RECORDS)
        run_sweep(SweepJob(uuid4(), spec, variation, source, Limits(), ()), emitted.extend, lambda: False)
        return emitted[-1], spec, make_plan_of(self.RECORDS, spec)

    def test_combinations_are_ranked_by_rows_that_are_held_back(self):
        result, spec, _ = self.sweep()
        self.assertEqual(result.measured_on, "validation")
        for each in result.combinations:
            chosen = spec.model_copy(update=dict(each.changes))
            expected = []
            for seed in (3, 4):
                seeded = chosen.model_copy(update={"seed": seed})
                (part,) = list_parts(make_plan_of(self.RECORDS, seeded), seeded)
                expected.append(score_alone(part, seeded))
            self.assertEqual(each.scores, expected)

    def test_only_the_chosen_one_is_measured_on_the_test_rows(self):
        result, spec, _ = self.sweep()
        best, *others = result.combinations
        seeded = [spec.model_copy(update={**best.changes, "seed": seed}) for seed in (3, 4)]
        self.assertEqual(best.test_scores, [score_alone(make_plan_of(self.RECORDS, each), each) for each in seeded])
        self.assertTrue(all(each.test_scores == [] for each in others))
        self.assertIn("on the test rows", result.message)

    def test_with_folds_the_mean_over_folds_decides(self):
        result, spec, _ = self.sweep(folds=3)
        self.assertEqual(result.measured_on, "folds")
        best = result.combinations[0]
        chosen = spec.model_copy(update={**best.changes, "seed": 3})
        parts = list_parts(make_plan_of(self.RECORDS, chosen), chosen)
        self.assertEqual(len(parts), 3)
        self.assertAlmostEqual(best.scores[0], np.mean([score_alone(part, chosen) for part in parts]))

    def test_a_comparison_of_two_is_measured_on_the_test_rows(self):
        spec = spec_of(user_model="DecisionTreeClassifier(max_depth=1)")
        other = spec.model_copy(update={"user_model": "GaussianNB()"})
        variation = Variation((Combination({}, {}, spec), Combination({}, {}, other)), (0, 1, 2))
        source = Inline(records=self.RECORDS)
        job = ComparisonJob(uuid4(), spec, variation, source, Limits(), (), (uuid4(), uuid4()), ())
        emitted: list[Any] = []
        run_comparison(job, emitted.extend, lambda: False)
        result = emitted[-1]
        assert isinstance(result, TrainingCompared)
        seeded = [spec.model_copy(update={"seed": seed}) for seed in (0, 1, 2)]
        self.assertEqual(result.scores, [score_alone(make_plan_of(self.RECORDS, each), each) for each in seeded])


def make_plan_of(records: tuple[dict[str, Any], ...], spec: TrainingSpec) -> Plan:
    return make_plan(load_table(Inline(records=records), lambda location: None), spec, Limits())
