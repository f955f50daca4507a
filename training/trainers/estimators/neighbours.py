"""Registry entries of nearest neighbours, kernel methods and naive Bayes."""

from __future__ import annotations

from training.trainers.arguments import Argument, Kind
from training.trainers.estimators.entry import CLASSIFY, REGRESS, EstimatorEntry
from training.trainers.estimators.linear import CLASS_WEIGHT, C

_NEIGHBOURS = (
    Argument(
        "n_neighbors",
        Kind.INTEGER,
        "Number of neighbours. Larger: smoother predictions.",
        default=5,
        minimum=1,
        maximum=1_000,
    ),
    Argument(
        "weights",
        Kind.CHOICE,
        "uniform: all neighbours count the same. distance: nearer neighbours count more.",
        default="uniform",
        choices=("uniform", "distance"),
    ),
    Argument(
        "p",
        Kind.INTEGER,
        "Power of the distance. 1: Manhattan distance, 2: Euclidean distance.",
        default=2,
        minimum=1,
        maximum=10,
    ),
)

_KERNEL = (
    C,
    Argument(
        "kernel",
        Kind.CHOICE,
        "Shape of the decision boundary or curve. rbf: any smooth shape.",
        default="rbf",
        choices=("linear", "poly", "rbf", "sigmoid"),
    ),
    Argument("degree", Kind.INTEGER, "Degree of the kernel poly.", default=3, minimum=1, maximum=10),
    Argument(
        "gamma",
        Kind.CHOICE,
        "Reach of a training row. scale: from the variance and number of features, auto: from their number.",
        default="scale",
        choices=("scale", "auto"),
    ),
)

ENTRIES = (
    EstimatorEntry(
        "KNeighborsClassifier",
        "neighbors",
        CLASSIFY,
        "Predicts the most frequent class of the nearest training rows. Stores all of them.",
        _NEIGHBOURS,
        takes_weights=False,
    ),
    EstimatorEntry(
        "KNeighborsRegressor",
        "neighbors",
        REGRESS,
        "Predicts the average of the nearest training rows. Stores all of them.",
        _NEIGHBOURS,
        takes_weights=False,
    ),
    EstimatorEntry(
        "GaussianNB",
        "naive_bayes",
        CLASSIFY,
        "Models each feature by itself, with a normal distribution per class. Very fast.",
        (
            Argument(
                "var_smoothing",
                Kind.NUMBER,
                "Part of the largest variance that is added to all variances, for stability.",
                default=1e-9,
                minimum=1e-12,
                maximum=1.0,
            ),
        ),
    ),
    EstimatorEntry(
        "SVC",
        "svm",
        CLASSIFY,
        "Curved decision boundary with the largest margin. Slow beyond 10,000 rows.",
        (*_KERNEL, CLASS_WEIGHT),
    ),
    EstimatorEntry(
        "SVR",
        "svm",
        REGRESS,
        "Smooth curve that ignores small errors. Slow beyond 10,000 rows.",
        (
            *_KERNEL,
            Argument(
                "epsilon",
                Kind.NUMBER,
                "Errors up to this do not count, in standard deviations of the target.",
                default=0.1,
                minimum=0.0,
                maximum=10.0,
            ),
        ),
    ),
)
