"""The training rows that are held back to judge epochs by: when to stop, and when to slow down. Used by the loop.

The test rows must not decide either, or they would no longer be rows that the model has never met.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from training.datasets.divisions import Division, divide
from training.problems import build_refusal
from training.spec import Schedule, TrainingSpec
from training.trainers.weighing import weigh_classes

if TYPE_CHECKING:
    import numpy as np

    from training.datasets.plan import Plan
    from training.datasets.preprocessing import PreparedData

VALIDATION_SHARE = 0.15
MIN_ROWS = 3


@dataclass(frozen=True)
class Weighing:
    """Weights for the loss; None where all are alike.

    `of_classes`: (n_classes,). `of_fit` and `of_validation`: of the rows that are learned from, whose mean is 1, and of
    those held back, by the same measure.
    """

    of_classes: np.ndarray | None
    of_fit: np.ndarray | None
    of_validation: np.ndarray | None


def weigh_rows(data: PreparedData, spec: TrainingSpec, holdout: Division | None) -> Weighing:
    """Raises SpecRefused (`bad_weights`) where all rows that are learned from weigh nothing."""
    fit = slice(None) if holdout is None else holdout.fit
    classes = weigh_classes(spec, data.classes or (), data.y_train[fit])
    if data.weights is None:
        return Weighing(classes, None, None)
    mean = data.weights[fit].mean()
    if not mean:
        raise build_refusal(
            "bad_weights",
            "weight",
            "Every row that is left to learn from has the weight 0.",
            "Give more rows a weight above 0, or train without patience and schedule, which hold rows back.",
        )
    held = None if holdout is None else data.weights[holdout.judge] / mean
    return Weighing(classes, data.weights[fit] / mean, held)


def needs_validation(spec: TrainingSpec) -> bool:
    return spec.patience is not None or spec.schedule is Schedule.PLATEAU


def can_hold_back(n_rows: int) -> bool:
    return n_rows >= MIN_ROWS


def hold_back(data: PreparedData, spec: TrainingSpec) -> Division | None:
    """Positions among the training rows, to learn from and to judge by; None where the spec needs no validation rows.

    They follow the split: the latest rows by time, whole groups, the last rows where they are not shuffled, or else
    rows drawn by the seed. `can_hold_back` says whether there are enough. Raises SpecRefused where all training rows
    are of one group or moment.
    """
    return divide_training_rows(data.plan, spec) if needs_validation(spec) else None


def divide_training_rows(plan: Plan, spec: TrainingSpec) -> Division:
    """As of `hold_back`, for a spec that needs validation rows."""
    labels = None if plan.classes is None else plan.y[plan.train]
    arrangement = replace(plan.arranged.arrangement.take(plan.train), shuffle=spec.shuffle)
    return divide(arrangement, labels, len(plan.train), VALIDATION_SHARE, spec.seed or 0)
