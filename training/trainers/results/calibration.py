"""Calibration: whether predicted probabilities match observed frequencies. Called by the evaluation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from training.messages.results import Calibration, CalibrationBin

BINS = 10


def build_calibration(
    y: np.ndarray, predictions: np.ndarray, probabilities: np.ndarray, guesses: np.ndarray, classes: Sequence[str]
) -> Calibration:
    """Return the calibration curve, the Brier score and the expected calibration error.

    With two classes, the probability of the second class is evaluated; with more, the probability of the predicted
    class. Bins are ten equal widths as in `sklearn.calibration.calibration_curve`; bins without rows are left out. The
    expected calibration error is the gap between probability and observed fraction, weighted by rows: Guo et al., "On
    calibration of modern neural networks", 2017, equation 3.

    Parameters
    ----------
    y, predictions : ndarray of shape (n,)
        Class indices.
    probabilities, guesses : ndarray of shape (n, n_classes)
        Of the model and of the baseline.
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
    """Return the Brier score as `sklearn.metrics.brier_score_loss` does: 0 is best; 1 (two classes) or 2 is worst.

    It is the mean over rows of the sum over classes of (p - 1)² for the class of the row and p² for others, halved for
    two classes: Brier, "Verification of forecasts expressed in terms of probability", 1950.
    """
    given = probabilities[np.arange(len(y)), y]
    squares = float((probabilities**2).sum(1).mean() - 2 * given.mean() + 1)
    return squares / 2 if probabilities.shape[1] == 2 else squares
