"""Every number of a result can be computed again by scikit-learn from the run's own predictions.csv.

Whichever estimator of the registry, or network of any depth and criterion, on every built-in table.
"""

from __future__ import annotations

import io
import math
import warnings
from typing import Any

import numpy as np
from django.test import SimpleTestCase
from sklearn import metrics
from sklearn.exceptions import ConvergenceWarning

from tests.training.data import builtin_data
from training.artifacts.predictions import Predictions, build_predictions_csv, read_predictions
from training.datasets.builtin import BUILTINS
from training.messages.results import AuxiliaryOutputs
from training.spec import ProblemType, TrainingSpec
from training.trainers.base import Outcome
from training.trainers.defaults import complete
from training.trainers.estimators import ESTIMATORS
from training.trainers.train import train

QUICK = {"n_estimators": 5, "max_iter": 20}  # where an estimator has such an argument
TABLES = [name for name in BUILTINS if name != "CALIFORNIAHOUSING"]  # which is downloaded

NETWORKS: dict[str, tuple[tuple[str, ...], ...]] = {
    "CELOSS": (
        ("Linear({n})",),
        ("Linear(16)", "ReLU()", "Linear({n})"),
        ("Linear(16)", "BatchNorm1d()", "Tanh()", "Linear(8)", "ReLU()", "Dropout(0.2)", "Linear({n})"),
        ("Linear(16)", "ReLU()", "Linear({n})", "Softmax()"),
        ("Linear({n})", "LogSoftmax()"),
    ),
    "WCELOSS": (("Linear({n})",), ("Linear(16)", "ReLU()", "Linear(8)", "Tanh()", "Linear({n})")),
    "BCELOSS": (("Linear(1)", "Sigmoid()"), ("Linear(16)", "ReLU()", "Linear(1)", "Sigmoid()")),
    "BCEWITHLOGITSLOSS": (("Linear(1)",), ("Linear(16)", "Tanh()", "Linear(1)")),
    "MSELOSS": (("Linear(1)",), ("Linear(16)", "ReLU()", "Linear(1)")),
    "L1LOSS": (("Linear(16)", "ReLU()", "Linear(8)", "ReLU()", "Linear(1)"),),
    "HUBERLOSS": (("Linear(16)", "BatchNorm1d()", "ReLU()", "Linear(1)"),),
}


def networks_for(table: str) -> list[dict[str, Any]]:
    data = builtin_data(table)
    if data.classes is None:
        criteria = ["MSELOSS", "L1LOSS", "HUBERLOSS"]
    else:
        criteria = ["CELOSS", "WCELOSS"]
        criteria += ["BCELOSS", "BCEWITHLOGITSLOSS"] if len(data.classes) == 2 else []
    return [
        {"criterion": name, "user_arch": [layer.format(n=len(data.classes or ())) for layer in layers], "epochs": 2}
        for name in criteria
        for layers in NETWORKS[name]
    ]


def estimators_for(problem_type: ProblemType) -> list[dict[str, Any]]:
    return [
        {"user_model": {"estimator": entry.name, **{a.name: QUICK[a.name] for a in entry.arguments if a.name in QUICK}}}
        for entry in ESTIMATORS.values()
        if entry.problem_type is problem_type
    ]


class RecomputedTests(SimpleTestCase):
    def fit(self, table: str, fields: dict[str, Any]) -> tuple[Outcome, Predictions]:
        data = builtin_data(table)
        spec = complete(TrainingSpec.model_validate({"seed": 0, **fields}), data.plan)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # QUICK means to stop early
            outcome = train(data, spec, on_epoch=lambda row: None, is_cancelled=lambda: False)
        content = build_predictions_csv(data, outcome.predictions, outcome.probabilities)
        return outcome, read_predictions(io.BytesIO(content))

    def test_of_every_estimator_on_every_table(self):
        tried = set()
        for table in TABLES:
            for fields in estimators_for(builtin_data(table).problem_type):
                with self.subTest(table=table, **fields):
                    self.assert_recomputed(*self.fit(table, fields))
                    tried.add(fields["user_model"]["estimator"])
        self.assertEqual(tried, set(ESTIMATORS))

    def test_of_networks_with_every_criterion_on_every_table(self):
        tried = set()
        for table in TABLES:
            for fields in networks_for(table):
                with self.subTest(table=table, **fields):
                    self.assert_recomputed(*self.fit(table, fields))
                    tried.add(fields["criterion"])
        self.assertEqual(tried, set(NETWORKS))

    def assert_recomputed(self, outcome: Outcome, stored: Predictions) -> None:
        if stored.classes:
            self.assert_classification_recomputed(outcome.auxiliary, stored)
        else:
            self.assert_regression_recomputed(outcome.auxiliary, stored)

    def assert_classification_recomputed(self, auxiliary: AuxiliaryOutputs, stored: Predictions) -> None:
        labels = list(stored.classes)
        self.assertEqual(auxiliary.category_list, labels)
        actual, said, probabilities = stored.actual, stored.predicted, np.array(stored.probabilities).T
        np.testing.assert_array_equal(auxiliary.confusion_matrix, metrics.confusion_matrix(actual, said, labels=labels))
        indices = [labels.index(label) for label in actual]  # scikit-learn sorts labels in an order of its own
        is_class = [np.array(indices) == index for index in range(len(labels))]
        areas = [metrics.roc_auc_score(y, scores) for y, scores in zip(is_class, stored.probabilities, strict=True)]
        averages = [
            metrics.average_precision_score(y, scores) for y, scores in zip(is_class, stored.probabilities, strict=True)
        ]
        self.assert_close([curve[2] for curve in auxiliary.AUC_ROC_curve_data], areas)
        self.assert_close([curve[2] for curve in auxiliary.precision_recall_curve_data], averages)
        expected = {
            "accuracy": metrics.accuracy_score(actual, said),
            "balanced_accuracy": metrics.balanced_accuracy_score(actual, said),
            "f1_macro": metrics.f1_score(actual, said, average="macro", zero_division=0),
            "log_loss": metrics.log_loss(indices, probabilities, labels=range(len(labels))),
            "roc_auc": np.mean(areas),
        }
        self.assert_same(auxiliary.metrics, expected)
        rows = metrics.precision_recall_fscore_support(actual, said, labels=labels, zero_division=0)
        for name, values in zip(("precision", "recall", "f1", "support"), rows, strict=True):
            self.assert_close([getattr(row, name) for row in auxiliary.per_class], values)
        brier = metrics.brier_score_loss(indices, probabilities, labels=range(len(labels)))
        self.assert_close(auxiliary.calibration.brier, brier)

    def assert_regression_recomputed(self, auxiliary: AuxiliaryOutputs, stored: Predictions) -> None:
        actual, said = np.array(stored.actual), np.array(stored.predicted)
        expected = {
            "r2": metrics.r2_score(actual, said),
            "rmse": metrics.root_mean_squared_error(actual, said),
            "mae": metrics.mean_absolute_error(actual, said),
            "mape": metrics.mean_absolute_percentage_error(actual, said),
        }
        self.assert_same(auxiliary.metrics, expected)
        self.assert_close(auxiliary.residuals.mean, (said - actual).mean())
        self.assert_close(auxiliary.residuals.standard_deviation, (said - actual).std())
        self.assertEqual(sum(auxiliary.residuals.histogram.counts), len(actual))

    def assert_same(self, measured: dict[str, float], expected: dict[str, float]) -> None:
        self.assertEqual(set(measured), set(expected))
        for name, value in expected.items():
            self.assertTrue(math.isfinite(value), name)
            self.assert_close(measured[name], value)

    def assert_close(self, measured: Any, expected: Any) -> None:
        np.testing.assert_allclose(measured, expected, rtol=1e-6, atol=1e-6)
