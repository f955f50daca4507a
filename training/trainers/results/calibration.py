"""Whether probabilities can be taken at their word: of what is given 80%, 80% should come true. For the evaluation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from training.messages.results import Calibration, CalibrationBin

BINS = 10


def build_calibration(
    y: np.ndarray, predictions: np.ndarray, probabilities: np.ndarray, guesses: np.ndarray, classes: Sequence[str]
) -> Calibration:
    """The reliability of one statement a row: "it is the second class" of two, else "it is what was said".

    y, predictions: class indices (n,); probabilities, guesses (n, n_classes): the model's and the baseline's. `label`
    is the second class of two, else None. Bins without rows are left out; the others are those of
    `sklearn.calibration.calibration_curve` with ten equal widths. The expected calibration error is the gap between
    probability and share, weighed by rows: Guo et al., "On calibration of modern neural networks", 2017, equation 3.
    """
    binary = len(classes) == 2
    given = probabilities[:, 1] if binary else probabilities[np.arange(len(y)), predictions]
    came_true = y == 1 if binary else y == predictions
    bins = np.searchsorted(np.linspace(0, 1, BINS + 1)[1:-1], given)
    count = np.bincount(bins, minlength=BINS)
    filled = count > 0
    count = count[filled]
    predicted = np.bincount(bins, weights=given, minlength=BINS)[filled] / count
    observed = np.bincount(bins, weights=came_true, minlength=BINS)[filled] / count
    return Calibration(
        label=classes[1] if binary else None,
        bins=[
            CalibrationBin(predicted=mean, observed=share, count=rows)
            for mean, share, rows in zip(predicted.tolist(), observed.tolist(), count.tolist(), strict=True)
        ],
        brier=compute_brier(y, probabilities),
        baseline_brier=compute_brier(y, guesses),
        expected_calibration_error=float(count @ np.abs(observed - predicted) / len(y)),
    )


def compute_brier(y: np.ndarray, probabilities: np.ndarray) -> float:
    """`sklearn.metrics.brier_score_loss`: 0 is best; the worst is 1 for two classes and 2 for more.

    The mean over rows of the sum over classes of (p - 1)² where it is the class and p² where it is not, halved for two
    classes: Brier, "Verification of forecasts expressed in terms of probability", 1950.
    """
    given = probabilities[np.arange(len(y)), y]
    squares = float((probabilities**2).sum(1).mean() - 2 * given.mean() + 1)
    return squares / 2 if probabilities.shape[1] == 2 else squares
