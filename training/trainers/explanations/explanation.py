"""What an explanation is: contributions that add up, with a base, to what the model says of one row."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np


class Units(StrEnum):
    """What base, contributions and output are counted in."""

    LOG_ODDS = "log_odds"
    """log(p / (1 - p)) of the class's probability p."""
    SCORE = "score"
    """A class's score: the softmax of all classes' scores gives their probabilities."""
    PROBABILITY = "probability"
    TARGET = "target"
    """The target's own units."""


@dataclass(frozen=True)
class Parts:
    """base (n,) + contributions (n, n_features) summed over the features = output (n,), of n rows."""

    base: np.ndarray
    contributions: np.ndarray
    output: np.ndarray
    units: Units
    exact: bool = True

    def adds_up(self, tolerance: float = 1e-5) -> bool:
        """Whether the sums are what they should be; what is no number adds up to nothing."""
        missed = np.abs(self.base + self.contributions.sum(1) - self.output)
        return bool((missed <= tolerance * np.maximum(1, np.abs(self.output))).all())
