"""The registry's estimators that add one small tree after the other, each to mend what those before got wrong."""

from __future__ import annotations

from training.trainers.arguments import Argument, Kind
from training.trainers.estimators.entry import CLASSIFY, REGRESS, EstimatorEntry, Learning
from training.trainers.estimators.linear import CLASS_WEIGHT
from training.trainers.estimators.trees import MIN_SAMPLES_LEAF, MIN_SAMPLES_SPLIT, fraction_of_features, max_depth


def _trees(name: str, default: int) -> Argument:
    return Argument(name, Kind.INTEGER, "How many rounds of small trees.", default=default, minimum=1, maximum=1_000)


def _learning_rate(default: float) -> Argument:
    return Argument(
        "learning_rate",
        Kind.NUMBER,
        "How much each round counts; smaller needs more rounds.",
        default=default,
        minimum=1e-4,
        maximum=2.0,
    )


_HISTOGRAM = (
    _trees("max_iter", 100),
    _learning_rate(0.1),
    Argument(
        "max_leaf_nodes", Kind.INTEGER, "Leaves of a tree at most.", default=31, optional=True, minimum=2, maximum=1_000
    ),
    max_depth(None),
    Argument(
        "min_samples_leaf", Kind.INTEGER, "Rows that a leaf keeps at least.", default=20, minimum=1, maximum=10_000
    ),
    Argument(
        "l2_regularization",
        Kind.NUMBER,
        "Larger: more careful trees.",
        default=0.0,
        minimum=0.0,
        maximum=1e6,
    ),
    fraction_of_features(),
)
# scikit-learn would set a tenth of a large table's rows aside and might stop early; here every row is learned from,
# and as many rounds are made as were asked for.
_ALL_ROUNDS = {"early_stopping": False}

_GRADIENT = (
    _trees("n_estimators", 100),
    _learning_rate(0.1),
    max_depth(3),
    MIN_SAMPLES_SPLIT,
    MIN_SAMPLES_LEAF,
    Argument(
        "subsample",
        Kind.NUMBER,
        "The share of the rows that each round sees.",
        default=1.0,
        minimum=0.01,
        maximum=1.0,
    ),
)
_ADAPTIVE = (_trees("n_estimators", 50), _learning_rate(1.0))

ENTRIES = (
    EstimatorEntry(
        "HistGradientBoostingClassifier",
        "ensemble",
        CLASSIFY,
        "Each tree mends the mistakes of those before, on rounded columns. Hard to beat on large tables.",
        (*_HISTOGRAM, CLASS_WEIGHT),
        Learning.ROUNDS,
        _ALL_ROUNDS,
    ),
    EstimatorEntry(
        "HistGradientBoostingRegressor",
        "ensemble",
        REGRESS,
        "Each tree mends the errors of those before, on rounded columns. Hard to beat on large tables.",
        _HISTOGRAM,
        Learning.ROUNDS,
        _ALL_ROUNDS,
    ),
    EstimatorEntry(
        "GradientBoostingClassifier",
        "ensemble",
        CLASSIFY,
        "Each small tree mends the mistakes of those before. Good on small tables, slow on large ones.",
        _GRADIENT,
        Learning.STAGES,
    ),
    EstimatorEntry(
        "GradientBoostingRegressor",
        "ensemble",
        REGRESS,
        "Each small tree mends the errors of those before. Good on small tables, slow on large ones.",
        _GRADIENT,
        Learning.STAGES,
    ),
    EstimatorEntry(
        "AdaBoostClassifier",
        "ensemble",
        CLASSIFY,
        "Trees with a single question each; rows that were mistaken count more in the next.",
        _ADAPTIVE,
    ),
    EstimatorEntry(
        "AdaBoostRegressor",
        "ensemble",
        REGRESS,
        "Trees with three questions in a row each; rows that were far off count more in the next.",
        _ADAPTIVE,
    ),
)
