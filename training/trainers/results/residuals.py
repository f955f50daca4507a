"""By how much a regression misses, row by row. Called by the evaluation."""

from __future__ import annotations

import math

import numpy as np

from training.messages.datasets import Histogram
from training.messages.results import Residuals

SAMPLE_ROWS = 500
MAX_BINS = 30


def build_residuals(y: np.ndarray, predictions: np.ndarray) -> Residuals:
    """Of the residuals predicted - actual, in the target's units: mean, standard deviation, histogram, and a sample.

    y, predictions: (n,). The sample holds [predicted, actual] of at most 500 rows, the same ones every time. Rows whose
    prediction is no finite number are left out.
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
    """`counts[i]` residuals lie between `edges[i]` and `edges[i + 1]`."""
    bins = min(MAX_BINS, max(1, math.ceil(math.sqrt(len(residuals)))))
    try:
        counts, edges = np.histogram(residuals, bins)
    except ValueError:  # they differ by less than numbers of that size can tell apart
        return Histogram(edges=[float(residuals.min()), float(residuals.max())], counts=[len(residuals)])
    return Histogram(edges=edges.tolist(), counts=counts.tolist())
