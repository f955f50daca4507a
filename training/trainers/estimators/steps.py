"""How estimators learn, step by step where they can. Each way ends with the very model that a plain `fit` gives."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.utils import shuffle

from training.exceptions import TrainingDiverged
from training.trainers.estimators.entry import Learning
from training.trainers.estimators.outputs import predict_classes
from training.trainers.estimators.rounds import boost_rounds
from training.trainers.estimators.watch import Watch

Learn = Callable[[Any, np.ndarray, Watch], None]


def fit_at_once(estimator: Any, labels: np.ndarray, watch: Watch) -> None:
    """One epoch without losses."""
    data = watch.data
    began = time.perf_counter()
    estimator.fit(data.X_train, labels)
    elapsed = time.perf_counter() - began
    watch.check()
    if data.classes is None:
        watch.add(elapsed, None, None, None, None)
        return
    accuracies = [
        float((predict_classes(estimator, X, data.classes) == y).mean())
        for X, y in ((data.X_train, data.y_train), (data.X_test, data.y_test))
    ]
    watch.add(elapsed, None, None, *accuracies)


def grow_trees(estimator: Any, labels: np.ndarray, watch: Watch) -> None:
    """scikit-learn gives a tree the same seed, whether it is grown with the others or later (`warm_start`)."""
    train, test = RunningMean(watch.data.X_train), RunningMean(watch.data.X_test)
    grown = 0
    estimator.set_params(warm_start=True)
    for mark in watch.marks:
        watch.check()
        estimator.set_params(n_estimators=mark).fit(watch.data.X_train, labels)
        trees = estimator.estimators_[grown:]
        watch.report(estimator, partial(train.add, trees), partial(test.add, trees))
        grown = mark
    estimator.set_params(warm_start=False)


def boost_stages(estimator: Any, labels: np.ndarray, watch: Watch) -> None:
    """A plain fit whose monitor follows the stages: each is evaluated once, since stages add up."""
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
        return False

    estimator.fit(data.X_train, labels, monitor=monitor)


def learn_by_passes(estimator: Any, labels: np.ndarray, watch: Watch) -> None:
    """`partial_fit`, on rows shuffled as `fit` shuffles them: it goes on from the order of the pass before, with the
    random state that is left when the weights are drawn. Stops as `fit` does: when the loss has not fallen by `tol` for
    more than `n_iter_no_change` passes. Raises TrainingDiverged.
    """
    X, marks = watch.data.X_train, set(watch.marks)
    classes = {"classes": np.unique(labels)} if is_classifier(estimator) else {}
    random_state = np.random.RandomState(estimator.random_state)
    # A single row suffices for drawing the weights, and thus for bringing the random state to where it is then.
    clone(estimator).set_params(random_state=random_state, shuffle=False).partial_fit(X[:1], labels[:1], **classes)
    estimator.set_params(shuffle=False)
    order, best, idle = np.arange(len(X)), math.inf, 0
    for done in range(1, watch.marks[-1] + 1):
        watch.check()
        order = shuffle(order, random_state=random_state)
        _pass_over(estimator, X[order], labels[order], done, classes)
        idle = idle + 1 if estimator.loss_ > best - estimator.tol else 0
        best = min(best, estimator.loss_)
        is_last = idle > estimator.n_iter_no_change
        if is_last or done in marks:
            _report(estimator, watch)
        if is_last:
            break
    estimator.set_params(shuffle=True)
    estimator.n_iter_ = done  # partial_fit starts counting anew each time


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


def _pass_over(estimator: Any, X: np.ndarray, labels: np.ndarray, number: int, classes: dict[str, Any]) -> None:
    diverged = TrainingDiverged(
        f"The weights became too large to learn from in pass {number} over the rows.",
        hint="Lower learning_rate_init, for example to a tenth.",
    )
    try:
        estimator.partial_fit(X, labels, **classes)
    except ValueError as error:  # on rows and arguments that were checked: the weights are no numbers any more
        raise diverged from error
    if not math.isfinite(estimator.loss_):
        raise diverged


def _report(estimator: Any, watch: Watch) -> None:
    predict = estimator.predict_proba if is_classifier(estimator) else estimator.predict
    watch.report(estimator, partial(predict, watch.data.X_train), partial(predict, watch.data.X_test))


def _skip(stages: Iterator[np.ndarray], steps: int) -> np.ndarray:
    """The last of the next `steps` stages."""
    return next(islice(stages, steps - 1, None))
