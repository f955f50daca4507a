"""ROC and precision-recall curves of one class against all others. Called by the evaluation."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

POINTS = 200  # per curve, at most
MIN_POINTS = 20
POINTS_OF_ALL = 10_000  # of all curves of a kind, to limit the size of a result with many classes


@dataclass(frozen=True)
class Sweep:
    """Counts of rows at or above each distinct score, from the highest score down.

    `hits`: rows of the class. `alarms`: rows of other classes. Both are int64 (n_thresholds,), ascending.
    """

    hits: np.ndarray
    alarms: np.ndarray


def sweep(is_class: np.ndarray, scores: np.ndarray) -> Sweep:
    """Count the rows at each threshold, as scikit-learn's `roc_curve` does. is_class: bool (n,); scores: float (n,)."""
    order = np.argsort(-scores, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))  # equal scores share a threshold
    hits = np.cumsum(is_class[order])[ends]
    return Sweep(hits, ends + 1 - hits)


def build_roc(counts: Sweep, points: int = POINTS) -> list[list[float] | float] | None:
    """Return [false positive rates, true positive rates, area] as `sklearn.metrics.roc_curve` and `auc` do.

    None if the class has no row, or all rows.
    """
    if not counts.hits[-1] or not counts.alarms[-1]:
        return None
    corners = _find_corners(np.diff(counts.alarms, 2), np.diff(counts.hits, 2), len(counts.hits))
    false_rate = np.append(0, counts.alarms[corners]) / counts.alarms[-1]
    true_rate = np.append(0, counts.hits[corners]) / counts.hits[-1]
    area = float(np.trapezoid(true_rate, false_rate))
    kept = _thin(len(false_rate), points)
    return [false_rate[kept].tolist(), true_rate[kept].tolist(), area]


def build_precision_recall(counts: Sweep, points: int = POINTS) -> list[list[float] | float] | None:
    """Return [recalls in ascending order, precisions, average precision]; None if the class has no row.

    Equals `sklearn.metrics.precision_recall_curve(drop_intermediate=True)` in reverse, and `average_precision_score`:
    the sum of (R_n - R_(n-1)) P_n.
    """
    if not counts.hits[-1]:
        return None
    corners = _find_corners(np.diff(counts.hits[:-1]), np.diff(counts.hits[1:]), len(counts.hits))
    hits, alarms = counts.hits[corners], counts.alarms[corners]
    precision = np.append(1, hits / (hits + alarms))
    recall = np.append(0, hits / hits[-1])
    average = float(np.diff(recall) @ precision[1:])
    kept = _thin(len(recall), points)
    return [recall[kept].tolist(), precision[kept].tolist(), average]


def choose_points(n_classes: int) -> int:
    """Return the maximum number of points per curve for so many classes."""
    return min(POINTS, max(MIN_POINTS, POINTS_OF_ALL // n_classes))


def compute_mean(curves: list[list[list[float] | float] | None]) -> float:
    """Return the mean area of the curves; NaN if a class has none."""
    return float(np.mean([math.nan if curve is None else curve[2] for curve in curves]))


def _find_corners(before: np.ndarray, after: np.ndarray, length: int) -> np.ndarray:
    """Return the positions (n_kept,) of points that are not on a line between their neighbours, with both ends."""
    if length <= 2:
        return np.arange(length)
    return np.flatnonzero(np.concatenate(([True], (before != 0) | (after != 0), [True])))


def _thin(length: int, points: int) -> np.ndarray | slice:
    return slice(None) if length <= points else np.linspace(0, length - 1, points).round().astype(int)
