"""Check that training rows suit an estimator. Called by the preflight and before a fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from training.exceptions import SpecRefused
from training.spec import ProblemType
from training.trainers.estimators.entry import EstimatorChoice

if TYPE_CHECKING:
    import numpy as np


def check_rows(choice: EstimatorChoice, y_train: np.ndarray) -> None:
    """Check class indices or targets y_train (n,) of the training rows.

    Raises SpecRefused: `one_class_to_learn`, `too_many_neighbours`.
    """
    if choice.entry.problem_type is ProblemType.CLASSIFICATION and (y_train == y_train[0]).all():
        raise SpecRefused(
            f"All {len(y_train):,} training rows are of one class: there is nothing to learn.",
            code="one_class_to_learn",
            where="test_size",
            hint="Shuffle the rows, lower test_size, or add rows of another class.",
        )
    neighbours = choice.settings.get("n_neighbors")
    if isinstance(neighbours, int) and neighbours > len(y_train):
        raise SpecRefused(
            f"There are only {len(y_train):,} training rows, fewer than n_neighbors ({neighbours:,}).",
            code="too_many_neighbours",
            where="user_model",
            hint=f"Use an n_neighbors of at most {len(y_train):,}.",
        )
