"""Predictions, probabilities and scores of estimators, which learn class indices. Ties go to the first class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.special import softmax

from training.datasets.preparation import Preparation
from training.datasets.preprocessing import PreparedData
from training.datasets.threshold import decide

SMALLEST = float(np.finfo(np.float64).eps)  # lower limit of probabilities, as in sklearn.metrics.log_loss


def predict_estimator(estimator: Any, X: np.ndarray, preparation: Preparation) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the predictions of an estimator for prepared rows X, float32 (n, n_features), and its probabilities.

    Predictions are class indices int64 (n,), or values in the target's units float64 (n,). Probabilities are float64
    (n, n_classes), or None for a regression.
    """
    classes = preparation.classes
    if classes is None:
        return preparation.to_units(estimator.predict(X)), None
    probabilities = compute_probabilities(estimator, X, classes)
    if preparation.threshold is not None:
        return decide(probabilities, preparation.threshold), probabilities
    return predict_classes(estimator, X), probabilities


def predict_classes(estimator: Any, X: np.ndarray) -> np.ndarray:
    """Return the estimator's own predictions: class indices int64 (n,)."""
    return np.asarray(estimator.predict(X), np.int64)


def compute_probabilities(estimator: Any, X: np.ndarray, classes: Sequence[str]) -> np.ndarray:
    """Return probabilities, float64 (n, n_classes). Rows add up to one.

    Support vector machines and RidgeClassifier have no probabilities. For these, the softmax (with two classes: the
    sigmoid) of their scores is returned. It ranks the classes as the scores do and is not calibrated.
    """
    if hasattr(estimator, "predict_proba"):
        columns = estimator.predict_proba(X).astype(np.float64)
    else:
        scores = estimator.decision_function(X).astype(np.float64)
        columns = softmax(np.column_stack((np.zeros(len(X)), scores)) if scores.ndim == 1 else scores, axis=1)
    probabilities = np.zeros((len(X), len(classes)))
    probabilities[:, estimator.classes_] = columns  # a class without training rows has no column
    return probabilities / probabilities.sum(1, keepdims=True)  # float32 adds up to one only approximately


def score(estimator: Any, output: np.ndarray, y: np.ndarray, data: PreparedData) -> tuple[float, float | None]:
    """Return loss and accuracy: log loss and accuracy of probabilities, or mean squared error and None of predictions.

    Probabilities (n, n_columns) are in the order of the estimator's classes. Predictions (n,) are standardised.
    """
    if data.classes is None:
        return float(np.square(output.astype(np.float64) - y).mean()), None
    indices = estimator.classes_
    column_of = np.full(len(data.classes), -1)
    column_of[indices] = np.arange(len(indices))
    columns = column_of[y]
    given = np.where(columns >= 0, output[np.arange(len(y)), columns], 0).astype(np.float64)
    said = indices[output.argmax(1)]
    if data.preparation.threshold is not None and len(indices) == 2:
        said = decide(output[:, column_of], data.preparation.threshold)
    return float(np.log(1 / np.clip(given, SMALLEST, 1)).mean()), float((said == y).mean())
