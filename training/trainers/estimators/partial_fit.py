"""Train scikit-learn's neural networks with `partial_fit`, pass by pass, with the result of their `fit`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.utils import shuffle

from training.exceptions import TrainingDiverged
from training.trainers.estimators.monitor import FitMonitor


def fit_in_passes(estimator: Any, y: np.ndarray, monitor: FitMonitor) -> None:
    """Train an estimator in passes over the training rows.

    Rows are shuffled as `fit` shuffles them: each pass continues from the order of the pass before, with the random
    state after the weights were drawn. Training stops as in `fit`: when the loss has not fallen by `tol` for more than
    `n_iter_no_change` passes. Raises TrainingDiverged.
    """
    X, report_steps = monitor.data.X_train, set(monitor.report_steps)
    classes = {"classes": np.unique(y)} if is_classifier(estimator) else {}
    stood = monitor.resume(estimator)
    passes = _begin(estimator, X, y, classes) if stood is None else Passes(**stood)
    estimator.set_params(shuffle=False)
    while passes.done < monitor.report_steps[-1]:
        monitor.check()
        passes.order = shuffle(passes.order, random_state=passes.random_state)
        passes.done += 1
        told = {**classes, **monitor.weigh(passes.order)}
        _pass_over(estimator, X[passes.order], y[passes.order], passes.done, told)
        passes.hear(estimator.loss_, estimator.tol)
        is_last = passes.idle > estimator.n_iter_no_change
        if is_last or passes.done in report_steps:
            _report(estimator, monitor)
        if is_last:
            break
        if passes.done in report_steps:
            monitor.offer(lambda: estimator, **vars(passes))
    estimator.set_params(shuffle=True)
    estimator.n_iter_ = passes.done  # partial_fit restarts the count


@dataclass
class Passes:
    """State of a training in passes.

    Attributes
    ----------
    random_state : RandomState
    order : ndarray of shape (n,)
        The order of the rows in the last pass.
    best : float
        The lowest loss.
    idle : int
        Number of passes since the loss fell.
    done : int
        Number of passes.
    """

    random_state: np.random.RandomState
    order: np.ndarray
    best: float = math.inf
    idle: int = 0
    done: int = 0

    def hear(self, loss: float, tol: float) -> None:
        """Record the loss of a pass."""
        self.idle = self.idle + 1 if loss > self.best - tol else 0
        self.best = min(self.best, loss)


def _begin(estimator: Any, X: np.ndarray, y: np.ndarray, classes: dict[str, Any]) -> Passes:
    random_state = np.random.RandomState(estimator.random_state)
    # Drawing the weights advances the random state. A single row is enough for that.
    clone(estimator).set_params(random_state=random_state, shuffle=False).partial_fit(X[:1], y[:1], **classes)
    return Passes(random_state, np.arange(len(X)))


def _pass_over(estimator: Any, X: np.ndarray, y: np.ndarray, number: int, told: dict[str, Any]) -> None:
    diverged = TrainingDiverged(
        f"The weights became too large in pass {number} over the rows: the training diverged.",
        hint="Lower learning_rate_init, for example to a tenth.",
    )
    try:
        estimator.partial_fit(X, y, **told)
    except ValueError as error:  # rows and arguments are valid, so the weights are not finite
        raise diverged from error
    if not math.isfinite(estimator.loss_):
        raise diverged


def _report(estimator: Any, monitor: FitMonitor) -> None:
    predict = estimator.predict_proba if is_classifier(estimator) else estimator.predict
    monitor.report(estimator, partial(predict, monitor.data.X_train), partial(predict, monitor.data.X_test))
