"""The registry's small neural networks of scikit-learn, which learn pass by pass over the rows."""

from __future__ import annotations

from training.trainers.arguments import Argument, Kind
from training.trainers.estimators.entry import CLASSIFY, REGRESS, EstimatorEntry, Learning

_MLP = (
    Argument(
        "hidden_layer_sizes",
        Kind.SIZES,
        "Units of each hidden layer: 100, or (64, 32) for two layers.",
        default=(100,),
        minimum=1,
        maximum=1_000,
    ),
    Argument(
        "activation",
        Kind.CHOICE,
        "What each unit does with its sum.",
        default="relu",
        choices=("identity", "logistic", "tanh", "relu"),
    ),
    Argument("solver", Kind.CHOICE, "How steps are taken.", default="adam", choices=("adam", "sgd")),
    Argument("alpha", Kind.NUMBER, "Larger: smaller weights.", default=1e-4, minimum=0.0, maximum=1e3),
    Argument("learning_rate_init", Kind.NUMBER, "How large the steps are.", default=0.001, minimum=1e-6, maximum=1.0),
    Argument(
        "max_iter",
        Kind.INTEGER,
        "Passes over the rows at most; it stops when it no longer learns.",
        default=200,
        minimum=1,
        maximum=10_000,
    ),
)

ENTRIES = (
    EstimatorEntry(
        "MLPClassifier",
        "neural_network",
        CLASSIFY,
        "A small neural network with settings that usually work.",
        _MLP,
        Learning.PASSES,
    ),
    EstimatorEntry(
        "MLPRegressor",
        "neural_network",
        REGRESS,
        "A small neural network with settings that usually work.",
        _MLP,
        Learning.PASSES,
    ),
)
