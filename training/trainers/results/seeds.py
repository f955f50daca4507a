"""Scores over several seeds: mean and spread, and whether two trainings differ significantly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Spread:
    """Mean and standard deviation of a sample (divisor n - 1). The latter is None for one score; both are None without
    scores.
    """

    mean: float | None
    spread: float | None


@dataclass(frozen=True)
class Gain:
    """The difference of two means. `margin`: the half-width of its confidence interval."""

    mean: float
    other_mean: float
    gain: float
    margin: float

    @property
    def is_distinguishable(self) -> bool:
        """Whether the confidence interval does not contain zero."""
        return abs(self.gain) > self.margin


def summarize(scores: Sequence[float]) -> Spread:
    """Return mean and spread of scores."""
    if not scores:
        return Spread(None, None)
    return Spread(float(np.mean(scores)), float(np.std(scores, ddof=1)) if len(scores) > 1 else None)


def compare_paired(scores: Sequence[float], others: Sequence[float], *, confidence: float = CONFIDENCE) -> Gain:
    """Compare scores with a paired t-test. `scores[i]` and `others[i]` have the same seed, and so the same split.

    The interval is t((1 + confidence) / 2, n - 1) s / √n, with s the standard deviation of the differences: Student,
    "The probable error of a mean", 1908. It covers the randomness of splits and initial weights on this table. Splits
    of one table share rows, so that a gain on new data is less certain (Nadeau and Bengio, "Inference for the
    generalization error", 2003). Raises ValueError for fewer than two pairs.
    """
    if len(scores) != len(others) or len(scores) < 2:
        raise ValueError("at least two pairs are needed")
    differences = np.asarray(scores, np.float64) - np.asarray(others, np.float64)
    quantile = stats.t.ppf((1 + confidence) / 2, len(differences) - 1)
    return Gain(
        mean=float(np.mean(scores)),
        other_mean=float(np.mean(others)),
        gain=float(differences.mean()),
        margin=float(quantile * stats.sem(differences)),
    )
