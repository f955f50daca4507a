"""Follow HistGradientBoosting round by round, by the scorer that it calls after each round."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from sklearn.base import is_classifier

from training.datasets.preparation import Preparation
from training.trainers.estimators.monitor import FitMonitor
from training.trainers.estimators.outputs import predict_estimator

MAX_EVALUATED = 2_000
"""Maximum number of rows that an epoch is evaluated on, evenly spaced, since all trees are evaluated each time."""


def fit_histogram_boosting(estimator: Any, y: np.ndarray, monitor: FitMonitor) -> None:
    """Fit an estimator and report its rounds.

    The test rows are passed as validation rows, from which nothing is learned: early stopping waits for more rounds
    than there are. (Continuing with `warm_start` would bin all rows again for every epoch, which takes longer than the
    rounds.)
    """
    X_train, X_test = monitor.data.X_train, monitor.data.X_test
    settings = estimator.get_params()
    estimator.set_params(early_stopping=True, n_iter_no_change=estimator.max_iter + 1, scoring=_Scorer(monitor))
    # Placeholder targets: classes without a training row would be refused. The scorer uses the real ones.
    told = monitor.weigh()
    if told:
        told["sample_weight_val"] = np.ones(len(X_test))
    estimator.fit(X_train, y, X_val=X_test, y_val=np.resize(y[:1], len(X_test)), **told)
    # Restore what a plain fit leaves, since all of it is stored with the model.
    estimator.set_params(**settings)
    estimator._scorer, estimator.do_early_stopping_ = None, False
    estimator.train_score_ = estimator.validation_score_ = np.array([])


class _Scorer:
    """A scorer that is called twice before the first round and after each: with at most 10,000 training rows, then with
    the test rows.
    """

    def __init__(self, monitor: FitMonitor) -> None:
        self._monitor, self._report_steps = monitor, set(monitor.report_steps)
        self._train: tuple[np.ndarray, np.ndarray] | None = None

    def __call__(self, estimator: Any, X: np.ndarray, y: np.ndarray, **weights: Any) -> float:
        if self._train is None:
            self._monitor.check()
            self._train = X, y
            return 0.0
        (X_train, y_train), self._train = self._train, None
        if estimator.n_iter_ in self._report_steps:
            self._report(estimator, X_train, y_train, X)
        return 0.0

    def _report(self, estimator: Any, X_train: np.ndarray, y_train: np.ndarray, X_test: np.ndarray) -> None:
        data, y_test = self._monitor.data, self._monitor.data.y_test
        predict = estimator.predict_proba if is_classifier(estimator) else estimator.predict
        X_train, y_train = _spread(X_train), _spread(y_train)
        if data.classes is not None:
            y_train = np.asarray(y_train, np.int64)  # the scorer gets class labels
        if estimator.n_iter_ < self._monitor.report_steps[-1]:  # the last epoch uses all test rows, as the result does
            X_test, y_test = _spread(X_test), _spread(y_test)
        self._monitor.report(
            estimator, partial(predict, X_train), partial(predict, X_test), y_train=y_train, y_test=y_test, ask=_ask
        )


def _ask(estimator: Any, X: np.ndarray, preparation: Preparation) -> tuple[np.ndarray, np.ndarray | None]:
    """Predict like `predict_estimator` during the fit, when the estimator would otherwise expect binned rows."""
    estimator._in_fit = False
    try:
        return predict_estimator(estimator, X, preparation)
    finally:
        estimator._in_fit = True


def _spread(rows: np.ndarray) -> np.ndarray:
    return rows[:: -(-len(rows) // MAX_EVALUATED)]
