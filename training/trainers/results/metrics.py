"""Metrics in scikit-learn's definitions, computed with numpy: its functions check and count everything anew, each."""

from __future__ import annotations

import math

import numpy as np

from training.messages.results import Metric

EPSILON = float(np.finfo(np.float64).eps)


def count_confusions(y: np.ndarray, predictions: np.ndarray, n_classes: int) -> np.ndarray:
    """Class indices (n,), (n,) -> counts (n_classes, n_classes): rows are what it is, columns what was said."""
    return np.bincount(y * n_classes + predictions, minlength=n_classes**2).reshape(n_classes, n_classes)


def measure_classes(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """matrix: as of `count_confusions` -> precision, recall and F1, each (n_classes,).

    As of `sklearn.metrics.precision_recall_fscore_support(zero_division=0)`: 0 where there is nothing to divide by.
    """
    right, said, actual = np.diag(matrix), matrix.sum(0), matrix.sum(1)
    return right / np.maximum(said, 1), right / np.maximum(actual, 1), 2 * right / np.maximum(said + actual, 1)


def measure_balance(matrix: np.ndarray) -> tuple[float, float]:
    """matrix: as of `count_confusions` -> the mean recall of the classes that have rows, and its standard error."""
    actual = matrix.sum(1)
    rows = actual[actual > 0]
    recall = np.diag(matrix)[actual > 0] / rows
    return float(recall.mean()), math.sqrt((recall * (1 - recall) / rows).sum()) / len(rows)


def classification_metrics(
    y: np.ndarray, matrix: np.ndarray, probabilities: np.ndarray, roc_auc: float
) -> dict[str, float]:
    """y: class indices (n,); matrix: as of `count_confusions`; probabilities (n, n_classes), rows sum to one.

    `roc_auc`: the mean of the areas under each class's ROC curve, NaN where a class has no test row, or all of them.
    """
    actual, said = matrix.sum(1), matrix.sum(0)
    _, recall, f1 = measure_classes(matrix)
    # What came out as exactly zero counts as the smallest probability there is, as in sklearn.metrics.log_loss.
    given = np.clip(probabilities[np.arange(len(y)), y], EPSILON, 1)
    return {
        Metric.ACCURACY: compute_accuracy(matrix),
        Metric.BALANCED_ACCURACY: float(recall[actual > 0].mean()),
        Metric.F1_MACRO: float(f1[actual + said > 0].mean()),  # scikit-learn leaves out what neither occurs nor is said
        Metric.LOG_LOSS: float(-np.log(given).mean()),
        Metric.ROC_AUC: roc_auc,
    }


def compute_accuracy(matrix: np.ndarray) -> float:
    """matrix: as of `count_confusions`."""
    return float(np.trace(matrix) / matrix.sum())


def regression_metrics(y: np.ndarray, predictions: np.ndarray) -> dict[str, float]:
    """y, predictions (n,) in the target's units. `mape` divides by no less than the smallest difference from one."""
    errors = predictions - y
    return {
        Metric.R2: compute_r2(y, predictions),
        Metric.RMSE: math.sqrt(np.mean(errors**2)),
        Metric.MAE: float(np.abs(errors).mean()),
        Metric.MAPE: float((np.abs(errors) / np.maximum(np.abs(y), EPSILON)).mean()),
    }


def compute_r2(y: np.ndarray, predictions: np.ndarray) -> float:
    """`sklearn.metrics.r2_score`: NaN for a single row; of a constant y, 1 for perfect predictions and else 0."""
    if len(y) < 2:
        return math.nan
    missed, spread = float(((y - predictions) ** 2).sum()), float(((y - y.mean()) ** 2).sum())
    if spread == 0:
        return 1.0 if missed == 0 else 0.0
    return 1 - missed / spread
