"""The decision threshold of two classes: the probability from which on the second class is predicted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from training.exceptions import SpecRefused
from training.problems import build_refusal


def find_refusal(threshold: float | None, classes: Sequence[str] | None, target: str) -> SpecRefused | None:
    """Return the problem `threshold_not_binary` unless there are exactly two classes."""
    if threshold is None or (classes is not None and len(classes) == 2):
        return None
    found = "is a number" if classes is None else f"has {len(classes)} classes"
    return build_refusal(
        "threshold_not_binary",
        "threshold",
        f"A threshold tells two classes apart, and {target!r} {found}.",
        "Leave the threshold out.",
    )


def decide(probabilities: np.ndarray, threshold: float) -> np.ndarray:
    """Convert probabilities (n, 2) to class indices int64 (n,): 1 if the second probability reaches the threshold."""
    return (probabilities[:, 1] >= threshold).astype(np.int64)
