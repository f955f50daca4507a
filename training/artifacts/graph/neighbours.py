"""Convert nearest neighbours. The training rows are part of the graph."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import is_classifier

from training.artifacts.graph.answers import Answer, add_best, add_numpy_sum, add_shares
from training.artifacts.graph.distances import add_distances
from training.artifacts.graph.kd_tree import add_kept, can_follow
from training.artifacts.graph.nodes import Nodes


def convert_neighbours(nodes: Nodes, X: str, estimator: Any) -> Answer:
    """Convert the estimator. The graph needs memory for the rows of a batch times the training rows."""
    from onnx import TensorProto

    nearest, order = _add_nearest(nodes, X, estimator)
    if estimator.weights == "distance":
        roots = {1: nearest, 2: nodes.add("Sqrt", nearest)}
        root = (
            roots[estimator.p] if estimator.p in roots else nodes.add("Pow", nearest, nodes.constant(1 / estimator.p))
        )
        weights = _add_weights(nodes, root)
    else:
        weights = nodes.add("Add", nodes.add("Mul", nearest, nodes.constant(0.0)), nodes.constant(1.0))
    last = nodes.constant([2], np.int64)
    if not is_classifier(estimator):
        said = nodes.add("Gather", nodes.constant(np.ravel(estimator._y)), order)
        weighed = nodes.add("Mul", said, add_shares(nodes, weights))
        return Answer(nodes.add("ReduceSum", weighed, nodes.constant([1], np.int64), keepdims=1))
    theirs = nodes.add("Unsqueeze", nodes.add("Gather", nodes.constant(estimator._y, np.int64), order), last)
    columns = nodes.constant(range(len(estimator.classes_)), np.int64)
    said = nodes.add("Cast", nodes.add("Equal", theirs, columns), to=TensorProto.DOUBLE)
    votes = nodes.add("Mul", said, nodes.add("Unsqueeze", weights, last))  # (n, k, n_classes)
    summed = add_numpy_sum(nodes, nodes.add("Transpose", votes, perm=[0, 2, 1]), estimator.n_neighbors)
    summed = nodes.add("Squeeze", summed, last)
    return Answer(add_shares(nodes, summed), add_best(nodes, summed))


def _add_nearest(nodes: Nodes, X: str, estimator: Any) -> tuple[str, str]:
    """Return the k smallest distances, raised to the power p, ascending (n, k), and their training rows (n, k).

    If the k-th and the next distance are equal, the search follows scikit-learn's to choose between them.
    """
    from onnx import TensorProto, helper

    k = int(estimator.n_neighbors)
    distances = add_distances(nodes, X, estimator._fit_X, estimator.p)
    if estimator.n_samples_fit_ == k or not can_follow(estimator):
        nearest, order = nodes.add_many("TopK", distances, nodes.constant([k], np.int64), outputs=2, largest=0)
        return nearest, order
    more, rows = nodes.add_many("TopK", distances, nodes.constant([k + 1], np.int64), outputs=2, largest=0)
    axis, bounds = nodes.constant([1], np.int64), [nodes.constant([place], np.int64) for place in (0, k - 1, k, k + 1)]
    last, following = (nodes.add("Slice", more, *bounds[place : place + 2], axis) for place in (1, 2))
    equal = nodes.add("Cast", nodes.add("Equal", last, following), to=TensorProto.INT64)
    is_tied = nodes.add("Cast", nodes.add("ReduceMax", equal, keepdims=0), to=TensorProto.BOOL)
    branches = []
    for is_followed in (True, False):
        part = nodes.branch()
        if is_followed:
            found = add_kept(part, X, distances, estimator)
        else:
            found = (
                part.add("Slice", more, bounds[0], bounds[2], axis),
                part.add("Slice", rows, bounds[0], bounds[2], axis),
            )
        kinds = zip(found, (TensorProto.DOUBLE, TensorProto.INT64), strict=True)
        outputs = [helper.make_tensor_value_info(name, kind, ["n", k]) for name, kind in kinds]
        branches.append(helper.make_graph(part.nodes, part.name(), [], outputs))
    nearest, order = nodes.add_many("If", is_tied, outputs=2, then_branch=branches[0], else_branch=branches[1])
    return nearest, order


def _add_roots(nodes: Nodes, powers: str, p: int) -> str:
    if p == 1:
        return powers
    return nodes.add("Sqrt", powers) if p == 2 else nodes.add("Pow", powers, nodes.constant(1 / p))


def _add_weights(nodes: Nodes, distances: str) -> str:
    """Return 1 / distance. If some training rows equal the row, only those count."""
    from onnx import TensorProto

    weights = nodes.add("Reciprocal", distances)
    same = nodes.add("Cast", nodes.add("IsInf", weights), to=TensorProto.DOUBLE)
    any_same = nodes.add("ReduceMax", same, nodes.constant([1], np.int64), keepdims=1)
    return nodes.add("Where", nodes.add("Cast", any_same, to=TensorProto.BOOL), same, weights)
