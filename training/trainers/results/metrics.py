"""Metrics in scikit-learn's definitions, computed from one confusion matrix, which is faster."""

from __future__ import annotations

import math

import numpy as np

from training.messages.results import Metric

EPSILON = float(np.finfo(np.float64).eps)


def count_confusions(y: np.ndarray, predictions: np.ndarray, n_classes: int) -> np.ndarray:
    """Return the confusion matrix (n_classes, n_classes): rows are actual classes, columns predicted classes."""
    return np.bincount(y * n_classes + predictions, minlength=n_classes**2).reshape(n_classes, n_classes)


def measure_classes(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return precision, recall and F1, each (n_classes,), from a confusion matrix.

    Equals `sklearn.metrics.precision_recall_fscore_support(zero_division=0)`.
    """
    right, said, actual = np.diag(matrix), matrix.sum(0), matrix.sum(1)
    return right / np.maximum(said, 1), right / np.maximum(actual, 1), 2 * right / np.maximum(said + actual, 1)


def measure_balance(matrix: np.ndarray) -> tuple[float, float]:
    """Return the mean recall of the classes with rows (balanced accuracy), and its standard error."""
    actual = matrix.sum(1)
    rows = actual[actual > 0]
    recall = np.diag(matrix)[actual > 0] / rows
    return float(recall.mean()), math.sqrt((recall * (1 - recall) / rows).sum()) / len(rows)


def classification_metrics(
    y: np.ndarray, matrix: np.ndarray, probabilities: np.ndarray, roc_auc: float
) -> dict[str, float]:
    """Return the metrics of a classification.

    Parameters
    ----------
    y : ndarray of shape (n,)
        Class indices.
    matrix : ndarray of shape (n_classes, n_classes)
        Of `count_confusions`.
    probabilities : ndarray of shape (n, n_classes)
        Rows add up to one.
    roc_auc : float
        The mean area under the ROC curves; NaN if a class has no test row, or all of them.
    """
    actual, said = matrix.sum(1), matrix.sum(0)
    _, recall, f1 = measure_classes(matrix)
    # A probability of zero is replaced by the smallest one, as in sklearn.metrics.log_loss.
    given = np.clip(probabilities[np.arange(len(y)), y], EPSILON, 1)
    return {
        Metric.ACCURACY: compute_accuracy(matrix),
        Metric.BALANCED_ACCURACY: float(recall[actual > 0].mean()),
        Metric.F1_MACRO: float(f1[actual + said > 0].mean()),  # without absent classes, as in scikit-learn
        Metric.LOG_LOSS: float(-np.log(given).mean()),
        Metric.ROC_AUC: roc_auc,
    }


def compute_accuracy(matrix: np.ndarray) -> float:
    """Return the accuracy from a confusion matrix."""
    return float(np.trace(matrix) / matrix.sum())


def regression_metrics(y: np.ndarray, predictions: np.ndarray) -> dict[str, float]:
    """Return the metrics of a regression. y, predictions: (n,) in the target's units."""
    errors = predictions - y
    return {
        Metric.R2: compute_r2(y, predictions),
        Metric.RMSE: math.sqrt(np.mean(errors**2)),
        Metric.MAE: float(np.abs(errors).mean()),
        Metric.MAPE: float((np.abs(errors) / np.maximum(np.abs(y), EPSILON)).mean()),
    }


def compute_r2(y: np.ndarray, predictions: np.ndarray) -> float:
    """Return R² as `sklearn.metrics.r2_score` does: NaN for a single row; for a constant y 1 if exact, or else 0."""
    if len(y) < 2:
        return math.nan
    missed, spread = float(((y - predictions) ** 2).sum()), float(((y - y.mean()) ** 2).sum())
    if spread == 0:
        return 1.0 if missed == 0 else 0.0
    return 1 - missed / spread
