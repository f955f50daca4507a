"""ROC and precision-recall curves of one class against all others. Called by the evaluation."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

POINTS = 200  # of one curve, at most
MIN_POINTS = 20
POINTS_OF_ALL = 10_000  # of all curves of a kind together, so that a result with many classes still travels


@dataclass(frozen=True)
class Sweep:
    """A threshold that sinks through the distinct scores: how many rows are at or above it, by what they are.

    `hits` are rows of the class, `alarms` are rows of others; both int64 (n_thresholds,) and rising.
    """

    hits: np.ndarray
    alarms: np.ndarray


def sweep(is_class: np.ndarray, scores: np.ndarray) -> Sweep:
    """bool (n,), float (n,) -> the counts that both curves are made of, as in scikit-learn's `roc_curve`."""
    order = np.argsort(-scores, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))  # rows of one score are taken together
    hits = np.cumsum(is_class[order])[ends]
    return Sweep(hits, ends + 1 - hits)


def build_roc(counts: Sweep, points: int = POINTS) -> list[list[float] | float] | None:
    """[false positive rates, true positive rates, area] as of `sklearn.metrics.roc_curve` and `auc`.

    None where the class has no row, or all of them.
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
    """[recalls from 0 up, precisions, average precision], None where the class has no row.

    As of `sklearn.metrics.precision_recall_curve(drop_intermediate=True)`, the other way round, and
    `average_precision_score`: the sum of (R_n - R_(n-1)) P_n.
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
    """How many points each curve may have where there are so many of them."""
    return min(POINTS, max(MIN_POINTS, POINTS_OF_ALL // n_classes))


def compute_mean(curves: list[list[list[float] | float] | None]) -> float:
    """The mean area; NaN where a class has none."""
    return float(np.mean([math.nan if curve is None else curve[2] for curve in curves]))


def _find_corners(before: np.ndarray, after: np.ndarray, length: int) -> np.ndarray:
    """Positions (n_kept,) of what no straight line between its neighbours replaces; the ends are always kept."""
    if length <= 2:
        return np.arange(length)
    return np.flatnonzero(np.concatenate(([True], (before != 0) | (after != 0), [True])))


def _thin(length: int, points: int) -> np.ndarray | slice:
    return slice(None) if length <= points else np.linspace(0, length - 1, points).round().astype(int)
