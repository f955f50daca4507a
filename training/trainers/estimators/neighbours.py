"""The registry's estimators that compare a row with the training rows, or with what is usual in each class."""

from __future__ import annotations

from training.trainers.arguments import Argument, Kind
from training.trainers.estimators.entry import CLASSIFY, REGRESS, EstimatorEntry
from training.trainers.estimators.linear import CLASS_WEIGHT, C

_NEIGHBOURS = (
    Argument("n_neighbors", Kind.INTEGER, "How many neighbours are asked.", default=5, minimum=1, maximum=1_000),
    Argument(
        "weights",
        Kind.CHOICE,
        "distance: nearer neighbours count more.",
        default="uniform",
        choices=("uniform", "distance"),
    ),
    Argument(
        "p",
        Kind.INTEGER,
        "How distance is measured. 1: along the axes, 2: as the crow flies.",
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
        "The shape that the border or curve may take. rbf: any smooth one.",
        default="rbf",
        choices=("linear", "poly", "rbf", "sigmoid"),
    ),
    Argument("degree", Kind.INTEGER, "The highest power, for the kernel poly.", default=3, minimum=1, maximum=10),
    Argument(
        "gamma",
        Kind.CHOICE,
        "How far one row's influence reaches: found from the spread of the columns, or from their number.",
        default="scale",
        choices=("scale", "auto"),
    ),
)

ENTRIES = (
    EstimatorEntry(
        "KNeighborsClassifier",
        "neighbors",
        CLASSIFY,
        "Says what most of the nearest training rows are. Learns nothing, remembers everything.",
        _NEIGHBOURS,
        takes_weights=False,
    ),
    EstimatorEntry(
        "KNeighborsRegressor",
        "neighbors",
        REGRESS,
        "The average of the nearest training rows. Learns nothing, remembers everything.",
        _NEIGHBOURS,
        takes_weights=False,
    ),
    EstimatorEntry(
        "GaussianNB",
        "naive_bayes",
        CLASSIFY,
        "Asks for each column which class has such values, as if columns had nothing to do with each other.",
        (
            Argument(
                "var_smoothing",
                Kind.NUMBER,
                "Larger: columns count less where a class hardly varies.",
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
        "A curved border that stays as far as it can from the rows on both sides. Slow beyond 10,000 rows.",
        (*_KERNEL, CLASS_WEIGHT),
    ),
    EstimatorEntry(
        "SVR",
        "svm",
        REGRESS,
        "A smooth curve through the rows, unmoved by small errors. Slow beyond 10,000 rows.",
        (
            *_KERNEL,
            Argument(
                "epsilon",
                Kind.NUMBER,
                "Errors up to this, in standard deviations of the target, do not count.",
                default=0.1,
                minimum=0.0,
                maximum=10.0,
            ),
        ),
    ),
)
