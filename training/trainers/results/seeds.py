"""Scores of the same training with several seeds: their mean and spread, and whether two trainings differ by more.

Called by sweeps and comparisons.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Spread:
    """`spread`: the standard deviation of a sample (divided by n - 1), None for a single score; both None for none."""

    mean: float | None
    spread: float | None


@dataclass(frozen=True)
class Gain:
    """`gain`: by how much the first mean is above the other. `margin`: the half-width of its confidence interval."""

    mean: float
    other_mean: float
    gain: float
    margin: float

    @property
    def is_distinguishable(self) -> bool:
        """Whether the interval leaves out that there is nothing between them."""
        return abs(self.gain) > self.margin


def summarize(scores: Sequence[float]) -> Spread:
    if not scores:
        return Spread(None, None)
    return Spread(float(np.mean(scores)), float(np.std(scores, ddof=1)) if len(scores) > 1 else None)


def compare_paired(scores: Sequence[float], others: Sequence[float], *, confidence: float = CONFIDENCE) -> Gain:
    """scores, others (n,), n >= 2: `scores[i]` and `others[i]` have the same seed, and so the same split.

    The interval is that of Student's paired t-test, t((1 + confidence) / 2, n - 1) s / √n with s the standard deviation
    of the differences: Student, "The probable error of a mean", 1908. Its luck is that of splits and starting weights
    on this one table; splits of one table share rows, so that on new data a gain is less certain than it says (Nadeau
    and Bengio, "Inference for the generalization error", 2003). Raises ValueError for fewer than two pairs.
    """
    if len(scores) != len(others) or len(scores) < 2:
        raise ValueError("it takes two pairs at least")
    differences = np.asarray(scores, np.float64) - np.asarray(others, np.float64)
    quantile = stats.t.ppf((1 + confidence) / 2, len(differences) - 1)
    return Gain(
        mean=float(np.mean(scores)),
        other_mean=float(np.mean(others)),
        gain=float(differences.mean()),
        margin=float(quantile * stats.sem(differences)),
    )
