"""The registry's estimators that add up the columns, each times a weight."""

from __future__ import annotations

from training.trainers.arguments import Argument, Kind
from training.trainers.estimators.entry import CLASSIFY, REGRESS, EstimatorEntry

FIT_INTERCEPT = Argument("fit_intercept", Kind.BOOLEAN, "Also learn a constant that is always added.", default=True)
CLASS_WEIGHT = Argument(
    "class_weight",
    Kind.CHOICE,
    "balanced: mistakes in rare classes count more.",
    choices=(None, "balanced"),
)
C = Argument(
    "C",
    Kind.NUMBER,
    "Larger: trusts the training rows more, and bends further.",
    default=1.0,
    minimum=1e-6,
    maximum=1e6,
)


def _alpha(default: float, about: str) -> Argument:
    return Argument("alpha", Kind.NUMBER, about, default=default, minimum=1e-6, maximum=1e6)


def _max_iter(default: int) -> Argument:
    return Argument("max_iter", Kind.INTEGER, "Steps at most.", default=default, minimum=1, maximum=100_000)


# Columns and target are standardised here: scikit-learn's 1.0 would leave nearly every weight at zero.
_SPARSE_ALPHA = _alpha(0.01, "Larger: more columns are left out entirely.")
_SHRINKING_ALPHA = _alpha(1.0, "Larger: smaller weights, and a smoother model.")

ENTRIES = (
    EstimatorEntry(
        "LogisticRegression",
        "linear_model",
        CLASSIFY,
        "Draws one straight border between classes. Quick, and easy to explain.",
        (C, FIT_INTERCEPT, CLASS_WEIGHT, _max_iter(1_000)),  # scikit-learn's hundred steps often do not suffice
    ),
    EstimatorEntry(
        "RidgeClassifier",
        "linear_model",
        CLASSIFY,
        "Predicts a number for each class by a straight line, and takes the largest. Very quick.",
        (_SHRINKING_ALPHA, FIT_INTERCEPT, CLASS_WEIGHT),
    ),
    EstimatorEntry(
        "LinearSVC",
        "svm",
        CLASSIFY,
        "A straight border that stays as far as it can from the rows on both sides.",
        (C, FIT_INTERCEPT, CLASS_WEIGHT, _max_iter(1_000)),
    ),
    EstimatorEntry(
        "LinearRegression",
        "linear_model",
        REGRESS,
        "The straight line with the smallest squared errors. The first thing to try.",
        (
            FIT_INTERCEPT,
            Argument("positive", Kind.BOOLEAN, "No column may count against the target.", default=False),
        ),
    ),
    EstimatorEntry(
        "Ridge",
        "linear_model",
        REGRESS,
        "A straight line with small weights: steadier where columns resemble each other.",
        (_SHRINKING_ALPHA, FIT_INTERCEPT),
    ),
    EstimatorEntry(
        "Lasso",
        "linear_model",
        REGRESS,
        "A straight line that leaves out columns which hardly help.",
        (_SPARSE_ALPHA, FIT_INTERCEPT, _max_iter(1_000)),
    ),
    EstimatorEntry(
        "ElasticNet",
        "linear_model",
        REGRESS,
        "Between Ridge and Lasso: small weights, and some columns left out.",
        (
            _SPARSE_ALPHA,
            Argument(
                "l1_ratio",
                Kind.NUMBER,
                "0 is like Ridge, 1 is Lasso.",
                default=0.5,
                minimum=0.01,
                maximum=1.0,
            ),
            FIT_INTERCEPT,
            _max_iter(1_000),
        ),
    ),
    EstimatorEntry(
        "LinearSVR",
        "svm",
        REGRESS,
        "A straight line that cares less about rows far off than LinearRegression does.",
        (
            C,
            Argument(
                "epsilon",
                Kind.NUMBER,
                "Errors up to this, in standard deviations of the target, do not count.",
                default=0.0,
                minimum=0.0,
                maximum=10.0,
            ),
            FIT_INTERCEPT,
            _max_iter(1_000),
        ),
    ),
)
