"""Metrics are scikit-learn's, on the same predictions; baselines are its dummy estimators."""

from __future__ import annotations

import dataclasses
import json
import math
import warnings

import numpy as np
from django.test import SimpleTestCase
from sklearn import metrics
from sklearn.dummy import DummyClassifier, DummyRegressor

from playground.wire.envelope import dump
from tests.training.data import builtin_data
from training.trainers.base import Fitted
from training.trainers.results.evaluation import evaluate
from training.trainers.results.metrics import (
    classification_metrics,
    compute_r2,
    count_confusions,
    measure_classes,
    regression_metrics,
)


class ClassificationTests(SimpleTestCase):
    def setUp(self) -> None:
        self.data = builtin_data("WINE")
        random = np.random.default_rng(0)
        scores = random.random((len(self.data.y_test), 3)) + 0.7 * np.eye(3)[self.data.y_test]
        self.probabilities = scores / scores.sum(1, keepdims=True)
        self.predictions = self.probabilities.argmax(1)
        self.result = evaluate(self.data, Fitted(None, [], self.predictions, self.probabilities))

    def test_metrics_equal_scikit_learns(self):
        y, predictions, probabilities = self.data.y_test, self.predictions, self.probabilities
        expected = {
            "accuracy": metrics.accuracy_score(y, predictions),
            "balanced_accuracy": metrics.balanced_accuracy_score(y, predictions),
            "f1_macro": metrics.f1_score(y, predictions, average="macro"),
            "log_loss": metrics.log_loss(y, probabilities),
            "roc_auc": metrics.roc_auc_score(y, probabilities, multi_class="ovr"),
        }
        self.assertEqual(set(self.result.metrics), set(expected))
        for name, value in expected.items():
            self.assertAlmostEqual(self.result.metrics[name], value, places=12)

    def test_the_baseline_is_the_dummy_classifiers(self):
        dummy = DummyClassifier(strategy="prior").fit(self.data.X_train, self.data.y_train)
        y = self.data.y_test
        baseline = self.result.baseline
        self.assertAlmostEqual(baseline["accuracy"], dummy.score(self.data.X_test, y), places=12)
        self.assertAlmostEqual(
            baseline["log_loss"], metrics.log_loss(y, dummy.predict_proba(self.data.X_test)), places=12
        )
        self.assertAlmostEqual(baseline["roc_auc"], 0.5)

    def test_the_confusion_matrix_is_scikit_learns_and_sums_to_the_test_rows(self):
        matrix = np.array(self.result.confusion_matrix)
        np.testing.assert_array_equal(matrix, metrics.confusion_matrix(self.data.y_test, self.predictions))
        self.assertEqual(matrix.sum(), len(self.data.y_test))

    def test_each_class_has_scikit_learns_numbers(self):
        expected = metrics.precision_recall_fscore_support(self.data.y_test, self.predictions, zero_division=0)
        for index, row in enumerate(self.result.per_class):
            self.assertEqual(row.label, self.data.classes[index])
            for name, column in zip(("precision", "recall", "f1", "support"), expected, strict=True):
                self.assertAlmostEqual(getattr(row, name), column[index], places=12)

    def test_a_class_without_test_rows_leaves_the_area_undefined_and_nothing_else(self):
        y = np.array([0, 0, 1, 1])
        data = dataclasses.replace(self.data, y_test=y)
        result = evaluate(data, Fitted(None, [], y, np.eye(3)[y]))
        measured = result.metrics
        self.assertTrue(math.isnan(measured["roc_auc"]))
        self.assertTrue(math.isnan(result.baseline["roc_auc"]))
        self.assertEqual((measured["accuracy"], measured["balanced_accuracy"], measured["f1_macro"]), (1, 1, 1))
        missing = result.per_class[2]
        self.assertEqual((missing.precision, missing.recall, missing.f1, missing.support), (0, 0, 0, 0))

    def test_metrics_of_extreme_predictions_equal_scikit_learns(self):
        random = np.random.default_rng(1)
        for n_classes in (2, 3, 7):
            for _ in range(30):
                y = random.integers(0, n_classes, 25)
                predictions = random.integers(0, random.integers(1, n_classes + 1), 25)
                probabilities = random.dirichlet(np.full(n_classes, 0.01), 25)  # nearly all zeros and ones
                matrix = count_confusions(y, predictions, n_classes)
                measured = classification_metrics(y, matrix, probabilities, 0.5)
                labels = range(n_classes)
                np.testing.assert_array_equal(matrix, metrics.confusion_matrix(y, predictions, labels=labels))
                f1 = metrics.f1_score(y, predictions, average="macro", zero_division=0)
                self.assertAlmostEqual(measured["f1_macro"], f1, places=12)
                rows = metrics.precision_recall_fscore_support(y, predictions, labels=labels, zero_division=0)
                np.testing.assert_allclose(measure_classes(matrix), rows[:3], atol=1e-12)
                balanced = metrics.recall_score(y, predictions, labels=np.unique(y), average="macro")
                self.assertAlmostEqual(measured["balanced_accuracy"], balanced, places=12)
                log_loss = metrics.log_loss(y, probabilities, labels=labels)
                self.assertAlmostEqual(measured["log_loss"], log_loss, places=10)


class DegenerateTests(SimpleTestCase):
    """Whatever a run comes to, its result is made, and is JSON without NaN."""

    def evaluate(self, y, predictions, probabilities):
        data = dataclasses.replace(builtin_data("WINE"), y_test=np.array(y))
        fitted = Fitted(None, [], np.array(predictions), np.array(probabilities, float))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            result = evaluate(data, fitted)
        return json.loads(json.dumps(dump(result), allow_nan=False))

    def test_a_single_test_row(self):
        result = self.evaluate([2], [2], [[0, 0, 1]])
        self.assertEqual(result["metrics"]["accuracy"], 1)
        self.assertIsNone(result["metrics"]["roc_auc"])
        self.assertEqual(result["calibration"]["brier"], 0)

    def test_the_same_prediction_for_every_row(self):
        result = self.evaluate([0, 1, 2, 0], [1, 1, 1, 1], [[0.2, 0.5, 0.3]] * 4)
        self.assertEqual([curve[2] for curve in result["AUC_ROC_curve_data"]], [0.5, 0.5, 0.5])
        self.assertEqual([curve[2] for curve in result["precision_recall_curve_data"]], [0.5, 0.25, 0.25])
        self.assertEqual(result["calibration"]["bins"], [{"predicted": 0.5, "observed": 0.25, "count": 4}])

    def test_all_rows_of_one_class(self):
        result = self.evaluate([1, 1], [1, 0], [[0, 1, 0], [1, 0, 0]])
        self.assertEqual(result["AUC_ROC_curve_data"], [None, None, None])
        self.assertEqual([curve and curve[2] for curve in result["precision_recall_curve_data"]], [None, 1, None])

    def test_probabilities_that_are_not_finite(self):
        result = self.evaluate([0, 1, 2], [0, 0, 0], np.full((3, 3), math.nan))
        self.assertAlmostEqual(result["metrics"]["accuracy"], 1 / 3)
        self.assertIsNone(result["metrics"]["log_loss"])

    def test_a_regression_with_predictions_that_are_not_finite(self):
        data = builtin_data("DIABETES")
        for predictions in ([math.inf], [math.nan], [1e300], [5.0]):
            with self.subTest(predictions=predictions):
                one = dataclasses.replace(data, y_test_units=np.array([5.0]))
                with warnings.catch_warnings():
                    warnings.simplefilter("error")
                    result = evaluate(one, Fitted(None, [], np.array(predictions), None))
                json.dumps(dump(result), allow_nan=False)
                self.assertEqual(len(result.residuals.sample), int(math.isfinite(predictions[0])))


class RegressionTests(SimpleTestCase):
    def test_metrics_and_baseline_equal_scikit_learns_in_the_targets_units(self):
        data = builtin_data("DIABETES")
        y = data.y_test_units
        predictions = y + np.random.default_rng(0).normal(0, 30, len(y))
        result = evaluate(data, Fitted(None, [], predictions, None))
        dummy = DummyRegressor().fit(data.X_train, data.to_units(data.y_train))
        for measured, guess in ((result.metrics, predictions), (result.baseline, dummy.predict(data.X_test))):
            self.assertAlmostEqual(measured["r2"], metrics.r2_score(y, guess), places=5)
            self.assertAlmostEqual(measured["rmse"], metrics.root_mean_squared_error(y, guess), places=4)
            self.assertAlmostEqual(measured["mae"], metrics.mean_absolute_error(y, guess), places=4)
            self.assertAlmostEqual(measured["mape"], metrics.mean_absolute_percentage_error(y, guess), places=5)
        self.assertGreater(result.baseline["rmse"], 50)  # in units of the target, not standardised ones

    def test_metrics_of_extreme_values_equal_scikit_learns(self):
        random = np.random.default_rng(0)
        for y, predictions in (
            (np.zeros(5), np.zeros(5)),
            (np.zeros(5), np.ones(5)),
            (np.array([0.0, 1, -2]), np.array([3.0, 1, 1])),
            (random.lognormal(0, 5, 500), random.lognormal(0, 5, 500)),
        ):
            measured = regression_metrics(y, predictions)
            expected = {
                "r2": metrics.r2_score(y, predictions),
                "rmse": metrics.root_mean_squared_error(y, predictions),
                "mae": metrics.mean_absolute_error(y, predictions),
                "mape": metrics.mean_absolute_percentage_error(y, predictions),
            }
            self.assertEqual(set(measured), set(expected))
            for name, value in expected.items():
                np.testing.assert_allclose(measured[name], value, rtol=1e-12)

    def test_a_single_row_has_no_r2(self):
        self.assertTrue(math.isnan(compute_r2(np.array([1.0]), np.array([1.0]))))

    def test_residuals_are_counted_whole_and_sampled(self):
        data = builtin_data("DIABETES")
        random = np.random.default_rng(0)
        y = random.normal(150, 70, 2_000)
        predictions = y + random.normal(3, 20, 2_000)
        many = dataclasses.replace(data, y_test_units=y)
        residuals, again = (evaluate(many, Fitted(None, [], predictions, None)).residuals for _ in range(2))
        self.assertEqual(residuals, again)
        self.assertAlmostEqual(residuals.mean, (predictions - y).mean())
        self.assertAlmostEqual(residuals.standard_deviation, (predictions - y).std())
        self.assertEqual(sum(residuals.histogram.counts), 2_000)
        self.assertEqual(len(residuals.histogram.edges), len(residuals.histogram.counts) + 1)
        self.assertEqual(len(residuals.sample), 500)
        pairs = set(zip(predictions.tolist(), y.tolist(), strict=True))
        self.assertEqual(set(map(tuple, residuals.sample)) - pairs, set())

    def test_residuals_with_a_tiny_range_share_one_bin(self):
        data = dataclasses.replace(builtin_data("DIABETES"), y_test_units=np.zeros(3))
        odd = np.array([1e300, np.nextafter(1e300, 2e300), 1e300])
        residuals = evaluate(data, Fitted(None, [], odd, None)).residuals
        self.assertEqual(residuals.histogram.counts, [3])
