"""The diagnosis says what happened in a run, proposes one experiment each, and stays silent where nothing happened."""

from __future__ import annotations

import math
from time import perf_counter
from typing import Any

import numpy as np
from django.test import SimpleTestCase

from training.datasets.plan import make_plan
from training.datasets.preprocessing import prepare
from training.datasets.sources import Builtin, load_table
from training.limits import Limits
from training.parts import ColumnImportance, Diagnosis, EpochRow
from training.spec import TrainingSpec
from training.trainers.defaults import complete
from training.trainers.results.diagnosis import diagnose, diagnose_importance
from training.trainers.train import train

NETWORK = {"criterion": "CELOSS", "optimizer_name": "Adam", "learning_rate": 0.005, "user_arch": ["nn.Linear(2)"]}
GOOD = [[15, 1], [1, 13]]


def rows(train: Any, test: Any, val: Any = None) -> list[EpochRow]:
    val = [None] * len(train) if val is None else val
    return [
        EpochRow(epoch=epoch, train_time=0.1, train_loss=a, test_loss=b, val_loss=c)
        for epoch, (a, b, c) in enumerate(zip(train, test, val, strict=True), 1)
    ]


def classified(matrix: list[list[int]] = GOOD, **more: Any) -> dict[str, Any]:
    counts = np.array(matrix)
    metrics = {"accuracy": float(np.trace(counts) / counts.sum())}
    names = ["no", "yes", "maybe"][: len(matrix)]
    return {
        "problem_type": "classification",
        "confusion_matrix": matrix,
        "category_list": names,
        "metrics": metrics,
        **more,
    }


def regressed(r2: float) -> dict[str, Any]:
    return {"problem_type": "regression", "target": "price", "metrics": {"r2": r2}, "baseline": {"r2": -0.01}}


def apply(diagnosis: Diagnosis, spec: TrainingSpec) -> TrainingSpec:
    """The experiment, as the page does it."""
    changes = {operation.path.removeprefix("/"): operation.value for operation in diagnosis.patch}
    return TrainingSpec.model_validate({**spec.model_dump(exclude_unset=True), **changes})


def settled(epochs: int = 50) -> list[EpochRow]:
    loss = [math.exp(-epoch) + 0.1 for epoch in range(epochs)]
    return rows(loss, loss)


class DiagnosisTests(SimpleTestCase):
    def diagnose(self, curves: list[EpochRow], auxiliary: dict[str, Any], **spec: Any) -> list[Diagnosis]:
        found = diagnose(curves, auxiliary, TrainingSpec.model_validate({**NETWORK, **spec}))
        for diagnosis in found:
            self.assertTrue(diagnosis.patch, diagnosis.code)
        return found

    def codes(self, curves: list[EpochRow], auxiliary: dict[str, Any], **spec: Any) -> list[str]:
        return [diagnosis.code for diagnosis in self.diagnose(curves, auxiliary, **spec)]

    def test_a_good_run_is_told_so_and_compared_with_something_simpler(self):
        (only,) = self.diagnose(settled(), classified())
        self.assertEqual(only.code, "all_well")
        self.assertEqual(apply(only, TrainingSpec(**NETWORK)).user_model, {"estimator": "LogisticRegression"})

    def test_a_loss_that_still_falls_gets_more_epochs(self):
        loss = [math.exp(-epoch / 30) for epoch in range(40)]
        (only,) = self.diagnose(rows(loss, loss), classified(), epochs=40)
        self.assertEqual((only.code, apply(only, TrainingSpec(**NETWORK)).epochs), ("still_improving", 80))
        perfect = classified([[15, 0], [0, 15]])
        self.assertNotIn("still_improving", self.codes(rows(loss, loss), perfect))

    def test_so_does_one_that_falls_slowly_in_few_epochs(self):
        loss = [1.1 - 0.03 * epoch for epoch in range(6)]  # 3 % an epoch, of which six more would take a sixth off
        self.assertEqual(self.codes(rows(loss, loss), classified()), ["still_improving"])
        slower = [1.1 - 0.01 * epoch for epoch in range(6)]
        self.assertEqual(self.codes(rows(slower, slower), classified()), ["all_well"])

    def test_a_loss_that_has_settled_gets_none(self):
        noise = np.random.default_rng(0).normal(0, 0.003, 50)
        loss = np.exp(-np.arange(50.0)) + 0.1 + noise
        self.assertEqual(self.codes(rows(loss, loss), classified()), ["all_well"])

    def test_overfitting_is_dated_and_stopped_in_time(self):
        learned = np.exp(-np.arange(60) / 10)
        judged = np.concatenate([np.linspace(1, 0.4, 20), np.linspace(0.41, 0.9, 40)])
        (only,) = self.diagnose(rows(learned, judged), classified())
        self.assertEqual(only.code, "overfitting")
        epoch = int(only.title.split()[3])
        self.assertAlmostEqual(epoch, 20, delta=3)
        self.assertEqual(apply(only, TrainingSpec(**NETWORK)).patience, 6)

    def test_rows_held_back_for_it_judge_instead_of_test_rows(self):
        learned = np.exp(-np.arange(60) / 10)
        judged = np.concatenate([np.linspace(1, 0.4, 20), np.linspace(0.41, 0.9, 40)])
        self.assertEqual(self.codes(rows(learned, learned, judged), classified()), ["overfitting"])

    def test_a_rise_that_the_training_rows_share_is_no_overfitting(self):
        loss = np.concatenate([np.linspace(1, 0.4, 20), np.linspace(0.41, 0.9, 40)])
        self.assertNotIn("overfitting", self.codes(rows(loss, loss), classified()))

    def test_a_wiggle_near_nothing_is_no_overfitting(self):
        learned = np.exp(-np.arange(60) / 10)
        judged = np.maximum(learned, 0.01) + np.linspace(0, 0.01, 60)
        self.assertNotIn("overfitting", self.codes(rows(learned, judged), classified()))

    def test_a_run_that_stopped_itself_is_neither_too_long_nor_too_short(self):
        learned = np.exp(-np.arange(60) / 10)
        judged = np.concatenate([np.linspace(1, 0.4, 20), np.linspace(0.41, 0.9, 40)])
        stopped = classified(early_stopping={"stopped_after": 60, "kept_epoch": 20})
        self.assertEqual(self.codes(rows(learned, judged), stopped), ["all_well"])

    def test_a_loss_that_jumps_gets_smaller_steps(self):
        loss = [1.0 + (epoch % 3 == 0) for epoch in range(30)]
        found = self.diagnose(rows(loss, loss), classified(), learning_rate=0.5)
        self.assertEqual(found[0].code, "unstable")
        self.assertEqual(apply(found[0], TrainingSpec(**NETWORK)).learning_rate, 0.05)

    def test_one_class_only_is_no_news_twice(self):
        found = self.diagnose(settled(), classified([[20, 0], [10, 0]]))
        self.assertEqual([one.code for one in found], ["one_class_only"])
        self.assertIn("'no'", found[0].sentence)
        self.assertEqual(apply(found[0], TrainingSpec(**NETWORK)).criterion, "WCELOSS")

    def test_one_class_only_without_a_common_class(self):
        balanced = classified([[15, 0], [15, 0]])
        (slow,) = self.diagnose(settled(), balanced, learning_rate=1e-7)
        self.assertIsNone(apply(slow, TrainingSpec(**NETWORK)).learning_rate)
        (usual,) = self.diagnose(settled(), balanced)
        self.assertEqual(apply(usual, TrainingSpec(**NETWORK)).user_model["class_weight"], "balanced")

    def test_no_better_than_the_most_frequent_class(self):
        self.assertEqual(self.codes(settled(), classified([[18, 2], [8, 2]])), ["no_better"])

    def test_no_better_than_the_mean(self):
        (only,) = self.diagnose(settled(), regressed(0.01))
        self.assertEqual(only.code, "no_better")
        self.assertIn("mean of 'price'", only.sentence)
        self.assertEqual(apply(only, TrainingSpec(**NETWORK)).user_model, {"estimator": "RandomForestRegressor"})
        self.assertEqual(self.codes(settled(), regressed(0.4)), ["all_well"])
        self.assertEqual(self.codes(settled(), regressed(math.nan)), ["all_well"])

    def test_an_estimator_is_judged_by_what_it_came_to_alone(self):
        loss = [1.0 + (epoch % 3 == 0) for epoch in range(30)]
        forest = {"user_model": "RandomForestClassifier()", "user_arch": []}
        self.assertEqual(self.codes(rows(loss, loss), classified(), **forest), ["all_well"])
        (only,) = self.diagnose(rows([None], [None]), classified([[18, 2], [8, 2]]), **forest)
        network = apply(only, TrainingSpec(user_model="RandomForestClassifier()"))
        self.assertIsNone(network.user_model)
        self.assertEqual(network.user_arch[-1], {"layer": "Linear", "out_features": 2})

    def test_one_class_only_is_mended_by_the_estimator_itself_then_a_forest_then_a_network(self):
        blind = classified([[20, 0], [10, 0]])
        linear = {"user_model": {"estimator": "LogisticRegression", "C": 2.0}, "user_arch": []}
        (own,) = self.diagnose(rows([None], [None]), blind, **linear)
        balanced = apply(own, TrainingSpec()).user_model
        self.assertEqual(balanced, {"estimator": "LogisticRegression", "C": 2.0, "class_weight": "balanced"})
        for model in (balanced, "GaussianNB()"):
            (forest,) = self.diagnose(rows([None], [None]), blind, user_model=model, user_arch=[])
            weighted = apply(forest, TrainingSpec()).user_model
            self.assertEqual(weighted, {"estimator": "RandomForestClassifier", "class_weight": "balanced"})
        (last,) = self.diagnose(rows([None], [None]), blind, user_model=weighted, user_arch=[])
        network = apply(last, TrainingSpec(user_model=weighted))
        self.assertEqual((network.user_model, network.criterion), (None, "WCELOSS"))

    def test_it_takes_less_than_a_millisecond(self):
        loss = np.exp(-np.arange(100) / 30)
        spec, auxiliary, epochs = TrainingSpec(**NETWORK), classified(), rows(loss, loss)
        took = []
        for _ in range(20):
            began = perf_counter()
            diagnose(epochs, auxiliary, spec)
            took.append(perf_counter() - began)
        self.assertLess(min(took), 1e-3)


class ByHeartTests(SimpleTestCase):
    """What estimators are told: by their curves where they learn in rounds, or else by the rows that they know."""

    def diagnose(self, model: Any, train_score: float | None, auxiliary: dict[str, Any], epochs: Any = None) -> Any:
        spec = TrainingSpec.model_validate({"criterion": "CELOSS", "user_model": model})
        (only,) = diagnose(rows([None], [None]) if epochs is None else epochs, auxiliary, spec, train_score)
        return only.code.value, apply(only, TrainingSpec()).user_model, only.sentence

    def test_what_knows_its_rows_far_better_than_others_is_held_back_by_an_argument_of_its_own(self):
        poor = classified([[70, 30], [30, 70]])
        for model, changed in (
            ("DecisionTreeClassifier(max_depth=9)", {"max_depth": 9, "min_samples_leaf": 5}),
            ("RandomForestClassifier(min_samples_leaf=4)", {"min_samples_leaf": 8}),
            ("KNeighborsClassifier()", {"n_neighbors": 15}),
            ("SVC()", {"C": 0.1}),
            ("RidgeClassifier(alpha=2.0)", {"alpha": 20.0}),
            ("AdaBoostClassifier()", {"n_estimators": 25}),
        ):
            with self.subTest(model=model):
                code, proposed, sentence = self.diagnose(model, 1.0, poor)
                self.assertEqual((code, proposed), ("overfitting", {"estimator": model.split("(")[0], **changed}))
                self.assertIn("100% of the rows it learned from are right, and 70%", sentence)

    def test_of_numbers_it_is_told_by_r2(self):
        code, proposed, sentence = self.diagnose("KNeighborsRegressor()", 0.9, regressed(0.2))
        self.assertEqual((code, proposed["n_neighbors"]), ("overfitting", 15))
        self.assertIn("R² is 0.90 on the rows it learned from, and 0.20", sentence)
        self.assertEqual(self.diagnose("KNeighborsRegressor()", 0.5, regressed(0.4))[0], "all_well")
        self.assertEqual(self.diagnose("KNeighborsRegressor()", 1.0, regressed(math.nan))[0], "all_well")

    def test_a_small_gap_one_of_few_rows_and_an_unknown_one_are_no_news(self):
        forest = "RandomForestClassifier()"
        self.assertEqual(self.diagnose(forest, 1.0, classified([[95, 5], [5, 95]]))[0], "all_well")
        self.assertEqual(self.diagnose(forest, 1.0, classified([[9, 1], [2, 8]]))[0], "all_well")
        self.assertEqual(self.diagnose(forest, None, classified([[70, 30], [30, 70]]))[0], "all_well")
        self.assertEqual(self.diagnose("GaussianNB()", 1.0, classified([[70, 30], [30, 70]]))[0], "all_well")

    def test_boosting_is_stopped_at_its_best_round_or_given_more_of_them(self):
        boosting = "GradientBoostingClassifier(n_estimators=200)"
        learned = np.exp(-np.arange(100) / 20)
        judged = np.concatenate([np.linspace(1, 0.4, 30), np.linspace(0.41, 0.9, 70)])
        code, proposed, _ = self.diagnose(boosting, None, classified(), rows(learned, judged))
        self.assertEqual(code, "overfitting")
        self.assertAlmostEqual(proposed["n_estimators"], 60, delta=8)  # two rounds an epoch
        code, proposed, _ = self.diagnose(boosting, None, classified(), rows(learned, learned))
        self.assertEqual((code, proposed["n_estimators"]), ("still_improving", 400))
        stopped = rows(learned[:50], learned[:50])  # by itself
        self.assertEqual(self.diagnose(boosting, None, classified(), stopped)[0], "all_well")
        most = "GradientBoostingClassifier(n_estimators=1000)"
        self.assertEqual(self.diagnose(most, None, classified(), rows(learned, learned))[0], "all_well")


class LeakTests(SimpleTestCase):
    def accuse(self, score: float, *importances: float) -> list[Diagnosis]:
        columns = [ColumnImportance(column=f"c{n}", importance=i, spread=0.0) for n, i in enumerate(importances)]
        return diagnose_importance(columns, score, [column.column for column in columns][::-1])

    def test_one_column_that_does_it_all_is_named_and_left_out(self):
        (only,) = self.accuse(0.99, 0.6, 0.01, 0.0)
        self.assertIn("'c0'", only.sentence)
        self.assertEqual(only.patch[0].value, ["c2", "c1"])

    def test_several_columns_poor_models_and_lonely_columns_are_not_accused(self):
        self.assertEqual(self.accuse(0.99, 0.4, 0.2), [])
        self.assertEqual(self.accuse(0.6, 0.3, 0.0), [])
        self.assertEqual(self.accuse(1.0, 0.6), [])
        self.assertEqual(self.accuse(1.0, 0.0, 0.0), [])


class RealRunTests(SimpleTestCase):
    def run_of(self, table: str, **fields: Any) -> list[str]:
        spec = TrainingSpec.model_validate({"default": table, "seed": 0, **fields})
        plan = make_plan(load_table(Builtin(table), lambda location: None), spec, Limits())
        data = prepare(plan)
        outcome = train(data, complete(spec, plan), on_epoch=lambda row: None, is_cancelled=lambda: False)
        self.assertEqual(outcome.auxiliary["columns"]["number"], plan.numbers)
        return [one["code"] for one in outcome.auxiliary["diagnosis"]]

    def test_a_default_run_is_well(self):
        self.assertEqual(self.run_of("IRIS"), ["all_well"])

    def test_too_few_epochs_are_noticed(self):
        self.assertIn("still_improving", self.run_of("IRIS", epochs=6))

    def test_learning_by_heart_is_noticed(self):
        wide = ["nn.Linear(256)", "nn.ReLU()", "nn.Linear(256)", "nn.ReLU()", "nn.Linear(1)"]
        self.assertIn("overfitting", self.run_of("DIABETES", user_arch=wide, epochs=60))

    def test_estimators_that_learn_by_heart_are_noticed(self):
        for model in ("RandomForestRegressor()", "KNeighborsRegressor()", "SVR()", "GradientBoostingRegressor()"):
            with self.subTest(model=model):
                self.assertIn("overfitting", self.run_of("DIABETES", user_model=model))
        for model in ("Ridge()", "Lasso()"):
            self.assertEqual(self.run_of("DIABETES", user_model=model), ["all_well"])
        self.assertEqual(self.run_of("WINE", user_model="RandomForestClassifier()"), ["all_well"])

    def test_a_rate_that_is_far_too_small_teaches_nothing(self):
        found = self.run_of("IRIS", learning_rate=1e-6, epochs=5)
        self.assertTrue({"one_class_only", "no_better"} & set(found), found)

    def test_steps_that_are_too_large_are_noticed(self):
        self.assertIn("unstable", self.run_of("WINE", learning_rate=0.5, epochs=40))
