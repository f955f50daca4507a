"""Convert scikit-learn's trees, forests and boosted trees to one ensemble that compares in double precision."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.base import is_classifier

from training.artifacts.graph.answers import Answer, add_best, add_in_order, add_sign, add_softmax
from training.artifacts.graph.nodes import ML_DOMAIN, Nodes
from training.exceptions import ExportUnsupported

MAX_NODES = 20_000_000  # of all trees together: about 1 GB; an ONNX file may have 2 GB


@dataclass(frozen=True)
class Tree:
    """The nodes of a tree. `left` (feature <= threshold) and `right` are node numbers, -1 at leaves.

    values: (n_nodes, …); only those of leaves are used.
    """

    feature: np.ndarray
    threshold: np.ndarray
    left: np.ndarray
    right: np.ndarray
    values: np.ndarray


def convert_tree(nodes: Nodes, X: str, estimator: Any) -> Answer:
    return Answer(sum_trees(nodes, X, [read_tree(estimator)]))


def convert_forest(nodes: Nodes, X: str, estimator: Any) -> Answer:
    """Convert a forest: the mean of its trees' outputs."""
    trees = [read_tree(tree) for tree in estimator.estimators_]
    return Answer(nodes.add("Div", sum_trees(nodes, X, trees), nodes.constant(float(len(trees)))))


def convert_gradient_boosting(nodes: Nodes, X: str, estimator: Any) -> Answer:
    trees = [
        replace(tree, values=tree.values[:, 0] * estimator.learning_rate)
        for stage in estimator.estimators_
        for tree in map(read_tree, stage)
    ]
    baseline = estimator._raw_predict_init(np.zeros((1, estimator.n_features_in_), np.float32))
    return _boost(nodes, X, trees, baseline, estimator, includes_border=True)


def convert_histogram_boosting(nodes: Nodes, X: str, estimator: Any) -> Answer:
    trees = [_read_histogram(predictor.nodes) for stage in estimator._predictors for predictor in stage]
    return _boost(nodes, X, trees, estimator._baseline_prediction, estimator, includes_border=False)


def read_tree(estimator: Any) -> Tree:
    tree = estimator.tree_
    return Tree(tree.feature, tree.threshold, tree.children_left, tree.children_right, tree.value[:, 0, :])


def sum_trees(nodes: Nodes, X: str, trees: Sequence[Tree]) -> str:
    """X: double (n, n_features) -> the sum of all trees' values (n, k), in double precision and in the trees' order.

    Raises ExportUnsupported.
    """
    leaves = nodes.add("Transpose", add_leaves(nodes, X, trees), perm=[1, 0])
    k = trees[0].values.shape[1]
    return add_in_order(nodes, leaves, _add_start(nodes, X, np.zeros((1, k))), table=_add_table(nodes, trees))


def add_leaves(nodes: Nodes, X: str, trees: Sequence[Tree]) -> str:
    """X: double (n, n_features) -> the leaf that each row reaches in each tree, int64 (n, n_trees).

    Leaves are numbered through all trees. Raises ExportUnsupported. The operator for trees adds values in single
    precision and in any order, so it is not used for sums.
    """
    from onnx import TensorProto, numpy_helper

    sizes = [len(tree.feature) for tree in trees]
    if sum(sizes) > MAX_NODES:
        raise ExportUnsupported(f"Its trees have {sum(sizes):,} nodes, too many for one ONNX file.")
    is_leaf = _join(tree.left < 0 for tree in trees)
    leaves = [np.flatnonzero(tree.left < 0) for tree in trees]
    counts = [len(numbers) for numbers in leaves]
    owners = np.repeat(np.arange(len(trees)), counts)
    found = nodes.add(
        "TreeEnsembleRegressor",
        X,
        domain=ML_DOMAIN,
        n_targets=len(trees),
        nodes_treeids=np.repeat(np.arange(len(trees)), sizes).tolist(),
        nodes_nodeids=_join(np.arange(size) for size in sizes).tolist(),
        nodes_modes=np.where(is_leaf, "LEAF", "BRANCH_LEQ").tolist(),
        nodes_featureids=np.where(is_leaf, 0, _join(tree.feature for tree in trees)).tolist(),
        nodes_values_as_tensor=numpy_helper.from_array(np.where(is_leaf, 0, _join(tree.threshold for tree in trees))),
        nodes_truenodeids=np.where(is_leaf, 0, _join(tree.left for tree in trees)).tolist(),
        nodes_falsenodeids=np.where(is_leaf, 0, _join(tree.right for tree in trees)).tolist(),
        target_treeids=owners.tolist(),
        target_nodeids=_join(leaves).tolist(),
        target_ids=owners.tolist(),
        # Numbers are within a tree, since they must be exact in single precision.
        target_weights_as_tensor=numpy_helper.from_array(_join(np.arange(float(count)) for count in counts)),
    )
    before = nodes.constant(np.cumsum([0, *counts[:-1]])[None], np.int64)
    return nodes.add("Add", nodes.add("Cast", found, to=TensorProto.INT64), before)


def _add_table(nodes: Nodes, trees: Sequence[Tree]) -> str:
    """Return the values of all leaves, in the order of their numbers."""
    return nodes.constant(_join(tree.values[tree.left < 0] for tree in trees))


def _add_start(nodes: Nodes, X: str, start: np.ndarray) -> str:
    """Repeat start (1, k) in each row (n, k)."""
    zeros = nodes.add("Mul", nodes.add("ReduceSum", X, nodes.constant([1], np.int64), keepdims=1), nodes.constant(0.0))
    return nodes.add("Add", zeros, nodes.constant(start))


def _read_histogram(tree: np.ndarray) -> Tree:
    is_leaf = tree["is_leaf"].astype(bool)
    left, right = (np.where(is_leaf, -1, tree[side].astype(np.int64)) for side in ("left", "right"))
    return Tree(tree["feature_idx"], tree["num_threshold"], left, right, tree["value"])


def _boost(
    nodes: Nodes, X: str, trees: Sequence[Tree], baseline: np.ndarray, estimator: Any, *, includes_border: bool
) -> Answer:
    """Convert boosted trees.

    `baseline`: the start value, one number for each of the k trees of a stage. `includes_border`: whether a score of
    zero predicts the second of two classes.
    """
    start = np.asarray(baseline, np.float64).reshape(1, -1)
    k = start.size
    leaves = nodes.add("Reshape", add_leaves(nodes, X, trees), nodes.constant([-1, len(trees) // k, k], np.int64))
    stages = nodes.add("Transpose", leaves, perm=[1, 0, 2])
    scores = add_in_order(nodes, stages, _add_start(nodes, X, start), table=_add_table(nodes, trees))
    if not is_classifier(estimator):
        return Answer(scores)
    chosen = add_best(nodes, scores) if k > 1 else add_sign(nodes, scores, includes_border=includes_border)
    return Answer(add_softmax(nodes, scores, k), chosen)


def _join(arrays: Iterable[np.ndarray]) -> np.ndarray:
    return np.concatenate(list(arrays))
