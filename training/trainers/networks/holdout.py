"""Hold back training rows for validation: for early stopping and for the schedule `plateau`.

The test rows must not decide when training stops. They would not be unseen rows any more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from training.datasets.divisions import Division, divide
from training.problems import build_refusal
from training.spec import Schedule, TrainingSpec
from training.trainers.sample_weights import compute_class_weights

if TYPE_CHECKING:
    import numpy as np

    from training.datasets.plan import Plan
    from training.datasets.preprocessing import PreparedData

VALIDATION_SHARE = 0.15
MIN_ROWS = 3


@dataclass(frozen=True)
class LossWeights:
    """Weights of the loss. None means equal weights.

    Attributes
    ----------
    of_classes : ndarray of shape (n_classes,) or None
    of_fit : ndarray of shape (n_fit,) or None
        Of the rows that the network is fitted to. Their mean is 1.
    of_validation : ndarray of shape (n_validation,) or None
        Of the validation rows, divided by the same mean.
    """

    of_classes: np.ndarray | None
    of_fit: np.ndarray | None
    of_validation: np.ndarray | None


def compute_row_weights(data: PreparedData, spec: TrainingSpec, holdout: Division | None) -> LossWeights:
    """Return the weights of classes and rows. Raises SpecRefused (`bad_weights`) if all rows have the weight 0."""
    fit = slice(None) if holdout is None else holdout.fit
    classes = compute_class_weights(spec, data.classes or (), data.y_train[fit])
    if data.weights is None:
        return LossWeights(classes, None, None)
    mean = data.weights[fit].mean()
    if not mean:
        raise build_refusal(
            "bad_weights",
            "weight",
            "All rows that remain for training have the weight 0.",
            "Give more rows a weight above 0, or train without patience and schedule, which hold back rows.",
        )
    held = None if holdout is None else data.weights[holdout.judge] / mean
    return LossWeights(classes, data.weights[fit] / mean, held)


def needs_validation(spec: TrainingSpec) -> bool:
    """Return whether early stopping or the schedule needs validation rows."""
    return spec.patience is not None or spec.schedule is Schedule.PLATEAU


def has_enough_rows(n_rows: int) -> bool:
    """Return whether the number of training rows is large enough to hold back validation rows."""
    return n_rows >= MIN_ROWS


def hold_back(data: PreparedData, spec: TrainingSpec) -> Division | None:
    """Return the positions of the training rows to fit to and of the rows to validate with.

    Returns None if the spec needs no validation rows. The division follows the split: the latest rows by time, whole
    groups, the last rows if rows are not shuffled, and random rows otherwise. Raises SpecRefused if all training rows
    belong to one group or one moment.
    """
    return divide_training_rows(data.plan, spec) if needs_validation(spec) else None


def divide_training_rows(plan: Plan, spec: TrainingSpec) -> Division:
    """Divide the training rows as `hold_back` does, for a spec that needs validation rows."""
    labels = None if plan.classes is None else plan.y[plan.train]
    arrangement = replace(plan.arranged.arrangement.take(plan.train), shuffle=spec.shuffle)
    return divide(arrangement, labels, len(plan.train), VALIDATION_SHARE, spec.seed or 0)
