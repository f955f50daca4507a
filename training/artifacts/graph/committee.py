"""Convert AdaBoost: weighted trees that vote, or whose weighted median is predicted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from training.artifacts.graph.answers import Answer, add_best, add_sign, add_softmax
from training.artifacts.graph.nodes import Nodes
from training.artifacts.graph.trees import add_leaves, read_tree, sum_trees


def convert_committee(nodes: Nodes, X: str, estimator: Any) -> Answer:
    """Convert `AdaBoostClassifier.predict` (SAMME)."""
    n_classes = len(estimator.classes_)
    trees = []
    for member, weight in zip(estimator.estimators_, estimator.estimator_weights_, strict=False):
        tree = read_tree(member)
        is_vote = member.classes_[tree.values.argmax(1)][:, None] == estimator.classes_
        trees.append(replace(tree, values=np.where(is_vote, weight, -1 / (n_classes - 1) * weight)))
    votes = nodes.add("Div", sum_trees(nodes, X, trees), nodes.constant(estimator.estimator_weights_.sum()))
    values = add_softmax(nodes, nodes.add("Div", votes, nodes.constant(n_classes - 1.0)), n_classes)
    if n_classes > 2:
        return Answer(values, add_best(nodes, votes))
    return Answer(values, add_sign(nodes, nodes.add("MatMul", votes, nodes.constant([[-1.0], [1.0]]))))


def convert_median(nodes: Nodes, X: str, estimator: Any) -> Answer:
    """Convert `AdaBoostRegressor.predict`: the first value, in ascending order, at which half of the weight is
    reached.
    """
    from onnx import TensorProto

    n_trees = len(estimator.estimators_)
    trees = [read_tree(member) for member in estimator.estimators_]
    values = nodes.constant(np.concatenate([tree.values[tree.left < 0, 0] for tree in trees]))
    said = nodes.add("Gather", values, add_leaves(nodes, X, trees))
    ascending, order = nodes.add_many("TopK", said, nodes.constant([n_trees], np.int64), outputs=2, largest=0)
    weights = estimator.estimator_weights_[:n_trees]
    reached = nodes.add("CumSum", nodes.add("Gather", nodes.constant(weights), order), nodes.constant(1, np.int64))
    enough = nodes.add("GreaterOrEqual", reached, nodes.constant(weights.sum() / 2))
    first = nodes.add("ArgMax", nodes.add("Cast", enough, to=TensorProto.INT32), axis=1, keepdims=1)
    return Answer(nodes.add("GatherElements", ascending, first, axis=1))
