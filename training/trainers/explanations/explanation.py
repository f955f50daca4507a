"""An explanation: contributions of features that add up, with a base value, to the output for a row."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np


class Units(StrEnum):
    """Units of base, contributions and output."""

    LOG_ODDS = "log_odds"
    """log(p / (1 - p)) of the probability p of the class."""
    SCORE = "score"
    """The score of the class. The softmax of all scores gives the probabilities."""
    PROBABILITY = "probability"
    TARGET = "target"
    """The target's own units."""


@dataclass(frozen=True)
class Parts:
    """Explanations of n rows: base (n,) + contributions (n, n_features) summed over the features = output (n,)."""

    base: np.ndarray
    contributions: np.ndarray
    output: np.ndarray
    units: Units
    exact: bool = True

    def adds_up(self, tolerance: float = 1e-5) -> bool:
        """Return whether the sums equal the outputs. False for NaN."""
        missed = np.abs(self.base + self.contributions.sum(1) - self.output)
        return bool((missed <= tolerance * np.maximum(1, np.abs(self.output))).all())
