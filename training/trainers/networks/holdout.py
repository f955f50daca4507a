"""The training rows that are held back to judge epochs by: when to stop, and when to slow down. Used by the loop.

The test rows must not decide either, or they would no longer be rows that the model has never met.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from training.spec import Schedule, TrainingSpec

if TYPE_CHECKING:
    from training.datasets.preprocessing import PreparedData

VALIDATION_SHARE = 0.15
MIN_ROWS = 3


@dataclass(frozen=True)
class Holdout:
    """Positions among the training rows: `fit` to learn from, `validation` to judge by. `stratified`: classes keep
    their shares in both.
    """

    fit: np.ndarray
    validation: np.ndarray
    stratified: bool


def needs_validation(spec: TrainingSpec) -> bool:
    return spec.patience is not None or spec.schedule is Schedule.PLATEAU


def can_hold_back(n_rows: int) -> bool:
    return n_rows >= MIN_ROWS


def hold_back(data: PreparedData, spec: TrainingSpec) -> Holdout | None:
    """None where the spec needs no validation rows. The last rows where they are not to be shuffled, or else drawn by
    the seed. `can_hold_back` says whether there are enough.
    """
    if not needs_validation(spec):
        return None
    n_rows = len(data.y_train)
    n_validation = max(1, round(n_rows * VALIDATION_SHARE))
    rows = np.arange(n_rows)
    if not spec.shuffle:
        return Holdout(rows[:-n_validation], rows[-n_validation:], stratified=False)
    from sklearn.model_selection import train_test_split

    stratify = None
    if data.classes is not None:
        counts = np.bincount(data.y_train)
        counts = counts[counts > 0]
        if counts.min() >= 2 and min(n_validation, n_rows - n_validation) >= len(counts):
            stratify = data.y_train
    fit, validation = train_test_split(rows, test_size=n_validation, random_state=spec.seed, stratify=stratify)
    return Holdout(fit, validation, stratified=stratify is not None)
