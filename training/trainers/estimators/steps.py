"""How estimators learn, step by step where they can. Each way ends with the very model that a plain `fit` gives."""

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
from training.trainers.estimators.outputs import compute_probabilities, predict_classes
from training.trainers.estimators.passes import learn_by_passes
from training.trainers.estimators.rounds import boost_rounds
from training.trainers.estimators.watch import Watch

Learn = Callable[[Any, np.ndarray, Watch], None]

MAX_NODES = 1_000_000  # of all trees together, some 80 MB, beyond which a checkpoint costs more than it saves


def fit_at_once(estimator: Any, y: np.ndarray, watch: Watch) -> None:
    """One epoch without losses."""
    data = watch.data
    began = time.perf_counter()
    estimator.fit(data.X_train, y, **watch.weigh())
    elapsed = time.perf_counter() - began
    watch.check()
    if data.classes is None:
        watch.add(elapsed, None, None, None, None)
        return
    accuracies = []
    for X, y in ((data.X_train, data.y_train), (data.X_test, data.y_test)):
        if data.preparation.threshold is None:
            said = predict_classes(estimator, X)
        else:
            said = decide(compute_probabilities(estimator, X, data.classes), data.preparation.threshold)
        accuracies.append(float((said == y).mean()))
    watch.add(elapsed, None, None, *accuracies)


def grow_trees(estimator: Any, y: np.ndarray, watch: Watch) -> None:
    """scikit-learn gives a tree the same seed, whether it is grown with the others or later (`warm_start`)."""
    train, test = RunningMean(watch.data.X_train), RunningMean(watch.data.X_test)
    grown = 0
    if watch.resume(estimator) is not None:
        grown = len(estimator.estimators_)
        train.add(estimator.estimators_)
        test.add(estimator.estimators_)
    estimator.set_params(warm_start=True)
    for mark in watch.marks[len(watch.rows) :]:
        watch.check()
        estimator.set_params(n_estimators=mark).fit(watch.data.X_train, y, **watch.weigh())
        trees = estimator.estimators_[grown:]
        watch.report(estimator, partial(train.add, trees), partial(test.add, trees))
        grown = mark
        if _is_small(estimator.estimators_):
            watch.offer(lambda: estimator)
    estimator.set_params(warm_start=False)


def boost_stages(estimator: Any, y: np.ndarray, watch: Watch) -> None:
    """A plain fit whose monitor follows the stages: each is evaluated once, since stages add up. From a checkpoint on,
    the rest of such a fit (`warm_start`).
    """
    data, marks = watch.data, set(watch.marks)
    staged = estimator.staged_predict_proba if is_classifier(estimator) else estimator.staged_predict
    train, test = staged(data.X_train), staged(data.X_test)
    reported = 0

    def monitor(index: int, *_: Any) -> bool:
        nonlocal reported
        watch.check()
        if (done := index + 1) in marks:
            new = done - reported
            # While it grows, scikit-learn can only go through its stages, from the first one on.
            watch.report(estimator, partial(_skip, train, new), partial(_skip, test, new), ask=None)
            reported = done
            if _is_small(estimator.estimators_[:done].flat):
                watch.offer(lambda: _cut(estimator, done))
        return False

    if watch.resume(estimator) is not None:
        estimator.set_params(warm_start=True)
    estimator.fit(data.X_train, y, **watch.weigh(), monitor=monitor)
    estimator.set_params(warm_start=False)


LEARN: dict[Learning, Learn] = {
    Learning.AT_ONCE: fit_at_once,
    Learning.TREES: grow_trees,
    Learning.ROUNDS: boost_rounds,
    Learning.STAGES: boost_stages,
    Learning.PASSES: learn_by_passes,
}


class RunningMean:
    """The mean of what trees say of the rows X, kept up while trees are added."""

    def __init__(self, X: np.ndarray) -> None:
        self._X = X
        self._sum: Any = 0.0
        self._count = 0

    def add(self, trees: list[Any]) -> np.ndarray:
        for tree in trees:
            self._sum = self._sum + (tree.predict_proba if is_classifier(tree) else tree.predict)(
                self._X, check_input=False
            )
        self._count += len(trees)
        return self._sum / self._count


def _is_small(trees: Iterable[Any]) -> bool:
    return sum(tree.tree_.node_count for tree in trees) <= MAX_NODES


def _cut(estimator: Any, done: int) -> Any:
    """As a fit of `done` stages would have left it."""
    kept = copy(estimator)
    for name in ("estimators_", "train_score_", "oob_scores_", "oob_improvement_"):
        if hasattr(kept, name):
            setattr(kept, name, getattr(kept, name)[:done])
    return kept


def _skip(stages: Iterator[np.ndarray], steps: int) -> np.ndarray:
    """The last of the next `steps` stages."""
    return next(islice(stages, steps - 1, None))
