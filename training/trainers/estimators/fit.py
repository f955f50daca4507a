"""Train an estimator of scikit-learn. Called by `train`."""

from __future__ import annotations

import warnings

import numpy as np
from threadpoolctl import threadpool_limits

from training.datasets.preprocessing import PreparedData
from training.exceptions import SpecRefused
from training.trainers.base import Fitted, IsCancelled, OnEpoch, OnModel
from training.trainers.checkpoint import NONE, Checkpoints
from training.trainers.estimators.entry import EstimatorChoice
from training.trainers.estimators.incremental_fit import LEARN
from training.trainers.estimators.monitor import FitMonitor
from training.trainers.estimators.outputs import compute_probabilities, predict_classes
from training.trainers.estimators.registry import build_estimator
from training.trainers.estimators.row_check import check_rows


def fit_estimator(
    choice: EstimatorChoice,
    data: PreparedData,
    seed: int,
    weights: np.ndarray | None = None,
    *,
    on_epoch: OnEpoch,
    is_cancelled: IsCancelled,
    on_model: OnModel | None = None,
    checkpoints: Checkpoints = NONE,
) -> Fitted:
    """Train an estimator of scikit-learn on class indices or standardised targets.

    The result equals `build_estimator(choice, seed).fit(X_train, y_train)`.

    `weights`: `sample_weight` of the training rows (n_train,), None for equal weights.

    Raises Cancelled between steps, TrainingDiverged, and SpecRefused if the rows do not suit the estimator:
    `one_class_to_learn`, `too_many_neighbours`, `estimator_refused`.
    """
    check_rows(choice, data.y_train)
    estimator = build_estimator(choice, seed)
    monitor = FitMonitor(data, choice, on_epoch, is_cancelled, on_model, checkpoints, weights)
    monitor.check()
    # One thread: more are not faster for small tables, and the numbers do not depend on the machine's cores.
    with threadpool_limits(1), warnings.catch_warnings():
        # Warnings of slow convergence do not belong into the server's log.
        warnings.simplefilter("ignore", UserWarning)
        warnings.simplefilter("ignore", RuntimeWarning)
        try:
            LEARN[choice.entry.learning](estimator, data.y_train, monitor)
        except ValueError as error:  # raised by scikit-learn if arguments do not suit the rows
            raise _refuse(choice, " ".join(str(error).split())[:200]) from error
        if data.classes is None:
            predictions, probabilities = data.to_units(estimator.predict(data.X_test)), None
        else:
            predictions = predict_classes(estimator, data.X_test)
            probabilities = compute_probabilities(estimator, data.X_test, data.classes)
            predictions = data.preparation.decide(predictions, probabilities)
    if not np.isfinite(predictions if probabilities is None else probabilities).all():
        raise _refuse(choice, "its predictions are not finite.")
    return Fitted(estimator, monitor.rows, predictions, probabilities)


def _refuse(choice: EstimatorChoice, reason: str) -> SpecRefused:
    return SpecRefused(
        f"{choice.entry.name} cannot learn from these rows with these arguments: {reason}",
        code="estimator_refused",
        where="user_model",
        hint="Leave its arguments at their defaults, or choose another estimator.",
    )
