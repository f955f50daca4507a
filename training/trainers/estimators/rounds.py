"""Follows HistGradientBoosting round by round, through the scorer that it asks after each. Used by the steps."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from sklearn.base import is_classifier

from training.datasets.preparation import Preparation
from training.trainers.estimators.outputs import answer_estimator
from training.trainers.estimators.watch import Watch

LOOKED_AT = 2_000
"""Rows of a split that are looked at in each epoch, evenly spread: every look asks all trees so far."""


def boost_rounds(estimator: Any, y: np.ndarray, watch: Watch) -> None:
    """A plain fit, watched. The test rows are handed over as rows to validate on, which nothing is learned from: the
    early stopping that they serve waits for longer than there are rounds. (Going on with `warm_start` would sort all
    rows into bins anew for every epoch, which takes longer than the rounds.)
    """
    X_train, X_test = watch.data.X_train, watch.data.X_test
    settings = estimator.get_params()
    estimator.set_params(early_stopping=True, n_iter_no_change=estimator.max_iter + 1, scoring=_Scorer(watch))
    # The scorer knows the test rows' classes; those that no training row has would be refused here.
    told = watch.weigh()
    if told:
        told["sample_weight_val"] = np.ones(len(X_test))
    estimator.fit(X_train, y, X_val=X_test, y_val=np.resize(y[:1], len(X_test)), **told)
    # All as a plain fit leaves it; what is kept would be stored with the model.
    estimator.set_params(**settings)
    estimator._scorer, estimator.do_early_stopping_ = None, False
    estimator.train_score_ = estimator.validation_score_ = np.array([])


class _Scorer:
    """Asked twice a round, before the first and after each: of training rows (10,000 at most), then of test rows."""

    def __init__(self, watch: Watch) -> None:
        self._watch, self._marks = watch, set(watch.marks)
        self._train: tuple[np.ndarray, np.ndarray] | None = None

    def __call__(self, estimator: Any, X: np.ndarray, y: np.ndarray, **weights: Any) -> float:
        if self._train is None:
            self._watch.check()
            self._train = X, y
            return 0.0
        (X_train, y_train), self._train = self._train, None
        if estimator.n_iter_ in self._marks:
            self._report(estimator, X_train, y_train, X)
        return 0.0

    def _report(self, estimator: Any, X_train: np.ndarray, y_train: np.ndarray, X_test: np.ndarray) -> None:
        data, y_test = self._watch.data, self._watch.data.y_test
        predict = estimator.predict_proba if is_classifier(estimator) else estimator.predict
        X_train, y_train = _spread(X_train), _spread(y_train)
        if data.classes is not None:
            y_train = np.asarray(y_train, np.int64)  # the scorer is given classes
        if estimator.n_iter_ < self._watch.marks[-1]:  # the last epoch says of the test rows what the result says
            X_test, y_test = _spread(X_test), _spread(y_test)
        self._watch.report(
            estimator, partial(predict, X_train), partial(predict, X_test), y_train=y_train, y_test=y_test, ask=_ask
        )


def _ask(estimator: Any, X: np.ndarray, preparation: Preparation) -> tuple[np.ndarray, np.ndarray | None]:
    """As `answer_estimator`. While it learns, it takes rows for binned ones, which these are not."""
    estimator._in_fit = False
    try:
        return answer_estimator(estimator, X, preparation)
    finally:
        estimator._in_fit = True


def _spread(rows: np.ndarray) -> np.ndarray:
    return rows[:: -(-len(rows) // LOOKED_AT)]
