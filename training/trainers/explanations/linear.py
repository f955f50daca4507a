"""Exact contributions in linear models: the weight of a feature times its distance from the training mean."""

from __future__ import annotations

from typing import Any

import numpy as np

from training.trainers.explanations.explanation import Parts, Units

LINEAR = frozenset(
    {
        *("LogisticRegression", "RidgeClassifier", "LinearSVC"),
        *("LinearRegression", "Ridge", "Lasso", "ElasticNet", "LinearSVR"),
    }
)


def explain_linear(estimator: Any, X: np.ndarray, means: np.ndarray, said: np.ndarray | None) -> Parts:
    """Return the contributions in a linear model: Shapley values under the assumption of independent features.

    Parameters
    ----------
    X : ndarray of shape (n, n_features), float32
    means : ndarray of shape (n_features,)
        Means of the training rows.
    said : ndarray of shape (n,) or None
        Class indices to explain. None for a regression, whose contributions are standardised.
    """
    weights, constant = np.atleast_2d(estimator.coef_).astype(np.float64), np.ravel(estimator.intercept_)
    X = X.astype(np.float64)
    if said is None:
        chosen, signs, units = np.zeros(len(X), int), np.ones(len(X)), Units.TARGET
    elif len(weights) == 1:  # the score of the second of two classes
        chosen, signs, units = np.zeros(len(X), int), np.where(said == estimator.classes_[1], 1.0, -1.0), Units.LOG_ODDS
    else:
        chosen, signs, units = np.searchsorted(estimator.classes_, said), np.ones(len(X)), Units.SCORE
    weights = weights[chosen] * signs[:, None]
    constant = np.broadcast_to(constant, len(np.atleast_2d(estimator.coef_)))[chosen] * signs
    scores = estimator.predict(X) if said is None else estimator.decision_function(X)
    output = np.asarray(scores, np.float64).reshape(len(X), -1)[np.arange(len(X)), chosen] * signs
    return Parts(constant + weights @ means, weights * (X - means), output, units)
