"""Learns in passes over the rows (`partial_fit`), as scikit-learn's own `fit` does. Used by the steps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.utils import shuffle

from training.exceptions import TrainingDiverged
from training.trainers.estimators.watch import Watch


def learn_by_passes(estimator: Any, y: np.ndarray, watch: Watch) -> None:
    """Rows are shuffled as `fit` shuffles them: it goes on from the order of the pass before, with the random state
    that is left when the weights are drawn. Stops as `fit` does: when the loss has not fallen by `tol` for more than
    `n_iter_no_change` passes. Raises TrainingDiverged.
    """
    X, marks = watch.data.X_train, set(watch.marks)
    classes = {"classes": np.unique(y)} if is_classifier(estimator) else {}
    stood = watch.resume(estimator)
    passes = _begin(estimator, X, y, classes) if stood is None else Passes(**stood)
    estimator.set_params(shuffle=False)
    while passes.done < watch.marks[-1]:
        watch.check()
        passes.order = shuffle(passes.order, random_state=passes.random_state)
        passes.done += 1
        told = {**classes, **watch.weigh(passes.order)}
        _pass_over(estimator, X[passes.order], y[passes.order], passes.done, told)
        passes.hear(estimator.loss_, estimator.tol)
        is_last = passes.idle > estimator.n_iter_no_change
        if is_last or passes.done in marks:
            _report(estimator, watch)
        if is_last:
            break
        if passes.done in marks:
            watch.offer(lambda: estimator, **vars(passes))
    estimator.set_params(shuffle=True)
    estimator.n_iter_ = passes.done  # partial_fit starts counting anew each time


@dataclass
class Passes:
    """Those that are `done`. `order` (n,) was the last one's; for `idle` of them the loss did not fall from `best`."""

    random_state: np.random.RandomState
    order: np.ndarray
    best: float = math.inf
    idle: int = 0
    done: int = 0

    def hear(self, loss: float, tol: float) -> None:
        self.idle = self.idle + 1 if loss > self.best - tol else 0
        self.best = min(self.best, loss)


def _begin(estimator: Any, X: np.ndarray, y: np.ndarray, classes: dict[str, Any]) -> Passes:
    random_state = np.random.RandomState(estimator.random_state)
    # A single row suffices for drawing the weights, and thus for bringing the random state to where it is then.
    clone(estimator).set_params(random_state=random_state, shuffle=False).partial_fit(X[:1], y[:1], **classes)
    return Passes(random_state, np.arange(len(X)))


def _pass_over(estimator: Any, X: np.ndarray, y: np.ndarray, number: int, told: dict[str, Any]) -> None:
    diverged = TrainingDiverged(
        f"The weights became too large to learn from in pass {number} over the rows.",
        hint="Lower learning_rate_init, for example to a tenth.",
    )
    try:
        estimator.partial_fit(X, y, **told)
    except ValueError as error:  # on rows and arguments that were checked: the weights are no numbers any more
        raise diverged from error
    if not math.isfinite(estimator.loss_):
        raise diverged


def _report(estimator: Any, watch: Watch) -> None:
    predict = estimator.predict_proba if is_classifier(estimator) else estimator.predict
    watch.report(estimator, partial(predict, watch.data.X_train), partial(predict, watch.data.X_test))
