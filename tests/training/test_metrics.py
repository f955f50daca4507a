"""Metrics are scikit-learn's, on the same predictions; baselines are its dummy estimators."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
from django.test import SimpleTestCase
from sklearn import metrics
from sklearn.dummy import DummyClassifier, DummyRegressor

from tests.training.data import builtin_data
from training.trainers.base import Fitted
from training.trainers.metrics import classification_metrics, compute_roc, count_confusions, evaluate


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
        self.assertEqual(set(self.result["metrics"]), set(expected))
        for name, value in expected.items():
            self.assertAlmostEqual(self.result["metrics"][name], value, places=12)

    def test_the_baseline_is_the_dummy_classifiers(self):
        dummy = DummyClassifier(strategy="prior").fit(self.data.X_train, self.data.y_train)
        y = self.data.y_test
        baseline = self.result["baseline"]
        self.assertAlmostEqual(baseline["accuracy"], dummy.score(self.data.X_test, y), places=12)
        self.assertAlmostEqual(
            baseline["log_loss"], metrics.log_loss(y, dummy.predict_proba(self.data.X_test)), places=12
        )
        self.assertAlmostEqual(baseline["roc_auc"], 0.5)

    def test_the_confusion_matrix_is_scikit_learns_and_sums_to_the_test_rows(self):
        matrix = np.array(self.result["confusion_matrix"])
        np.testing.assert_array_equal(matrix, metrics.confusion_matrix(self.data.y_test, self.predictions))
        self.assertEqual(matrix.sum(), len(self.data.y_test))

    def test_curves_and_areas_are_scikit_learns(self):
        for index, (false_rate, true_rate, area) in enumerate(self.result["AUC_ROC_curve_data"]):
            expected = metrics.roc_curve(self.data.y_test == index, self.probabilities[:, index])
            np.testing.assert_allclose(false_rate, expected[0])
            np.testing.assert_allclose(true_rate, expected[1])
            self.assertAlmostEqual(area, metrics.roc_auc_score(self.data.y_test == index, self.probabilities[:, index]))

    def test_long_curves_are_thinned_and_keep_their_ends_and_area(self):
        random = np.random.default_rng(0)
        is_class, scores = random.random(50_000) > 0.5, random.random(50_000)
        false_rate, true_rate, area = compute_roc(is_class, scores)
        self.assertLessEqual(len(false_rate), 200)
        self.assertEqual((false_rate[0], true_rate[0], false_rate[-1], true_rate[-1]), (0, 0, 1, 1))
        self.assertAlmostEqual(area, metrics.roc_auc_score(is_class, scores))

    def test_a_class_without_test_rows_leaves_the_area_undefined_and_nothing_else(self):
        y = np.array([0, 0, 1, 1])
        data = dataclasses.replace(self.data, y_test=y)
        measured = evaluate(data, Fitted(None, [], y, np.eye(3)[y]))["metrics"]
        self.assertTrue(math.isnan(measured["roc_auc"]))
        self.assertEqual((measured["accuracy"], measured["balanced_accuracy"], measured["f1_macro"]), (1, 1, 1))
        self.assertIsNone(compute_roc(np.zeros(4, bool), np.ones(4)))

    def test_they_stay_equal_however_odd_the_predictions(self):
        random = np.random.default_rng(1)
        for n_classes in (2, 3, 7):
            for _ in range(30):
                y = random.integers(0, n_classes, 25)
                predictions = random.integers(0, random.integers(1, n_classes + 1), 25)
                probabilities = random.dirichlet(np.full(n_classes, 0.01), 25)  # nearly all zeros and ones
                matrix = count_confusions(y, predictions, n_classes)
                measured = classification_metrics(y, matrix, probabilities, [0.5])
                labels = range(n_classes)
                np.testing.assert_array_equal(matrix, metrics.confusion_matrix(y, predictions, labels=labels))
                f1 = metrics.f1_score(y, predictions, average="macro", zero_division=0)
                self.assertAlmostEqual(measured["f1_macro"], f1, places=12)
                balanced = metrics.recall_score(y, predictions, labels=np.unique(y), average="macro")
                self.assertAlmostEqual(measured["balanced_accuracy"], balanced, places=12)
                log_loss = metrics.log_loss(y, probabilities, labels=labels)
                self.assertAlmostEqual(measured["log_loss"], log_loss, places=10)


class RegressionTests(SimpleTestCase):
    def test_metrics_and_baseline_equal_scikit_learns_in_the_targets_units(self):
        data = builtin_data("DIABETES")
        y = data.y_test_units
        predictions = y + np.random.default_rng(0).normal(0, 30, len(y))
        result = evaluate(data, Fitted(None, [], predictions, None))
        dummy = DummyRegressor().fit(data.X_train, data.to_units(data.y_train))
        for measured, guess in ((result["metrics"], predictions), (result["baseline"], dummy.predict(data.X_test))):
            self.assertAlmostEqual(measured["r2"], metrics.r2_score(y, guess), places=5)
            self.assertAlmostEqual(measured["rmse"], metrics.root_mean_squared_error(y, guess), places=4)
            self.assertAlmostEqual(measured["mae"], metrics.mean_absolute_error(y, guess), places=4)
            self.assertAlmostEqual(measured["mape"], metrics.mean_absolute_percentage_error(y, guess), places=5)
        self.assertGreater(result["baseline"]["rmse"], 50)  # in units of the target, not standardised ones
