"""The decision threshold of two classes: the second one is said from this probability on. Called by `preprocessing`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from training.exceptions import SpecRefused
from training.problems import build_refusal


def find_refusal(threshold: float | None, classes: Sequence[str] | None, target: str) -> SpecRefused | None:
    """Return `threshold_not_binary` where there are not just two classes for a threshold to tell apart."""
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
    """Probabilities (n, 2) -> class indices int64 (n,): 1 where that of the second class is at least the threshold."""
    return (probabilities[:, 1] >= threshold).astype(np.int64)
