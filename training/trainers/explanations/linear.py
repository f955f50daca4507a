"""Exact contributions in linear models: each feature's weight times its distance from the training rows' mean."""

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
    """X: float32 (n, n_features). means (n_features,): of the training rows. said: class indices (n,) to be explained,
    None for a regression, whose parts are standardised. Shapley values where features are taken to be independent.
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
