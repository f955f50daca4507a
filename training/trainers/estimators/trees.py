"""The registry's estimators that ask one question after the other: decision trees and forests of them."""

from __future__ import annotations

from training.trainers.arguments import Argument, Kind
from training.trainers.estimators.entry import CLASSIFY, REGRESS, EstimatorEntry, Learning
from training.trainers.estimators.linear import CLASS_WEIGHT

MIN_SAMPLES_SPLIT = Argument(
    "min_samples_split", Kind.INTEGER, "Rows that a split needs.", default=2, minimum=2, maximum=10_000
)
MIN_SAMPLES_LEAF = Argument(
    "min_samples_leaf", Kind.INTEGER, "Rows that a leaf keeps at least.", default=1, minimum=1, maximum=10_000
)


def max_depth(default: int | None) -> Argument:
    return Argument(
        "max_depth",
        Kind.INTEGER,
        "How many questions a tree may ask in a row; None: any.",
        default=default,
        optional=True,
        minimum=1,
        maximum=100,
    )


def fraction_of_features() -> Argument:
    return Argument(
        "max_features",
        Kind.NUMBER,
        "The share of the columns that each question may choose from.",
        default=1.0,
        minimum=0.01,
        maximum=1.0,
    )


def _number_of_features(default: str | None) -> Argument:
    return Argument(
        "max_features",
        Kind.CHOICE,
        "How many columns each question may choose from: a root or logarithm of their number; None: all.",
        default=default,
        choices=("sqrt", "log2", None),
    )


def _criterion(default: str, other: str) -> Argument:
    return Argument("criterion", Kind.CHOICE, "What makes a question good.", default=default, choices=(default, other))


_SHAPE = (max_depth(None), MIN_SAMPLES_SPLIT, MIN_SAMPLES_LEAF)
_N_ESTIMATORS = Argument("n_estimators", Kind.INTEGER, "How many trees vote.", default=100, minimum=1, maximum=1_000)
_GINI = _criterion("gini", "entropy")
_FOREST_CLASSIFIER = (_N_ESTIMATORS, *_SHAPE, _number_of_features("sqrt"), _GINI, CLASS_WEIGHT)
_FOREST_REGRESSOR = (_N_ESTIMATORS, *_SHAPE, fraction_of_features())

ENTRIES = (
    EstimatorEntry(
        "DecisionTreeClassifier",
        "tree",
        CLASSIFY,
        "Asks yes-or-no questions about one column after the other. Can be read, and learns by heart if left alone.",
        (*_SHAPE, _number_of_features(None), _GINI, CLASS_WEIGHT),
    ),
    EstimatorEntry(
        "DecisionTreeRegressor",
        "tree",
        REGRESS,
        "Asks yes-or-no questions about one column after the other. Can be read, and learns by heart if left alone.",
        (*_SHAPE, _number_of_features(None)),
    ),
    EstimatorEntry(
        "RandomForestClassifier",
        "ensemble",
        CLASSIFY,
        "Many decision trees vote. Rarely a bad choice.",
        _FOREST_CLASSIFIER,
        Learning.TREES,
    ),
    EstimatorEntry(
        "RandomForestRegressor",
        "ensemble",
        REGRESS,
        "Averages many decision trees. Rarely a bad choice.",
        _FOREST_REGRESSOR,
        Learning.TREES,
    ),
    EstimatorEntry(
        "ExtraTreesClassifier",
        "ensemble",
        CLASSIFY,
        "A forest whose trees ask more at random: quicker, and often as good.",
        _FOREST_CLASSIFIER,
        Learning.TREES,
    ),
    EstimatorEntry(
        "ExtraTreesRegressor",
        "ensemble",
        REGRESS,
        "A forest whose trees ask more at random: quicker, and often as good.",
        _FOREST_REGRESSOR,
        Learning.TREES,
    ),
)
