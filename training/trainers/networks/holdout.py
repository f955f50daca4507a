"""The training rows that are held back to judge epochs by: when to stop, and when to slow down. Used by the loop.

The test rows must not decide either, or they would no longer be rows that the model has never met.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from training.datasets.divisions import Division, divide
from training.spec import Schedule, TrainingSpec

if TYPE_CHECKING:
    from training.datasets.preprocessing import PreparedData

VALIDATION_SHARE = 0.15
MIN_ROWS = 3


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
    if not needs_validation(spec):
        return None
    labels = None if data.classes is None else data.y_train
    arrangement = replace(data.plan.arranged.arrangement.take(data.plan.train), shuffle=spec.shuffle)
    return divide(arrangement, labels, len(data.y_train), VALIDATION_SHARE, spec.seed or 0)
