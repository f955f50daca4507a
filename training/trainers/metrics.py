"""What the test rows say: metrics in scikit-learn's definitions, each beside a baseline that ignores the features."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn import config_context, metrics

from training.datasets.preprocessing import PreparedData
from training.trainers.base import Fitted

CURVE_POINTS = 200  # of a ROC curve, at most


def evaluate(data: PreparedData, fitted: Fitted) -> dict[str, Any]:
    """JSON-ready `auxiliary_outputs`; a metric that the test rows leave undefined is NaN."""
    # What we made ourselves needs no validation, which would take longer than the metrics.
    with config_context(assume_finite=True, skip_parameter_validation=True):
        if fitted.probabilities is None:
            return _evaluate_regression(data, fitted)
        return _evaluate_classification(data, fitted.predictions, fitted.probabilities)


def _evaluate_classification(data: PreparedData, predictions: np.ndarray, probabilities: np.ndarray) -> dict[str, Any]:
    assert data.classes is not None
    y, n_classes = data.y_test, len(data.classes)
    shares = np.bincount(data.y_train, minlength=n_classes) / len(data.y_train)
    curves = [compute_roc(y == index, probabilities[:, index]) for index in range(n_classes)]
    areas = [curve[2] if curve else math.nan for curve in curves]
    chance = [0.5 if curve else math.nan for curve in curves]  # the area of a score that is the same for every row
    matrix = count_confusions(y, predictions, n_classes)
    measured = classification_metrics(y, matrix, probabilities, areas)
    guesses = count_confusions(y, np.full(len(y), shares.argmax()), n_classes)
    baseline = classification_metrics(y, guesses, np.tile(shares, (len(y), 1)), chance)
    return {
        "problem_type": data.problem_type.value,
        "target": data.target,
        "confusion_matrix": matrix.tolist(),
        "category_list": list(data.classes),
        "numerical_category_list": list(range(n_classes)),
        "AUC_ROC_curve_data": curves,
        "metrics": measured,
        "baseline": baseline,
        "headline": {"metric": "accuracy", "value": measured["accuracy"], "baseline": baseline["accuracy"]},
        "sentence": (
            f"Right for {measured['accuracy']:.1%} of {len(y)} test rows; "
            f"always guessing {data.classes[shares.argmax()]!r} would be right for {baseline['accuracy']:.1%}."
        ),
    }


def _evaluate_regression(data: PreparedData, fitted: Fitted) -> dict[str, Any]:
    y = data.y_test_units
    measured = regression_metrics(y, fitted.predictions)
    baseline = regression_metrics(y, np.full(len(y), data.target_mean))
    return {
        "problem_type": data.problem_type.value,
        "target": data.target,
        "metrics": measured,
        "baseline": baseline,
        "headline": {"metric": "r2", "value": measured["r2"], "baseline": baseline["r2"]},
        "sentence": (
            f"Off by {measured['mae']:.4g} on average over {len(y)} test rows; "
            f"always guessing the mean of {data.target!r} would be off by {baseline['mae']:.4g}."
        ),
    }


def count_confusions(y: np.ndarray, predictions: np.ndarray, n_classes: int) -> np.ndarray:
    """Class indices (n,), (n,) -> counts (n_classes, n_classes): rows are what it is, columns what was said."""
    return np.bincount(y * n_classes + predictions, minlength=n_classes**2).reshape(n_classes, n_classes)


def classification_metrics(
    y: np.ndarray, matrix: np.ndarray, probabilities: np.ndarray, areas: Sequence[float]
) -> dict[str, float]:
    """scikit-learn's definitions, computed from what is there already: its functions would count everything anew.

    y: class indices (n,); matrix: as of `count_confusions`; probabilities (n, n_classes), rows sum to one; areas: under
    each class's ROC curve, whose mean is `roc_auc`: NaN where a class has no test row, or all of them.
    """
    actual, said, right = matrix.sum(1), matrix.sum(0), np.diag(matrix)
    seen = actual + said > 0  # scikit-learn leaves out classes that neither occur nor are said
    # What came out as exactly zero counts as the smallest probability there is, as in sklearn.metrics.log_loss.
    given = np.clip(probabilities[np.arange(len(y)), y], np.finfo(np.float64).eps, 1)
    return {
        "accuracy": float(right.sum() / len(y)),
        "balanced_accuracy": float(np.mean(right[actual > 0] / actual[actual > 0])),
        "f1_macro": float(np.mean(2 * right[seen] / (actual + said)[seen])),
        "log_loss": float(-np.log(given).mean()),
        "roc_auc": float(np.mean(areas)),
    }


def regression_metrics(y: np.ndarray, predictions: np.ndarray) -> dict[str, float]:
    """y, predictions (n,) in the target's units; r2 is NaN for a single row."""
    return {
        "r2": float(metrics.r2_score(y, predictions)) if len(y) > 1 else math.nan,
        "rmse": float(metrics.root_mean_squared_error(y, predictions)),
        "mae": float(metrics.mean_absolute_error(y, predictions)),
        "mape": float(metrics.mean_absolute_percentage_error(y, predictions)),
    }


def compute_roc(is_class: np.ndarray, scores: np.ndarray) -> list[Any] | None:
    """[false positive rates, true positive rates, area]; None where the class has no test row, or all of them."""
    if is_class.all() or not is_class.any():
        return None
    false_rate, true_rate, _ = metrics.roc_curve(is_class, scores)
    area = float(metrics.auc(false_rate, true_rate))
    if len(false_rate) > CURVE_POINTS:
        kept = np.linspace(0, len(false_rate) - 1, CURVE_POINTS).round().astype(int)
        false_rate, true_rate = false_rate[kept], true_rate[kept]
    return [false_rate.tolist(), true_rate.tolist(), area]
