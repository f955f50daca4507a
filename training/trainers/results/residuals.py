"""Residuals of a regression: predicted minus actual values. Called by the evaluation."""

from __future__ import annotations

import math

import numpy as np

from training.messages.datasets import Histogram
from training.messages.results import Residuals

SAMPLE_ROWS = 500
MAX_BINS = 30


def build_residuals(y: np.ndarray, predictions: np.ndarray) -> Residuals:
    """Return mean, standard deviation, histogram and a sample of the residuals, in the target's units.

    y, predictions: (n,). The sample holds [predicted, actual] of at most 500 rows, always the same ones. Rows whose
    prediction is not finite are left out.
    """
    finite = np.isfinite(predictions)
    y, predictions = y[finite], predictions[finite]
    residuals = predictions - y
    pairs = np.column_stack([predictions, y])
    if len(pairs) > SAMPLE_ROWS:
        pairs = np.random.default_rng(0).choice(pairs, SAMPLE_ROWS, replace=False, shuffle=False)
    return Residuals(
        mean=float(residuals.mean()) if len(y) else math.nan,
        standard_deviation=float(residuals.std()) if len(y) else math.nan,
        histogram=_build_histogram(residuals),
        sample=pairs.tolist(),
    )


def _build_histogram(residuals: np.ndarray) -> Histogram:
    """Return a histogram: `counts[i]` residuals are between `edges[i]` and `edges[i + 1]`."""
    bins = min(MAX_BINS, max(1, math.ceil(math.sqrt(len(residuals)))))
    try:
        counts, edges = np.histogram(residuals, bins)
    except ValueError:  # the range is too small for bins of this float
        return Histogram(edges=[float(residuals.min()), float(residuals.max())], counts=[len(residuals)])
    return Histogram(edges=edges.tolist(), counts=counts.tolist())
