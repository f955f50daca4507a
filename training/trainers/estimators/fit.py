"""The trainer of estimators: prepared data and a choice in, a fitted estimator and its epochs out. Used by `train`."""

from __future__ import annotations

import warnings

import numpy as np
from threadpoolctl import threadpool_limits

from training.datasets.preprocessing import PreparedData
from training.exceptions import SpecRefused
from training.trainers.base import Fitted, IsCancelled, OnEpoch, OnModel
from training.trainers.checkpoint import NONE, Checkpoints
from training.trainers.estimators.entry import EstimatorChoice
from training.trainers.estimators.outputs import compute_probabilities, predict_classes
from training.trainers.estimators.registry import build_estimator
from training.trainers.estimators.rows import check_rows
from training.trainers.estimators.steps import LEARN
from training.trainers.estimators.watch import Watch


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
    """The model is the one that `build_estimator(choice, seed).fit(X_train, y_train)` gives, and learns class indices.

    `weights`: of the training rows (n_train,), which `fit` takes as `sample_weight`; None where all count alike.

    Raises Cancelled between steps, TrainingDiverged, and SpecRefused for data that the estimator cannot learn from:
    `one_class_to_learn`, `too_many_neighbours`, `estimator_refused`.
    """
    check_rows(choice, data.y_train)
    estimator = build_estimator(choice, seed)
    watch = Watch(data, choice, on_epoch, is_cancelled, on_model, checkpoints, weights)
    watch.check()
    # One thread: small tables gain nothing from more, and the numbers are the same on whatever machine's share.
    with threadpool_limits(1), warnings.catch_warnings():
        # That it might learn more if it went on is no news for the server's log.
        warnings.simplefilter("ignore", UserWarning)
        warnings.simplefilter("ignore", RuntimeWarning)
        try:
            LEARN[choice.entry.learning](estimator, data.y_train, watch)
        except ValueError as error:  # how scikit-learn says that arguments and rows do not go together
            raise _refuse(choice, " ".join(str(error).split())[:200]) from error
        if data.classes is None:
            predictions, probabilities = data.to_units(estimator.predict(data.X_test)), None
        else:
            predictions = predict_classes(estimator, data.X_test)
            probabilities = compute_probabilities(estimator, data.X_test, data.classes)
            predictions = data.preparation.decide(predictions, probabilities)
    if not np.isfinite(predictions if probabilities is None else probabilities).all():
        raise _refuse(choice, "what it says of the test rows is not a number.")
    return Fitted(estimator, watch.rows, predictions, probabilities)


def _refuse(choice: EstimatorChoice, reason: str) -> SpecRefused:
    return SpecRefused(
        f"{choice.entry.name} cannot learn from these rows with these arguments: {reason}",
        code="estimator_refused",
        where="user_model",
        hint="Leave its arguments at their defaults, or choose another estimator.",
    )
