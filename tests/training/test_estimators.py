"""Every estimator on every table: it learns, says labels, reports its steps, and is what a plain fit gives."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import math
import warnings
from functools import cache

import numpy as np
from django.test import SimpleTestCase
from skops import io as skops_io
from threadpoolctl import threadpool_limits

from tests.training.data import builtin_data, csv_data, two_class_data
from training.artifacts.weights import build_pipeline, build_skops
from training.datasets.preprocessing import PreparedData
from training.exceptions import SpecRefused, TrainingDiverged
from training.spec import ProblemType, TrainingSpec
from training.trainers.base import Cancelled, Outcome
from training.trainers.defaults import complete
from training.trainers.estimators import ESTIMATORS, build_estimator, check_rows, parse_estimator
from training.trainers.estimators.entry import Learning
from training.trainers.estimators.histogram_boosting import MAX_EVALUATED
from training.trainers.estimators.outputs import compute_probabilities
from training.trainers.train import train

TABLES = ("IRIS", "WINE", "BREAST CANCER", "DIGITS", "MOONS", "DIABETES")
SMALL = ("IRIS", "BREAST CANCER", "MOONS", "DIABETES")
NO_BETTER = {("DIABETES", "DecisionTreeRegressor")}  # a tree left alone learns so noisy a table by heart
VARIANTS = (
    "RandomForestClassifier(n_estimators=33, max_depth=3, class_weight='balanced')",
    "ExtraTreesClassifier(n_estimators=7, min_samples_leaf=3, max_features=None)",
    "RandomForestRegressor(n_estimators=120, max_features=0.5)",
    "GradientBoostingClassifier(n_estimators=130, subsample=0.5)",
    "GradientBoostingRegressor(n_estimators=7, max_depth=None)",
    "HistGradientBoostingClassifier(max_iter=33, max_features=0.5, class_weight='balanced')",
    "HistGradientBoostingRegressor(max_iter=140, learning_rate=0.5)",
    "MLPClassifier(hidden_layer_sizes=(16, 8), activation='tanh', max_iter=130)",
    "MLPClassifier(hidden_layer_sizes=8, solver='sgd', learning_rate_init=0.5, max_iter=1000)",
    "MLPRegressor(hidden_layer_sizes=(20,), learning_rate_init=0.05, max_iter=500)",
)


def fit(
    data: PreparedData, model: str, seed: int = 0, on_epoch=lambda row: None, is_cancelled=lambda: False
) -> Outcome:
    spec = complete(TrainingSpec(user_model=model, seed=seed), data.plan)
    return train(data, spec, on_epoch=on_epoch, is_cancelled=is_cancelled)


@cache
def fit_builtin(table: str, model: str) -> Outcome:
    return fit(builtin_data(table), model)


def names_for(data: PreparedData) -> list[str]:
    return [entry.name for entry in ESTIMATORS.values() if entry.problem_type is data.problem_type]


def pairs(tables: tuple[str, ...] = TABLES, stepwise: bool = False) -> list[tuple[str, str]]:
    return [
        (table, name)
        for table in tables
        for name in names_for(builtin_data(table))
        if not stepwise or ESTIMATORS[name].learning is not Learning.AT_ONCE
    ]


def months_data() -> PreparedData:
    """Twelve classes, numbers whose order as text is another; month 7 has a single row, which is in the test split."""
    months = [month for month in range(1, 13) if month != 7 for _ in range(8)]
    angles = [(month + 0.1 * (number % 3 - 1)) * math.pi / 6 for number, month in enumerate([*months, 7])]
    rows = "".join(f"{math.cos(a):.5f},{math.sin(a):.5f},{m}\n" for a, m in zip(angles, [*months, 7], strict=True))
    data = csv_data(f"x,z,month\n{rows}", target="month", problem_type="classification", shuffle=False)
    order = np.random.default_rng(0).permutation(len(months))
    plan = dataclasses.replace(data.plan, train=order[:60], test=np.append(order[60:], len(months)))
    X, y = np.concatenate((data.X_train, data.X_test)), data.plan.y
    return dataclasses.replace(
        data,
        plan=plan,
        X_train=X[plan.train],
        y_train=y[plan.train],
        X_test=X[plan.test],
        y_test=y[plan.test],
        y_test_units=y[plan.test],
    )


class LearningTests(SimpleTestCase):
    def test_every_estimator_beats_the_baseline_on_every_table(self):
        worse = set()
        for table, name in pairs():
            headline = fit_builtin(table, name).auxiliary.headline
            if not headline.value > headline.baseline:
                worse.add((table, name))
        self.assertEqual(worse, NO_BETTER)

    def test_predictions_are_the_estimators_own_and_probabilities_are_some(self):
        for table, name in pairs():
            with self.subTest(table=table, estimator=name):
                data, outcome = builtin_data(table), fit_builtin(table, name)
                said = outcome.model.predict(data.X_test)
                if data.classes is None:
                    self.assertIsNone(outcome.probabilities)
                    np.testing.assert_allclose(outcome.predictions, data.to_units(said))
                    continue
                np.testing.assert_array_equal(outcome.predictions, said)
                self.assertEqual(outcome.probabilities.shape, (len(said), len(data.classes)))
                self.assertTrue((outcome.probabilities >= 0).all())
                np.testing.assert_allclose(outcome.probabilities.sum(1), 1, rtol=1e-12)
                self.assertGreater((outcome.probabilities.argmax(1) == outcome.predictions).mean(), 0.98)

    def test_the_same_seed_gives_the_same_numbers(self):
        for table, name in pairs(("MOONS", "DIABETES")):
            with self.subTest(table=table, estimator=name):
                first, again = fit_builtin(table, name), fit(builtin_data(table), name)
                np.testing.assert_array_equal(first.predictions, again.predictions)
                self.assertEqual(
                    *([row.model_copy(update={"train_time": 0}) for row in o.epochs] for o in (first, again))
                )

    def test_the_downloaded_model_loads_and_predicts_labels(self):
        for table, name in pairs(("IRIS", "DIABETES")):
            with self.subTest(estimator=name):
                data, outcome = builtin_data(table), fit_builtin(table, name)
                content = build_skops(build_pipeline(data.preparation, outcome.model))
                self.assertLess(len(content), 20_000_000)
                model = skops_io.loads(content, trusted=skops_io.get_untrusted_types(data=content))
                expected = outcome.predictions
                if data.classes is not None:
                    expected = np.array(data.classes)[outcome.predictions]
                np.testing.assert_array_equal(model.predict(data.test_frame), expected)

    def test_warnings_do_not_reach_the_log(self):
        models = (
            "LogisticRegression(max_iter=1)",
            "LinearSVC(max_iter=1)",
            "MLPClassifier(max_iter=2)",
            "RandomForestClassifier(class_weight='balanced')",
        )
        models += tuple(names_for(builtin_data("WINE")))
        output = io.StringIO()
        with warnings.catch_warnings(record=True) as caught, self.assertNoLogs():
            warnings.simplefilter("always")
            with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
                for model in models:
                    fit(builtin_data("WINE"), model)
                fit(builtin_data("DIABETES"), "Lasso(alpha=0.000001, max_iter=1)")
        self.assertEqual([str(warning.message) for warning in caught], [])
        self.assertEqual(output.getvalue(), "")


class StepTests(SimpleTestCase):
    def assert_plain(self, data: PreparedData, model: str, outcome: Outcome) -> None:
        plain = build_estimator(parse_estimator(model), 0)
        with threadpool_limits(1), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            plain.fit(data.X_train, data.y_train)
        np.testing.assert_array_equal(outcome.model.predict(data.X_test), plain.predict(data.X_test))
        if data.classes is not None:
            np.testing.assert_array_equal(
                outcome.probabilities, compute_probabilities(plain, data.X_test, data.classes)
            )
        self.assertEqual(repr(outcome.model), repr(plain))  # the same arguments, too
        self.assertEqual(set(vars(outcome.model)), set(vars(plain)))

    def test_learning_in_steps_ends_with_what_a_plain_fit_gives(self):
        for table, name in pairs(SMALL, stepwise=True):
            with self.subTest(table=table, estimator=name):
                self.assert_plain(builtin_data(table), name, fit_builtin(table, name))

    def test_learning_in_steps_with_other_arguments_equals_a_plain_fit(self):
        for model in VARIANTS:
            for table in ("WINE", "MOONS", "DIABETES"):
                data = builtin_data(table)
                if parse_estimator(model).entry.problem_type is data.problem_type:
                    with self.subTest(table=table, model=model):
                        self.assert_plain(data, model, fit(data, model))

    def test_every_step_is_reported_and_the_last_says_what_the_result_says(self):
        for table, name in pairs(SMALL, stepwise=True):
            with self.subTest(table=table, estimator=name):
                data, outcome = builtin_data(table), fit_builtin(table, name)
                rows, metrics = outcome.epochs, outcome.auxiliary.metrics
                self.assertEqual([row.epoch for row in rows], list(range(1, len(rows) + 1)))
                self.assertTrue(20 <= len(rows) <= 200)
                if ESTIMATORS[name].learning is not Learning.TREES:  # the first tree may know the rows by heart
                    self.assertLess(rows[-1].train_loss, rows[0].train_loss)
                if data.classes is None:
                    rmse = np.sqrt(rows[-1].test_loss) * data.preparation.target_scale
                    self.assertAlmostEqual(rmse / metrics["rmse"], 1, places=5)
                else:
                    self.assertEqual(rows[-1].test_acc, metrics["accuracy"])
                    self.assertAlmostEqual(rows[-1].test_loss, metrics["log_loss"], places=5)

    def test_the_epochs_of_a_completed_spec_are_those_that_are_reported(self):
        for model, table, epochs in (
            ("RandomForestClassifier", "IRIS", 25),
            ("RandomForestClassifier(n_estimators=7)", "IRIS", 7),
            ("GradientBoostingRegressor(n_estimators=1)", "DIABETES", 1),
            ("HistGradientBoostingClassifier(max_iter=33)", "IRIS", 25),
            ("MLPClassifier(max_iter=15)", "IRIS", 15),
            ("LogisticRegression", "IRIS", 1),
        ):
            with self.subTest(model=model):
                data = builtin_data(table)
                spec = complete(TrainingSpec(user_model=model, epochs=3), data.plan)
                self.assertEqual(spec.epochs, epochs)
                self.assertEqual(len(fit(data, model).epochs), epochs)

    def test_a_network_that_stops_early_reports_its_last_epoch(self):
        outcome = fit(builtin_data("MOONS"), "MLPClassifier(learning_rate_init=0.1, max_iter=10000)")
        self.assertLess(outcome.model.n_iter_, 5_000)
        self.assertLess(len(outcome.epochs), 100)
        self.assertEqual(outcome.epochs[-1].test_acc, outcome.auxiliary.metrics["accuracy"])

    def test_a_cancel_is_heard_between_steps(self):
        for table, name in pairs(("MOONS", "DIABETES"), stepwise=True):
            with self.subTest(estimator=name):
                rows = []
                with self.assertRaises(Cancelled):
                    fit(builtin_data(table), name, on_epoch=rows.append, is_cancelled=lambda rows=rows: len(rows) >= 3)
                self.assertEqual(len(rows), 3)

    def test_boosting_evaluates_a_sample_of_rows_and_all_test_rows_at_the_end(self):
        small = builtin_data("MOONS")
        random = np.random.default_rng(0)
        X = random.normal(size=(20_000, 3)).astype(np.float32)
        y = (X[:, 0] + random.normal(size=20_000) > 0).astype(np.int64)
        data = dataclasses.replace(small, X_train=X[:12_000], y_train=y[:12_000], X_test=X[12_000:], y_test=y[12_000:])
        self.assertGreater(len(data.X_test), MAX_EVALUATED)
        outcome = fit(data, "HistGradientBoostingClassifier(max_iter=5)")
        self.assert_plain(data, "HistGradientBoostingClassifier(max_iter=5)", outcome)
        self.assertEqual(outcome.epochs[-1].test_acc, outcome.auxiliary.metrics["accuracy"])
        self.assertAlmostEqual(outcome.epochs[-1].train_acc, outcome.auxiliary.metrics["accuracy"], delta=0.05)


class UnusualTableTests(SimpleTestCase):
    def test_classes_keep_their_numbers_and_one_that_only_the_test_rows_have_is_never_said(self):
        data = months_data()
        self.assertEqual(data.classes, tuple(str(month) for month in range(1, 13)))
        self.assertNotIn(6, data.y_train)
        for name in names_for(data):
            with self.subTest(estimator=name):
                outcome = fit(data, name)
                np.testing.assert_array_equal(outcome.probabilities[:, 6], 0)
                self.assertNotIn(6, outcome.predictions)
                np.testing.assert_array_equal(outcome.predictions, outcome.model.predict(data.X_test))
                if name not in ("AdaBoostClassifier", "HistGradientBoostingClassifier"):
                    self.assertGreater(outcome.auxiliary.metrics["accuracy"], 0.2)  # guessing: 0.1

    def test_a_row_or_two_of_each_class_and_a_single_column_suffice(self):
        tables = [
            csv_data("x,y\n1,a\n2,a\n3,b\n4,b\n", target="y", seed=0),
            csv_data("x,y\n1,a\n2,a\n3,b\n4,b\n5,c\n6,c\n", target="y", seed=0),
            csv_data("x,y\n1,1.5\n2,2.5\n3,3.5\n4,7.5\n", target="y", problem_type="regression", seed=0),
        ]
        for data in tables:
            for name in names_for(data):
                with self.subTest(classes=data.classes, estimator=name):
                    entry = ESTIMATORS[name]
                    neighbours = any(argument.name == "n_neighbors" for argument in entry.arguments)
                    outcome = fit(data, f"{name}(n_neighbors=2)" if neighbours else name)
                    self.assertEqual(len(outcome.predictions), len(data.X_test))
                    if data.classes:
                        np.testing.assert_allclose(outcome.probabilities.sum(1), 1)

    def test_a_constant_column_has_no_effect(self):
        data = csv_data("x,y\n" + "1,a\n1,b\n" * 10, target="y", features=["x"], seed=0)
        for name in names_for(data):
            with self.subTest(estimator=name):
                if name in ("AdaBoostClassifier", "GaussianNB"):
                    self.assert_refused(data, name, "estimator_refused")
                else:
                    self.assertTrue(np.isfinite(fit(data, name).probabilities).all())

    def assert_refused(self, data: PreparedData, model: str, code: str) -> SpecRefused:
        with self.assertRaises(SpecRefused) as caught:
            fit(data, model)
        self.assertEqual(caught.exception.data.code, code)
        self.assertTrue(caught.exception.data.hint)
        return caught.exception

    def test_more_neighbours_than_rows_are_refused(self):
        for table, name in (("IRIS", "KNeighborsClassifier"), ("DIABETES", "KNeighborsRegressor")):
            data = builtin_data(table)
            rows = len(data.X_train)
            error = self.assert_refused(data, f"{name}(n_neighbors={rows + 1})", "too_many_neighbours")
            self.assertIn(str(rows), error.data.hint)
            fit(data, f"{name}(n_neighbors={rows})")

    def test_training_rows_of_a_single_class_are_refused(self):
        data = two_class_data()
        alike = dataclasses.replace(data, y_train=np.zeros_like(data.y_train))
        for name in names_for(data):
            with self.subTest(estimator=name):
                self.assert_refused(alike, name, "one_class_to_learn")

    def test_the_row_check_needs_targets_only(self):
        choice = parse_estimator("KNeighborsClassifier(n_neighbors=4)")
        check_rows(choice, np.array([0, 1, 0, 1]))
        with self.assertRaises(SpecRefused):
            check_rows(choice, np.array([0, 1, 0]))

    def test_errors_of_scikit_learn_are_reported_with_their_reason(self):
        data = builtin_data("IRIS")
        infinite = dataclasses.replace(data, X_train=np.full_like(data.X_train, np.inf))
        for name in names_for(data):
            if ESTIMATORS[name].learning is not Learning.ROUNDS:  # it knows what to do with infinity
                with self.subTest(estimator=name):
                    error = self.assert_refused(infinite, name, "estimator_refused")
                    self.assertIn("infinity", str(error))

    def test_a_network_whose_weights_grow_without_bound_is_told_to_take_smaller_steps(self):
        data = builtin_data("DIABETES")
        with self.assertRaises(TrainingDiverged) as caught:
            fit(data, "MLPRegressor(hidden_layer_sizes=(50, 50), solver='sgd', learning_rate_init=1.0)")
        self.assertIn("learning_rate_init", caught.exception.data.hint)


class ProblemTypeTests(SimpleTestCase):
    def test_both_kinds_of_problem_have_estimators_that_learn_in_steps(self):
        for problem_type in ProblemType:
            kinds = {entry.learning for entry in ESTIMATORS.values() if entry.problem_type is problem_type}
            self.assertEqual(kinds, set(Learning))
