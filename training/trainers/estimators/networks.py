"""Registry entries of scikit-learn's neural networks, which learn in passes over the rows."""

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
        "Activation of the hidden units.",
        default="relu",
        choices=("identity", "logistic", "tanh", "relu"),
    ),
    Argument("solver", Kind.CHOICE, "Optimiser.", default="adam", choices=("adam", "sgd")),
    Argument("alpha", Kind.NUMBER, "Regularisation. Larger: smaller weights.", default=1e-4, minimum=0.0, maximum=1e3),
    Argument("learning_rate_init", Kind.NUMBER, "Learning rate.", default=0.001, minimum=1e-6, maximum=1.0),
    Argument(
        "max_iter",
        Kind.INTEGER,
        "Maximum number of epochs. Stops earlier if the loss no longer falls.",
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
