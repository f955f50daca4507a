"""Count what each decision threshold would do on the test rows of two classes. Called by the evaluation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from training.messages.results import ThresholdCounts

STEPS = 100  # thresholds 0.00, 0.01, … 1.00


def describe_threshold(
    y: np.ndarray, probabilities: np.ndarray, classes: Sequence[str], threshold: float | None
) -> ThresholdCounts | None:
    """Return the counts at each threshold; None for more than two classes.

    y: class indices (n,); probabilities (n, 2). `threshold`: the run's, None if the model uses its own.
    """
    if len(classes) != 2:
        return None
    steps = np.arange(STEPS + 1) / STEPS
    hits, alarms = (_count_from(np.sort(probabilities[y == index, 1]), steps) for index in (1, 0))
    return ThresholdCounts(positive=classes[1], value=threshold, hits=hits, alarms=alarms)


def _count_from(ordered: np.ndarray, steps: np.ndarray) -> list[int]:
    """Return how many of the ascending probabilities are at least each step."""
    counts: list[int] = (len(ordered) - np.searchsorted(ordered, steps, side="left")).tolist()
    return counts
