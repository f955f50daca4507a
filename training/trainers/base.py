"""What trainers of networks and estimators have in common: callbacks, fitted models, outcomes."""

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
"""Predict prepared rows, float32 (n, n_features). Returns predictions and probabilities as in `Fitted`."""
OnModel = Callable[[int, Answer], None]
"""Called after each epoch with its number and a function that predicts with the current model."""
IsCancelled = Callable[[], bool]


class Cancelled(Exception):
    """Raised by a trainer when `is_cancelled()` has become true. Not an error."""


@dataclass(frozen=True)
class Fitted:
    """A trained model and its predictions for the test rows.

    Attributes
    ----------
    model : nn.Module or estimator
    epochs : list of EpochRow
    predictions : ndarray of shape (n_test,)
        Class indices (int64), or values in the target's units (float64).
    probabilities : ndarray of shape (n_test, n_classes), float64, or None
        None for a regression.
    kept_epoch : int or None
        The epoch whose weights were kept by early stopping.
    trainer : str
        The value of a Trainer, or the name of the library.
    """

    model: Any
    epochs: list[EpochRow]
    predictions: np.ndarray
    probabilities: np.ndarray | None
    kept_epoch: int | None = None
    trainer: str = "scikit-learn"


@dataclass(frozen=True)
class Outcome:
    """A trained model with the result of its run. `model` is an nn.Module on the CPU, or an estimator."""

    model: Any
    epochs: list[EpochRow]
    predictions: np.ndarray
    probabilities: np.ndarray | None
    auxiliary: AuxiliaryOutputs
