"""What other decision thresholds would do on the test rows of a problem with two classes. Called by the evaluation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from training.messages.results import ThresholdCounts

STEPS = 100  # thresholds 0.00, 0.01, ... 1.00


def describe_threshold(
    y: np.ndarray, probabilities: np.ndarray, classes: Sequence[str], threshold: float | None
) -> ThresholdCounts | None:
    """y: class indices (n,); probabilities (n, 2). Returns None for more classes than two.

    `positive` is the second class, and `value` the run's threshold, None where the model decided by itself. `hits[i]`
    and `alarms[i]` count the rows of the positive and of the other class whose probability is at least i / 100.
    """
    if len(classes) != 2:
        return None
    steps = np.arange(STEPS + 1) / STEPS
    hits, alarms = (_count_from(np.sort(probabilities[y == index, 1]), steps) for index in (1, 0))
    return ThresholdCounts(positive=classes[1], value=threshold, hits=hits, alarms=alarms)


def _count_from(ordered: np.ndarray, steps: np.ndarray) -> list[int]:
    counts: list[int] = (len(ordered) - np.searchsorted(ordered, steps, side="left")).tolist()
    return counts
