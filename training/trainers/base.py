"""The seam between networks and estimators: what a trainer is told, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from training.messages.events import EpochRow
from training.messages.results import AuxiliaryOutputs

if TYPE_CHECKING:
    import numpy as np

OnEpoch = Callable[[EpochRow], None]
Answer = Callable[["np.ndarray"], "tuple[np.ndarray, np.ndarray | None]"]
"""Prepared rows X, float32 (n, n_features) -> predictions and probabilities, as of Fitted."""
OnModel = Callable[[int, Answer], None]
"""Hears after an epoch its number, and may ask the model as it is then, which changes nothing about it."""
IsCancelled = Callable[[], bool]


class Cancelled(Exception):  # not an error: somebody wanted it
    """Raised by a trainer when `is_cancelled()` has turned true."""


@dataclass(frozen=True)
class Fitted:
    """A trained model and what it says of the test rows.

    `predictions`: class indices int64 (n_test,), or target units float64 (n_test,). `probabilities`: float64
    (n_test, n_classes), None for regression. `kept_epoch`: whose weights these are, where the best ones were kept
    instead of the last. `trainer`: a Trainer, or whose library it was.
    """

    model: Any
    epochs: list[EpochRow]
    predictions: np.ndarray
    probabilities: np.ndarray | None
    kept_epoch: int | None = None
    trainer: str = "scikit-learn"


@dataclass(frozen=True)
class Outcome:
    """A trained model and the result of its run. `model` is an nn.Module on the CPU, or an estimator."""

    model: Any
    epochs: list[EpochRow]
    predictions: np.ndarray
    probabilities: np.ndarray | None
    auxiliary: AuxiliaryOutputs
