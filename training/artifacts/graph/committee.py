"""AdaBoost: trees of unequal weight that vote, or whose weighted median counts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from training.artifacts.graph.answers import Answer, add_softmax
from training.artifacts.graph.nodes import Nodes
from training.artifacts.graph.trees import add_trees, read_tree


def convert_committee(nodes: Nodes, X: str, estimator: Any) -> Answer:
    """As `AdaBoostClassifier.predict_proba` does it (SAMME)."""
    n_classes = len(estimator.classes_)
    total = estimator.estimator_weights_.sum()
    trees = []
    for member, weight in zip(estimator.estimators_, estimator.estimator_weights_, strict=False):
        tree = read_tree(member)
        is_vote = tree.values.argmax(1)[:, None] == np.searchsorted(member.classes_, estimator.classes_)[None]
        votes = np.where(is_vote, weight, -weight / (n_classes - 1)) / total
        trees.append(replace(tree, values=votes / (n_classes - 1)))
    return Answer(add_softmax(nodes, add_trees(nodes, X, trees, n_classes), n_classes))


def convert_median(nodes: Nodes, X: str, estimator: Any) -> Answer:
    """As `AdaBoostRegressor.predict` does it: the first value, in ascending order, at which half the weight is."""
    from onnx import TensorProto

    n_trees = len(estimator.estimators_)
    trees = [read_tree(member) for member in estimator.estimators_]
    said = add_trees(nodes, X, [replace(tree, target=column) for column, tree in enumerate(trees)], n_trees)
    ascending, order = nodes.add_many("TopK", said, nodes.constant([n_trees], np.int64), outputs=2, largest=0)
    weights = estimator.estimator_weights_[:n_trees]
    reached = nodes.add("CumSum", nodes.add("Gather", nodes.constant(weights), order), nodes.constant(1, np.int64))
    enough = nodes.add("GreaterOrEqual", reached, nodes.constant(weights.sum() / 2))
    first = nodes.add("ArgMax", nodes.add("Cast", enough, to=TensorProto.INT32), axis=1, keepdims=1)
    return Answer(nodes.add("GatherElements", ascending, first, axis=1))
