"""Registry entries of boosting: small trees, each of which corrects the errors of the trees before it."""

from __future__ import annotations

from training.trainers.arguments import Argument, Kind
from training.trainers.estimators.entry import CLASSIFY, REGRESS, EstimatorEntry, Learning
from training.trainers.estimators.linear import CLASS_WEIGHT
from training.trainers.estimators.trees import MIN_SAMPLES_LEAF, MIN_SAMPLES_SPLIT, fraction_of_features, max_depth


def _trees(name: str, default: int) -> Argument:
    return Argument(name, Kind.INTEGER, "Number of boosting rounds.", default=default, minimum=1, maximum=1_000)


def _learning_rate(default: float) -> Argument:
    return Argument(
        "learning_rate",
        Kind.NUMBER,
        "Weight of each round. Smaller values need more rounds.",
        default=default,
        minimum=1e-4,
        maximum=2.0,
    )


_HISTOGRAM = (
    _trees("max_iter", 100),
    _learning_rate(0.1),
    Argument(
        "max_leaf_nodes",
        Kind.INTEGER,
        "Maximum number of leaves of a tree.",
        default=31,
        optional=True,
        minimum=2,
        maximum=1_000,
    ),
    max_depth(None),
    Argument(
        "min_samples_leaf",
        Kind.INTEGER,
        "Minimum number of rows in a leaf. Larger: more regularisation.",
        default=20,
        minimum=1,
        maximum=10_000,
    ),
    Argument(
        "l2_regularization",
        Kind.NUMBER,
        "Regularisation. Larger: smaller corrections by each tree.",
        default=0.0,
        minimum=0.0,
        maximum=1e6,
    ),
    fraction_of_features(),
)
# By default scikit-learn holds back a tenth of the rows of large tables for early stopping. Here all rows are used, and
# all rounds are run.
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
        "Fraction of the rows that each round uses.",
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
        "Each tree corrects the errors of the trees before it. Fast and accurate on large tables.",
        (*_HISTOGRAM, CLASS_WEIGHT),
        Learning.ROUNDS,
        _ALL_ROUNDS,
    ),
    EstimatorEntry(
        "HistGradientBoostingRegressor",
        "ensemble",
        REGRESS,
        "Each tree corrects the errors of the trees before it. Fast and accurate on large tables.",
        _HISTOGRAM,
        Learning.ROUNDS,
        _ALL_ROUNDS,
    ),
    EstimatorEntry(
        "GradientBoostingClassifier",
        "ensemble",
        CLASSIFY,
        "Each small tree corrects the errors of the trees before it. Good on small tables, slow on large ones.",
        _GRADIENT,
        Learning.STAGES,
    ),
    EstimatorEntry(
        "GradientBoostingRegressor",
        "ensemble",
        REGRESS,
        "Each small tree corrects the errors of the trees before it. Good on small tables, slow on large ones.",
        _GRADIENT,
        Learning.STAGES,
    ),
    EstimatorEntry(
        "AdaBoostClassifier",
        "ensemble",
        CLASSIFY,
        "Trees with a single split each. Rows with wrong predictions count more in the next tree.",
        _ADAPTIVE,
    ),
    EstimatorEntry(
        "AdaBoostRegressor",
        "ensemble",
        REGRESS,
        "Trees of depth three. Rows with large errors count more in the next tree.",
        _ADAPTIVE,
    ),
)
