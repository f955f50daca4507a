"""Registry entries of linear models, which predict from a weighted sum of the features."""

from __future__ import annotations

from training.trainers.arguments import Argument, Kind
from training.trainers.estimators.entry import CLASSIFY, REGRESS, EstimatorEntry

FIT_INTERCEPT = Argument("fit_intercept", Kind.BOOLEAN, "Whether to learn a constant (intercept), too.", default=True)
CLASS_WEIGHT = Argument(
    "class_weight",
    Kind.CHOICE,
    "balanced: errors in rare classes count more.",
    choices=(None, "balanced"),
)
C = Argument(
    "C",
    Kind.NUMBER,
    "Inverse of the regularisation. Smaller: simpler model.",
    default=1.0,
    minimum=1e-6,
    maximum=1e6,
)


def _alpha(default: float, about: str) -> Argument:
    return Argument("alpha", Kind.NUMBER, about, default=default, minimum=1e-6, maximum=1e6)


def _max_iter(default: int) -> Argument:
    return Argument(
        "max_iter", Kind.INTEGER, "Maximum number of iterations.", default=default, minimum=1, maximum=100_000
    )


# Features and target are standardised. scikit-learn's default of 1.0 would set nearly all weights to zero.
_SPARSE_ALPHA = _alpha(0.01, "Regularisation. Larger: more features get the weight zero.")
_SHRINKING_ALPHA = _alpha(1.0, "Regularisation. Larger: smaller weights.")

ENTRIES = (
    EstimatorEntry(
        "LogisticRegression",
        "linear_model",
        CLASSIFY,
        "Linear decision boundary with probabilities. Fast and easy to explain.",
        (C, FIT_INTERCEPT, CLASS_WEIGHT, _max_iter(1_000)),  # scikit-learn's default of 100 is often too few
    ),
    EstimatorEntry(
        "RidgeClassifier",
        "linear_model",
        CLASSIFY,
        "Linear regression on the classes: predicts the class with the largest value. Very fast.",
        (_SHRINKING_ALPHA, FIT_INTERCEPT, CLASS_WEIGHT),
    ),
    EstimatorEntry(
        "LinearSVC",
        "svm",
        CLASSIFY,
        "Linear decision boundary with the largest margin to the rows on both sides.",
        (C, FIT_INTERCEPT, CLASS_WEIGHT, _max_iter(1_000)),
    ),
    EstimatorEntry(
        "LinearRegression",
        "linear_model",
        REGRESS,
        "Linear model with the smallest squared errors. A good first model.",
        (
            FIT_INTERCEPT,
            Argument("positive", Kind.BOOLEAN, "Whether all weights must be positive.", default=False),
        ),
    ),
    EstimatorEntry(
        "Ridge",
        "linear_model",
        REGRESS,
        "Linear model with small weights (L2 regularisation). More stable if features are correlated.",
        (_SHRINKING_ALPHA, FIT_INTERCEPT),
    ),
    EstimatorEntry(
        "Lasso",
        "linear_model",
        REGRESS,
        "Linear model that gives unhelpful features the weight zero (L1 regularisation).",
        (_SPARSE_ALPHA, FIT_INTERCEPT, _max_iter(1_000)),
    ),
    EstimatorEntry(
        "ElasticNet",
        "linear_model",
        REGRESS,
        "Between Ridge and Lasso: small weights, some of them zero.",
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
        "Linear model on which outliers have less influence than in LinearRegression.",
        (
            C,
            Argument(
                "epsilon",
                Kind.NUMBER,
                "Errors up to this do not count, in standard deviations of the target.",
                default=0.0,
                minimum=0.0,
                maximum=10.0,
            ),
            FIT_INTERCEPT,
            _max_iter(1_000),
        ),
    ),
)
