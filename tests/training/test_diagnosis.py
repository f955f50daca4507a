"""The diagnosis says what happened in a run, proposes one experiment each, and stays silent where nothing happened."""

from __future__ import annotations

import math
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from django.test import SimpleTestCase

from training.datasets.plan import make_plan
from training.datasets.preprocessing import prepare
from training.datasets.sources import Builtin, load_table
from training.limits import Limits
from training.messages.events import EpochRow
from training.messages.insights import Diagnosis
from training.messages.results import AuxiliaryOutputs, SplitSummary
from training.problems import build_problem
from training.spec import ProblemType, TrainingSpec
from training.trainers.defaults import complete
from training.trainers.estimators import EstimatorChoice
from training.trainers.results.candidates import CandidateScore
from training.trainers.results.diagnosis import diagnose
from training.trainers.results.importance import ColumnImportance, Importance, measure_importance
from training.trainers.results.target_leakage import find_target_leakage
from training.trainers.train import train

NETWORK = {"criterion": "CELOSS", "optimizer_name": "Adam", "learning_rate": 0.005, "user_arch": ["nn.Linear(2)"]}
GOOD = [[15, 1], [1, 13]]


def rows(train: Any, test: Any, val: Any = None) -> list[EpochRow]:
    val = [None] * len(train) if val is None else val
    return [
        EpochRow(epoch=epoch, train_time=0.1, train_loss=a, test_loss=b, val_loss=c)
        for epoch, (a, b, c) in enumerate(zip(train, test, val, strict=True), 1)
    ]


def classified(matrix: list[list[int]] = GOOD, **more: Any) -> AuxiliaryOutputs:
    counts = np.array(matrix)
    metrics = {"accuracy": float(np.trace(counts) / counts.sum())}
    names = ["no", "yes", "maybe"][: len(matrix)]
    return AuxiliaryOutputs(
        confusion_matrix=matrix,
        category_list=names,
        metrics=metrics,
        baseline={"accuracy": float(counts.sum(1).max() / counts.sum())},
        **more,
    )


def regressed(r2: float) -> AuxiliaryOutputs:
    return AuxiliaryOutputs(target="price", metrics={"r2": r2}, baseline={"r2": -0.01})


def apply(diagnosis: Diagnosis, spec: TrainingSpec) -> TrainingSpec:
    """The experiment, as the page does it."""
    changes = {operation.path.removeprefix("/"): operation.value for operation in diagnosis.patch}
    return TrainingSpec.model_validate({**spec.model_dump(exclude_unset=True), **changes})


def settled(epochs: int = 50) -> list[EpochRow]:
    loss = [math.exp(-epoch) + 0.1 for epoch in range(epochs)]
    return rows(loss, loss)


class DiagnosisTests(SimpleTestCase):
    def diagnose(self, curves: list[EpochRow], auxiliary: AuxiliaryOutputs, **spec: Any) -> list[Diagnosis]:
        return diagnose(curves, auxiliary, TrainingSpec.model_validate({**NETWORK, **spec}))

    def codes(self, curves: list[EpochRow], auxiliary: AuxiliaryOutputs, **spec: Any) -> list[str]:
        return [diagnosis.code for diagnosis in self.diagnose(curves, auxiliary, **spec)]

    def test_a_good_run_is_praised_and_proposed_for_cross_validation_once(self):
        (only,) = self.diagnose(settled(), classified())
        self.assertEqual(only.code, "all_well")
        self.assertEqual(apply(only, TrainingSpec(**NETWORK)).folds, 5)
        (again,) = self.diagnose(settled(), classified(), folds=5)
        self.assertEqual((again.code, again.patch), ("all_well", []))

    def test_a_run_with_warnings_is_not_praised_without_them(self):
        notes = [build_problem("constant_feature", "features", f"The column {n} is the same.") for n in range(5)]
        (only,) = diagnose(settled(), classified(), TrainingSpec.model_validate(NETWORK), notes=notes)
        self.assertEqual(only.code, "noted")
        self.assertIn("The column 0 is the same.", only.sentence)
        self.assertIn("And 2 more", only.sentence)
        self.assertNotIn("nothing looks wrong", only.sentence)

    def test_more_epochs_are_proposed_while_the_loss_falls(self):
        loss = [math.exp(-epoch / 30) for epoch in range(40)]
        (only,) = self.diagnose(rows(loss, loss), classified(), epochs=40)
        self.assertEqual((only.code, apply(only, TrainingSpec(**NETWORK)).epochs), ("still_improving", 80))
        perfect = classified([[15, 0], [0, 15]])
        self.assertNotIn("still_improving", self.codes(rows(loss, loss), perfect))

    def test_more_epochs_are_proposed_for_a_slow_fall_in_few_epochs(self):
        loss = [1.1 - 0.03 * epoch for epoch in range(6)]  # 3 % an epoch, of which six more would take a sixth off
        self.assertEqual(self.codes(rows(loss, loss), classified()), ["still_improving"])
        slower = [1.1 - 0.01 * epoch for epoch in range(6)]
        self.assertEqual(self.codes(rows(slower, slower), classified()), ["all_well"])

    def test_no_more_epochs_are_proposed_for_a_constant_loss(self):
        noise = np.random.default_rng(0).normal(0, 0.003, 50)
        loss = np.exp(-np.arange(50.0)) + 0.1 + noise
        self.assertEqual(self.codes(rows(loss, loss), classified()), ["all_well"])

    def test_overfitting_names_the_epoch_and_proposes_early_stopping(self):
        learned = np.exp(-np.arange(60) / 10)
        judged = np.concatenate([np.linspace(1, 0.4, 20), np.linspace(0.41, 0.9, 40)])
        (only,) = self.diagnose(rows(learned, judged), classified())
        self.assertEqual(only.code, "overfitting")
        epoch = int(only.title.split()[3])
        self.assertAlmostEqual(epoch, 20, delta=3)
        self.assertEqual(apply(only, TrainingSpec(**NETWORK)).patience, 6)

    def test_early_stopping_is_not_proposed_where_it_costs_accuracy_or_rows(self):
        learned = np.exp(-np.arange(60) / 10)
        judged = np.concatenate([np.linspace(1, 0.4, 20), np.linspace(0.41, 0.9, 40)])
        for right, train_rows, is_stopped in (
            (np.linspace(0.5, 0.9, 60), 200, False),
            (np.full(60, 0.9), 200, True),
            (np.linspace(0.9, 0.8, 60), 200, True),
            (np.linspace(0.9, 0.8, 60), 60, False),
        ):
            curves = [
                row.model_copy(update={"test_acc": float(share)})
                for row, share in zip(rows(learned, judged), right, strict=True)
            ]
            (only,) = self.diagnose(
                curves, classified(split=SplitSummary(kind="random", train_rows=train_rows, test_rows=20))
            )
            self.assertEqual((only.code, bool(only.patch)), ("overfitting", is_stopped), (right[-1], train_rows))

    def test_validation_rows_are_used_instead_of_test_rows(self):
        learned = np.exp(-np.arange(60) / 10)
        judged = np.concatenate([np.linspace(1, 0.4, 20), np.linspace(0.41, 0.9, 40)])
        self.assertEqual(self.codes(rows(learned, learned, judged), classified()), ["overfitting"])

    def test_a_rise_of_both_losses_is_not_overfitting(self):
        loss = np.concatenate([np.linspace(1, 0.4, 20), np.linspace(0.41, 0.9, 40)])
        self.assertNotIn("overfitting", self.codes(rows(loss, loss), classified()))

    def test_a_small_rise_of_a_small_loss_is_not_overfitting(self):
        learned = np.exp(-np.arange(60) / 10)
        judged = np.maximum(learned, 0.01) + np.linspace(0, 0.01, 60)
        self.assertNotIn("overfitting", self.codes(rows(learned, judged), classified()))

    def test_a_run_with_early_stopping_has_the_right_length(self):
        learned = np.exp(-np.arange(60) / 10)
        judged = np.concatenate([np.linspace(1, 0.4, 20), np.linspace(0.41, 0.9, 40)])
        stopped = classified(early_stopping={"stopped_after": 60, "kept_epoch": 20})
        self.assertEqual(self.codes(rows(learned, judged), stopped), ["all_well"])

    def test_a_smaller_learning_rate_is_proposed_for_a_loss_that_jumps(self):
        loss = [1.0 + (epoch % 3 == 0) for epoch in range(30)]
        found = self.diagnose(rows(loss, loss), classified(), learning_rate=0.5)
        self.assertEqual(found[0].code, "unstable")
        self.assertEqual(apply(found[0], TrainingSpec(**NETWORK)).learning_rate, 0.05)

    def test_gradient_clipping_is_proposed_if_the_learning_rate_is_small(self):
        loss = [1.0 + (epoch % 3 == 0) for epoch in range(30)]
        (usual,) = self.diagnose(rows(loss, loss), classified())
        self.assertEqual(apply(usual, TrainingSpec(**NETWORK)).learning_rate, 0.0005)
        (small,) = self.diagnose(rows(loss, loss), classified(), learning_rate=0.0005)
        clipped = apply(small, TrainingSpec(**NETWORK))
        self.assertEqual((small.code, clipped.learning_rate, clipped.gradient_clip), ("unstable", 0.005, 1.0))
        (last,) = self.diagnose(rows(loss, loss), classified(), learning_rate=0.0005, gradient_clip=1.0)
        self.assertEqual((last.code, last.patch), ("unstable", []))

    def test_jumps_at_the_default_rate_are_not_reported_for_a_high_score(self):
        loss = [1.0 + (epoch % 3 == 0) for epoch in range(30)]
        curves, best = rows(loss, loss), classified([[499, 1], [0, 500]])
        self.assertEqual(self.codes(curves, best), ["all_well"])
        self.assertEqual(self.codes(curves, best, learning_rate=0.05)[0], "unstable")
        for possible, code in ((0.94, "unstable"), (0.93, "all_well"), (None, "unstable")):
            spec = TrainingSpec.model_validate(NETWORK)
            found = diagnose(curves, classified(), spec, scorer=Scores(possible))
            self.assertEqual(found[0].code, code, possible)  # 28 of 30 are right

    def test_one_class_only_is_reported_once(self):
        found = self.diagnose(settled(), classified([[20, 0], [10, 0]]))
        self.assertEqual([one.code for one in found], ["one_class_only"])
        self.assertIn("'no'", found[0].sentence)
        self.assertEqual(apply(found[0], TrainingSpec(**NETWORK)).criterion, "WCELOSS")
        self.assertEqual(found[0].metric, "balanced_accuracy")  # by accuracy, the most frequent class is best

    def test_one_class_only_without_a_common_class(self):
        balanced = classified([[15, 0], [15, 0]])
        (slow,) = self.diagnose(settled(), balanced, learning_rate=1e-7)
        self.assertIsNone(apply(slow, TrainingSpec(**NETWORK)).learning_rate)
        (usual,) = self.diagnose(settled(), balanced)
        self.assertEqual(apply(usual, TrainingSpec(**NETWORK)).user_model, {"estimator": "RandomForestClassifier"})

    def test_class_weights_are_proposed_only_if_a_model_can_separate_the_classes(self):
        blind, spec = classified([[20, 0], [10, 0]]), TrainingSpec.model_validate(NETWORK)
        for balance, is_proposed in ((0.6, True), (0.52, False), (0.4, False)):
            (only,) = diagnose(settled(), blind, spec, scorer=Scores(0.7, balance=balance))
            self.assertEqual((only.code, bool(only.patch)), ("one_class_only", is_proposed), balance)

    def test_a_model_with_class_weights_is_not_judged_by_accuracy(self):
        """Its accuracy is below that of the baseline, and its recall of both classes is high."""
        balanced, scorer = classified([[70, 20], [2, 8]]), Scores(0.9)
        for weighted in (
            {"criterion": "WCELOSS"},
            {"class_weight": "balanced"},
            {"threshold": 0.3},
            {"user_model": "LogisticRegression(class_weight='balanced')", "user_arch": []},
        ):
            spec = TrainingSpec.model_validate({**NETWORK, **weighted})
            (only,) = diagnose(settled(), balanced, spec, 0.78, scorer=scorer)
            self.assertEqual(only.code, "all_well", weighted)
            (poor,) = diagnose(settled(), classified([[45, 45], [5, 5]]), spec, 0.5, scorer=scorer)
            self.assertEqual((poor.code, poor.patch), ("no_better", []))
            self.assertIn("balanced accuracy is 50%", poor.sentence)
        self.assertIn("no_better", self.codes(settled(), balanced))

    def test_a_decision_threshold_that_leaves_one_class_is_removed(self):
        (only,) = self.diagnose(settled(), classified([[20, 0], [10, 0]]), threshold=0.99)
        self.assertEqual(only.code, "one_class_only")
        self.assertIsNone(apply(only, TrainingSpec(**NETWORK, threshold=0.99)).threshold)

    def test_no_better_than_the_most_frequent_class(self):
        self.assertEqual(self.codes(settled(), classified([[18, 2], [8, 2]])), ["no_better"])

    def test_no_better_than_the_mean(self):
        (only,) = self.diagnose(settled(), regressed(0.01))
        self.assertEqual(only.code, "no_better")
        self.assertIn("mean of 'price'", only.sentence)
        self.assertEqual(apply(only, TrainingSpec(**NETWORK)).user_model, {"estimator": "RandomForestRegressor"})
        self.assertEqual(self.codes(settled(), regressed(0.4)), ["all_well"])
        self.assertEqual(self.codes(settled(), regressed(math.nan)), ["all_well"])

    def test_an_estimator_without_steps_is_judged_by_its_scores_alone(self):
        loss = [1.0 + (epoch % 3 == 0) for epoch in range(30)]
        forest = {"user_model": "RandomForestClassifier()", "user_arch": []}
        self.assertEqual(self.codes(rows(loss, loss), classified(), **forest), ["all_well"])
        (only,) = self.diagnose(rows([None], [None]), classified([[18, 2], [8, 2]]), **forest)
        self.assertEqual((only.code, only.patch), ("no_better", []))  # networks lead to forests, and never back

    def test_no_forest_is_proposed_that_finds_nothing_on_the_training_rows(self):
        poor, spec = classified([[18, 2], [8, 2]]), TrainingSpec.model_validate(NETWORK)  # 67 %, as the baseline
        for score, is_proposed in ((0.6, False), (0.8, True), (None, True)):
            (only,) = diagnose(settled(), poor, spec, scorer=Scores(score))
            self.assertEqual((only.code, bool(only.patch)), ("no_better", is_proposed), score)

    def test_one_class_only_is_fixed_by_class_weights_and_then_by_a_forest(self):
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
        self.assertEqual((last.code, last.patch), ("one_class_only", []))

    def test_it_takes_less_than_a_millisecond(self):
        loss = np.exp(-np.arange(100) / 30)
        spec, auxiliary, epochs = TrainingSpec(**NETWORK), classified(), rows(loss, loss)
        took = []
        for _ in range(20):
            began = perf_counter()
            diagnose(epochs, auxiliary, spec)
            took.append(perf_counter() - began)
        self.assertLess(min(took), 1e-3)


@dataclass(frozen=True)
class Scores:
    """A scorer that knows every estimator's score."""

    value: float | None
    of_changed: float | None = None

    balance: float = 0.8

    def score_candidate(self, choice: EstimatorChoice) -> CandidateScore | None:
        score = self.of_changed if choice.arguments and self.of_changed is not None else self.value
        return None if score is None else CandidateScore(score, self.balance, 0.05, 0.5)


class UnderfittingTests(SimpleTestCase):
    """A model underfits if a random forest scores higher on unseen rows than the model on its training rows."""

    def diagnose(self, train_score: float, possible: float | None, **spec: Any) -> Diagnosis:
        asked = TrainingSpec.model_validate({**NETWORK, **spec})
        (only,) = diagnose(settled(), classified([[66, 34], [34, 66]]), asked, train_score, scorer=Scores(possible))
        return only

    def test_a_larger_network_is_proposed_twice_and_then_a_forest(self):
        spec = TrainingSpec.model_validate(NETWORK)
        for units in ([64, 64], [128, 128, 128]):
            only = self.diagnose(0.72, 0.9, user_arch=list(spec.user_arch))
            self.assertEqual(only.code, "underfitting")
            self.assertIn("72% on training rows", only.sentence)
            spec = apply(only, spec)
            sizes = [layer["out_features"] for layer in spec.user_arch if layer["layer"] == "Linear"]
            self.assertEqual(sizes, [*units, 2])
        last = apply(self.diagnose(0.72, 0.9, user_arch=list(spec.user_arch)), spec)
        self.assertEqual(last.user_model, {"estimator": "RandomForestClassifier"})

    def test_a_larger_network_infers_its_first_size_and_keeps_its_last_layer(self):
        arch = ["nn.Linear(4, 8)", "nn.ReLU()", "nn.Dropout(0.5)", "nn.Linear(8, 2)", "nn.LogSoftmax()"]
        grown = apply(self.diagnose(0.72, 0.9, user_arch=arch), TrainingSpec.model_validate(NETWORK)).user_arch
        self.assertEqual(grown[0], {"layer": "Linear", "out_features": 64})
        self.assertEqual(grown[-2:], ({"layer": "Linear", "out_features": 2}, {"layer": "LogSoftmax"}))

    def test_an_odd_learning_rate_is_fixed_first(self):
        self.assertIsNone(apply(self.diagnose(0.72, 0.9, learning_rate=1e-6), TrainingSpec(**NETWORK)).learning_rate)

    def test_a_forest_is_proposed_for_images_and_linear_models(self):
        image = ["Unflatten(1, (1, 8, 8))", "Conv2d(1, 4, 3)", "ReLU()", "Flatten()", "Linear(2)"]
        for spec in ({"user_arch": image}, {"user_model": "LogisticRegression()", "user_arch": []}):
            proposed = apply(self.diagnose(0.72, 0.9, **spec), TrainingSpec(**NETWORK)).user_model
            self.assertEqual(proposed, {"estimator": "RandomForestClassifier"})

    def test_a_model_as_good_as_a_forest_does_not_underfit(self):
        for train_score, possible in ((0.72, 0.73), (0.98, 1.0), (math.nan, 0.9), (0.72, None)):
            self.assertEqual(self.diagnose(train_score, possible).code, "all_well", (train_score, possible))
        self.assertEqual(self.diagnose(0.72, 0.9, user_model="RandomForestClassifier()", user_arch=[]).code, "all_well")


class EstimatorOverfittingTests(SimpleTestCase):
    """Estimators are judged by loss curves if they learn in rounds, or else by the gap to training rows."""

    scorer = Scores(0.5, of_changed=0.6)

    def diagnose(self, model: Any, train_score: float | None, auxiliary: AuxiliaryOutputs, epochs: Any = None) -> Any:
        spec = TrainingSpec.model_validate({"criterion": "CELOSS", "user_model": model})
        epochs = rows([None], [None]) if epochs is None else epochs
        (only,) = diagnose(epochs, auxiliary, spec, train_score, scorer=self.scorer)
        return only.code.value, apply(only, TrainingSpec()).user_model, only.sentence

    def test_an_estimator_that_overfits_is_regularised_by_one_of_its_arguments(self):
        poor = classified([[70, 30], [30, 70]])
        for model, changed in (
            ("DecisionTreeClassifier()", {"min_samples_leaf": 5}),
            ("RandomForestClassifier()", {"min_samples_leaf": 5}),
            ("KNeighborsClassifier()", {"n_neighbors": 15}),
            ("SVC()", {"C": 0.1}),
            ("RidgeClassifier()", {"alpha": 10.0}),
            ("AdaBoostClassifier()", {"n_estimators": 25}),
        ):
            with self.subTest(model=model):
                code, proposed, sentence = self.diagnose(model, 1.0, poor)
                self.assertEqual((code, proposed), ("overfitting", {"estimator": model.split("(")[0], **changed}))
                self.assertIn("100% on training rows, and 70% on test rows", sentence)

    def test_no_regularisation_is_proposed_that_lowers_the_cross_validation_score(self):
        spec, poor = (
            TrainingSpec(user_model="KNeighborsClassifier()", criterion="CELOSS"),
            classified([[70, 30], [30, 70]]),
        )
        for scorer in (Scores(0.7, of_changed=0.7), Scores(None), None):
            (only,) = diagnose(rows([None], [None]), poor, spec, 1.0, scorer=scorer)
            self.assertEqual((only.code, only.patch), ("overfitting", []))
            self.assertIn("Add rows", only.advice)

    def test_a_regression_is_judged_by_r2(self):
        code, proposed, sentence = self.diagnose("KNeighborsRegressor()", 0.9, regressed(0.2))
        self.assertEqual((code, proposed["n_neighbors"]), ("overfitting", 15))
        self.assertIn("R² is 0.90 on training rows, and 0.20 on test rows", sentence)
        self.assertEqual(self.diagnose("KNeighborsRegressor()", 0.5, regressed(0.4))[0], "all_well")
        self.assertEqual(self.diagnose("KNeighborsRegressor()", 1.0, regressed(math.nan))[0], "all_well")

    def test_a_gap_that_is_small_uncertain_or_unknown_is_not_reported(self):
        forest = "RandomForestClassifier()"
        self.assertEqual(self.diagnose(forest, 1.0, classified([[95, 5], [5, 95]]))[0], "all_well")
        self.assertEqual(self.diagnose(forest, 1.0, classified([[9, 1], [2, 8]]))[0], "all_well")
        self.assertEqual(self.diagnose(forest, None, classified([[70, 30], [30, 70]]))[0], "all_well")

    def test_boosting_gets_its_best_number_of_rounds_or_more_rounds(self):
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


class Copying:
    """Predicts the value of the first column."""

    columns = ("copy", "x")

    def predict(self, frame: pd.DataFrame) -> np.ndarray:
        return frame["copy"].to_numpy(np.int64)


class TargetLeakageTests(SimpleTestCase):
    def find(
        self, score: float, *importances: float, rows: int = 60, spread: float = 0.0, baseline: float = 0.5, **more: Any
    ) -> list[Diagnosis]:
        columns = tuple(ColumnImportance(f"c{n}", importance, spread) for n, importance in enumerate(importances))
        importance = Importance("accuracy", score, rows, columns, "")
        return find_target_leakage(importance, baseline, [column.column for column in columns][::-1], **more)

    def test_a_single_important_column_is_named_and_left_out(self):
        (only,) = self.find(0.99, 0.6, 0.01, 0.0)
        self.assertIn("'c0'", only.sentence)
        self.assertEqual(only.patch[0].value, ["c2", "c1"])

    def test_a_copy_of_the_target_is_found_in_few_rows_with_every_seed(self):
        frame = pd.DataFrame({"copy": np.tile([0.0, 1.0], 20), "x": np.arange(40) % 7})
        y = frame["copy"].to_numpy(np.int64)
        for seed in range(30):
            importance = measure_importance(Copying(), frame, y, ProblemType.CLASSIFICATION, seed=seed)
            self.assertEqual(len(find_target_leakage(importance, 0.5, Copying.columns)), 1, importance)

    def test_several_columns_poor_models_and_single_columns_are_not_reported(self):
        self.assertEqual(self.find(0.99, 0.4, 0.2), [])
        self.assertEqual(self.find(0.6, 0.3, 0.0), [])
        self.assertEqual(self.find(1.0, 0.6), [])
        self.assertEqual(self.find(1.0, 0.0, 0.0), [])

    def test_nothing_is_reported_without_evidence(self):
        for name, found in (
            ("an undefined score", self.find(math.nan, 0.6, 0.0)),
            ("an undefined baseline", self.find(0.99, 0.6, 0.0, baseline=math.nan)),
            ("an undefined importance", self.find(0.99, 0.6, math.nan)),
            ("an undefined first importance", self.find(0.99, math.nan, 0.0)),
            ("two test rows", self.find(1.0, 0.6, 0.0, rows=2)),
            ("fewer than thirty", self.find(1.0, 0.6, 0.0, rows=29)),
            ("importances within their noise", self.find(0.99, 0.6, 0.01, spread=0.1)),
            ("one importance within its noise", self.find(0.99, 0.6, 0.0, spread=0.5)),
            ("the baseline is nearly as good", self.find(0.99, 0.02, 0.0, baseline=0.97)),
            ("half of the score remains without it", self.find(0.99, 0.25, 0.0)),
            ("the others are constant", self.find(0.99, 0.6, 0.0, 0.0, constant={"c1", "c2"})),
        ):
            self.assertEqual(found, [], name)


class RealRunTests(SimpleTestCase):
    def run_of(self, table: str, **fields: Any) -> list[str]:
        spec = TrainingSpec.model_validate({"default": table, "seed": 0, **fields})
        plan = make_plan(load_table(Builtin(table), lambda location: None), spec, Limits())
        data = prepare(plan)
        outcome = train(data, complete(spec, plan), on_epoch=lambda row: None, is_cancelled=lambda: False)
        self.assertEqual(outcome.auxiliary.columns.number, list(plan.numbers))
        return [one.code for one in outcome.auxiliary.diagnosis]

    def test_a_default_run_has_no_finding(self):
        self.assertEqual(self.run_of("IRIS"), ["all_well"])

    def test_too_few_epochs_are_noticed(self):
        self.assertIn("still_improving", self.run_of("IRIS", epochs=6))

    def test_overfitting_is_noticed(self):
        wide = ["nn.Linear(256)", "nn.ReLU()", "nn.Linear(256)", "nn.ReLU()", "nn.Linear(1)"]
        self.assertIn("overfitting", self.run_of("DIABETES", user_arch=wide, epochs=60))

    def test_overfitting_of_estimators_is_noticed(self):
        for model in ("RandomForestRegressor()", "KNeighborsRegressor()", "SVR()", "GradientBoostingRegressor()"):
            with self.subTest(model=model):
                self.assertIn("overfitting", self.run_of("DIABETES", user_model=model))
        for model in ("Ridge()", "Lasso()"):
            self.assertEqual(self.run_of("DIABETES", user_model=model), ["all_well"])
        self.assertEqual(self.run_of("WINE", user_model="RandomForestClassifier()"), ["all_well"])

    def test_a_network_that_is_too_small_for_the_spiral_is_told_to_grow_and_not_to_be_straight(self):
        page = ["nn.Linear(16)", "nn.ReLU()", "nn.Linear(2)"]
        for seed in range(3):
            found = self.run_of("SPIRAL", user_arch=page, seed=seed)
            self.assertTrue({"underfitting", "no_better"} & set(found), found)
        self.assertIn("underfitting", self.run_of("SPIRAL", user_model="LogisticRegression()"))

    def test_a_rate_that_is_far_too_small_teaches_nothing(self):
        found = self.run_of("IRIS", learning_rate=1e-6, epochs=5)
        self.assertTrue({"one_class_only", "no_better"} & set(found), found)

    def test_steps_that_are_too_large_are_noticed(self):
        self.assertIn("unstable", self.run_of("WINE", learning_rate=0.5, epochs=40, trainer="autograd"))
