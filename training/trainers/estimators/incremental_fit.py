"""Fit estimators step by step where possible. Each function gives the same model as a plain `fit`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from copy import copy
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
from sklearn.base import is_classifier

from training.datasets.threshold import decide
from training.trainers.estimators.entry import Learning
from training.trainers.estimators.histogram_boosting import fit_histogram_boosting
from training.trainers.estimators.monitor import FitMonitor
from training.trainers.estimators.outputs import compute_probabilities, predict_classes
from training.trainers.estimators.partial_fit import fit_in_passes

Learn = Callable[[Any, np.ndarray, FitMonitor], None]

MAX_NODES = 1_000_000  # of all trees together, about 80 MB: larger checkpoints cost more than they save


def fit_at_once(estimator: Any, y: np.ndarray, monitor: FitMonitor) -> None:
    """Fit an estimator in one step. Reports one epoch without losses."""
    data = monitor.data
    began = time.perf_counter()
    estimator.fit(data.X_train, y, **monitor.weigh())
    elapsed = time.perf_counter() - began
    monitor.check()
    if data.classes is None:
        monitor.add(elapsed, None, None, None, None)
        return
    accuracies = []
    for X, y in ((data.X_train, data.y_train), (data.X_test, data.y_test)):
        if data.preparation.threshold is None:
            said = predict_classes(estimator, X)
        else:
            said = decide(compute_probabilities(estimator, X, data.classes), data.preparation.threshold)
        accuracies.append(float((said == y).mean()))
    monitor.add(elapsed, None, None, *accuracies)


def fit_forest(estimator: Any, y: np.ndarray, monitor: FitMonitor) -> None:
    """Fit a forest tree by tree with `warm_start`. scikit-learn gives each tree the same seed as in a single fit."""
    train, test = RunningMean(monitor.data.X_train), RunningMean(monitor.data.X_test)
    grown = 0
    if monitor.resume(estimator) is not None:
        grown = len(estimator.estimators_)
        train.add(estimator.estimators_)
        test.add(estimator.estimators_)
    estimator.set_params(warm_start=True)
    for mark in monitor.report_steps[len(monitor.rows) :]:
        monitor.check()
        estimator.set_params(n_estimators=mark).fit(monitor.data.X_train, y, **monitor.weigh())
        trees = estimator.estimators_[grown:]
        monitor.report(estimator, partial(train.add, trees), partial(test.add, trees))
        grown = mark
        if _is_small(estimator.estimators_):
            monitor.offer(lambda: estimator)
    estimator.set_params(warm_start=False)


def fit_gradient_boosting(estimator: Any, y: np.ndarray, monitor: FitMonitor) -> None:
    """Fit gradient boosting with a monitor that evaluates each stage once.

    From a checkpoint, the remaining stages are fitted with `warm_start`.
    """
    data, report_steps = monitor.data, set(monitor.report_steps)
    staged = estimator.staged_predict_proba if is_classifier(estimator) else estimator.staged_predict
    train, test = staged(data.X_train), staged(data.X_test)
    reported = 0

    def after_stage(index: int, *_: Any) -> bool:
        nonlocal reported
        monitor.check()
        if (done := index + 1) in report_steps:
            new = done - reported
            # During the fit, scikit-learn can only evaluate stages in order.
            monitor.report(estimator, partial(_skip, train, new), partial(_skip, test, new), ask=None)
            reported = done
            if _is_small(estimator.estimators_[:done].flat):
                monitor.offer(lambda: _cut(estimator, done))
        return False

    if monitor.resume(estimator) is not None:
        estimator.set_params(warm_start=True)
    estimator.fit(data.X_train, y, **monitor.weigh(), monitor=after_stage)
    estimator.set_params(warm_start=False)


LEARN: dict[Learning, Learn] = {
    Learning.AT_ONCE: fit_at_once,
    Learning.TREES: fit_forest,
    Learning.ROUNDS: fit_histogram_boosting,
    Learning.STAGES: fit_gradient_boosting,
    Learning.PASSES: fit_in_passes,
}


class RunningMean:
    """The mean prediction of trees for the rows X, updated when trees are added."""

    def __init__(self, X: np.ndarray) -> None:
        self._X = X
        self._sum: Any = 0.0
        self._count = 0

    def add(self, trees: list[Any]) -> np.ndarray:
        """Add trees and return the mean prediction of all trees so far."""
        for tree in trees:
            self._sum = self._sum + (tree.predict_proba if is_classifier(tree) else tree.predict)(
                self._X, check_input=False
            )
        self._count += len(trees)
        return self._sum / self._count


def _is_small(trees: Iterable[Any]) -> bool:
    return sum(tree.tree_.node_count for tree in trees) <= MAX_NODES


def _cut(estimator: Any, done: int) -> Any:
    """Return a copy of a boosting estimator that keeps its first `done` stages."""
    kept = copy(estimator)
    for name in ("estimators_", "train_score_", "oob_scores_", "oob_improvement_"):
        if hasattr(kept, name):
            setattr(kept, name, getattr(kept, name)[:done])
    return kept


def _skip(stages: Iterator[np.ndarray], steps: int) -> np.ndarray:
    """Advance the iterator by `steps` stages and return the last of these."""
    return next(islice(stages, steps - 1, None))
