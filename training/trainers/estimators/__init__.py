"""Estimators of scikit-learn. What this package exports loads nothing heavy; `fit` is for workers only."""

from training.trainers.estimators.entry import EstimatorChoice, EstimatorEntry
from training.trainers.estimators.registry import (
    ESTIMATORS,
    build_estimator,
    find_counterpart,
    palette,
    parse_estimator,
)
from training.trainers.estimators.row_check import check_rows

__all__ = [
    "ESTIMATORS",
    "EstimatorChoice",
    "EstimatorEntry",
    "build_estimator",
    "check_rows",
    "find_counterpart",
    "palette",
    "parse_estimator",
]
