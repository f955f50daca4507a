"""Estimators of scikit-learn. What is imported from here loads nothing heavy; `fit` does, and is for workers only."""

from training.trainers.estimators.entry import EstimatorChoice, EstimatorEntry
from training.trainers.estimators.registry import (
    ESTIMATORS,
    build_estimator,
    find_counterpart,
    palette,
    parse_estimator,
)
from training.trainers.estimators.rows import check_rows

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
