"""Nearest neighbours: the training rows are part of the graph."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import is_classifier

from training.artifacts.graph.answers import Answer, add_shares
from training.artifacts.graph.distances import add_distances
from training.artifacts.graph.nodes import Nodes


def convert_neighbours(nodes: Nodes, X: str, estimator: Any) -> Answer:
    """The graph needs memory for the rows of a batch times the training rows."""
    from onnx import TensorProto

    distances = add_distances(nodes, X, estimator._fit_X, estimator.p)
    wanted = nodes.constant([estimator.n_neighbors], np.int64)
    nearest, order = nodes.add_many("TopK", distances, wanted, outputs=2, largest=0)
    if estimator.weights == "distance":
        weights = _add_weights(nodes, nodes.add("Pow", nearest, nodes.constant(1 / estimator.p)))
    else:
        weights = nodes.add("Add", nodes.add("Mul", nearest, nodes.constant(0.0)), nodes.constant(1.0))
    weights = add_shares(nodes, weights)
    last = nodes.constant([2], np.int64)
    if is_classifier(estimator):
        theirs = nodes.add("Unsqueeze", nodes.add("Gather", nodes.constant(estimator._y, np.int64), order), last)
        columns = nodes.constant(range(len(estimator.classes_)), np.int64)
        said = nodes.add("Cast", nodes.add("Equal", theirs, columns), to=TensorProto.DOUBLE)
    else:
        targets = nodes.constant(np.ravel(estimator._y))
        said = nodes.add("Unsqueeze", nodes.add("Gather", targets, order), last)
    weighed = nodes.add("Mul", said, nodes.add("Unsqueeze", weights, last))
    return Answer(nodes.add("ReduceSum", weighed, nodes.constant([1], np.int64), keepdims=0))


def _add_weights(nodes: Nodes, distances: str) -> str:
    """1 / distance; where a training row is the very same, only such rows count."""
    from onnx import TensorProto

    weights = nodes.add("Reciprocal", distances)
    same = nodes.add("Cast", nodes.add("IsInf", weights), to=TensorProto.DOUBLE)
    any_same = nodes.add("ReduceMax", same, nodes.constant([1], np.int64), keepdims=1)
    return nodes.add("Where", nodes.add("Cast", any_same, to=TensorProto.BOOL), same, weights)
