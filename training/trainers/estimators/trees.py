"""Registry entries of decision trees and forests."""

from __future__ import annotations

from training.trainers.arguments import Argument, Kind
from training.trainers.estimators.entry import CLASSIFY, REGRESS, EstimatorEntry, Learning
from training.trainers.estimators.linear import CLASS_WEIGHT

MIN_SAMPLES_SPLIT = Argument(
    "min_samples_split", Kind.INTEGER, "Minimum number of rows to split.", default=2, minimum=2, maximum=10_000
)
MIN_SAMPLES_LEAF = Argument(
    "min_samples_leaf",
    Kind.INTEGER,
    "Minimum number of rows in a leaf. Larger: more regularisation.",
    default=1,
    minimum=1,
    maximum=10_000,
)


def max_depth(default: int | None) -> Argument:
    return Argument(
        "max_depth",
        Kind.INTEGER,
        "Maximum depth: splits from the root to a leaf. None: no limit.",
        default=default,
        optional=True,
        minimum=1,
        maximum=100,
    )


def fraction_of_features() -> Argument:
    return Argument(
        "max_features",
        Kind.NUMBER,
        "Fraction of the features that each split may use.",
        default=1.0,
        minimum=0.01,
        maximum=1.0,
    )


def _number_of_features(default: str | None) -> Argument:
    return Argument(
        "max_features",
        Kind.CHOICE,
        "Number of features that each split may use: square root or logarithm of all; None: all.",
        default=default,
        choices=("sqrt", "log2", None),
    )


def _criterion(default: str, other: str) -> Argument:
    return Argument(
        "criterion", Kind.CHOICE, "How the quality of a split is measured.", default=default, choices=(default, other)
    )


_SHAPE = (max_depth(None), MIN_SAMPLES_SPLIT, MIN_SAMPLES_LEAF)
_N_ESTIMATORS = Argument("n_estimators", Kind.INTEGER, "Number of trees.", default=100, minimum=1, maximum=1_000)
_GINI = _criterion("gini", "entropy")
_FOREST_CLASSIFIER = (_N_ESTIMATORS, *_SHAPE, _number_of_features("sqrt"), _GINI, CLASS_WEIGHT)
_FOREST_REGRESSOR = (_N_ESTIMATORS, *_SHAPE, fraction_of_features())

ENTRIES = (
    EstimatorEntry(
        "DecisionTreeClassifier",
        "tree",
        CLASSIFY,
        "Splits the rows by one feature at a time. Easy to read. Overfits without regularisation.",
        (*_SHAPE, _number_of_features(None), _GINI, CLASS_WEIGHT),
    ),
    EstimatorEntry(
        "DecisionTreeRegressor",
        "tree",
        REGRESS,
        "Splits the rows by one feature at a time. Easy to read. Overfits without regularisation.",
        (*_SHAPE, _number_of_features(None)),
    ),
    EstimatorEntry(
        "RandomForestClassifier",
        "ensemble",
        CLASSIFY,
        "Many decision trees vote. Works well on most tables.",
        _FOREST_CLASSIFIER,
        Learning.TREES,
    ),
    EstimatorEntry(
        "RandomForestRegressor",
        "ensemble",
        REGRESS,
        "Averages many decision trees. Works well on most tables.",
        _FOREST_REGRESSOR,
        Learning.TREES,
    ),
    EstimatorEntry(
        "ExtraTreesClassifier",
        "ensemble",
        CLASSIFY,
        "A forest with random splits: faster, and often as accurate.",
        _FOREST_CLASSIFIER,
        Learning.TREES,
    ),
    EstimatorEntry(
        "ExtraTreesRegressor",
        "ensemble",
        REGRESS,
        "A forest with random splits: faster, and often as accurate.",
        _FOREST_REGRESSOR,
        Learning.TREES,
    ),
)
