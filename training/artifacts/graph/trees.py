"""scikit-learn's trees, forests and boosted trees: as one ensemble that compares in double precision, as they do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.base import is_classifier

from training.artifacts.graph.answers import Answer, add_softmax
from training.artifacts.graph.nodes import ML_DOMAIN, Nodes
from training.exceptions import ExportUnsupported

MAX_NODES = 20_000_000  # of all trees together: about a gigabyte, of the two that a file of this format may have


@dataclass(frozen=True)
class Tree:
    """`left` (the answer is yes: feature <= threshold) and `right` are node numbers, -1 at leaves.

    values: (n_nodes, k), which are added to k targets of the ensemble, from `target` on.
    """

    feature: np.ndarray
    threshold: np.ndarray
    left: np.ndarray
    right: np.ndarray
    values: np.ndarray
    target: int = 0


def convert_tree(nodes: Nodes, X: str, estimator: Any) -> Answer:
    tree = read_tree(estimator)
    return Answer(add_trees(nodes, X, [tree], tree.values.shape[1]))


def convert_forest(nodes: Nodes, X: str, estimator: Any) -> Answer:
    """The mean of what its trees say."""
    trees = [read_tree(tree) for tree in estimator.estimators_]
    shares = [replace(tree, values=tree.values / len(trees)) for tree in trees]
    return Answer(add_trees(nodes, X, shares, trees[0].values.shape[1]))


def convert_gradient_boosting(nodes: Nodes, X: str, estimator: Any) -> Answer:
    trees = [
        replace(tree, values=tree.values * estimator.learning_rate, target=target)
        for stage in estimator.estimators_
        for target, tree in enumerate(map(read_tree, stage))
    ]
    baseline = estimator._raw_predict_init(np.zeros((1, estimator.n_features_in_), np.float32))
    return _boost(nodes, X, trees, baseline, estimator)


def convert_histogram_boosting(nodes: Nodes, X: str, estimator: Any) -> Answer:
    trees = [
        _read_histogram(predictor.nodes, target)
        for stage in estimator._predictors
        for target, predictor in enumerate(stage)
    ]
    return _boost(nodes, X, trees, estimator._baseline_prediction, estimator)


def read_tree(estimator: Any) -> Tree:
    tree = estimator.tree_
    return Tree(tree.feature, tree.threshold, tree.children_left, tree.children_right, tree.value[:, 0, :])


def add_trees(nodes: Nodes, X: str, trees: Sequence[Tree], n_targets: int) -> str:
    """X: double (n, n_features) -> the sum of all trees' values, double (n, n_targets), exact to single precision.

    Raises ExportUnsupported.
    """
    from onnx import numpy_helper

    sizes = [len(tree.feature) for tree in trees]
    if sum(sizes) > MAX_NODES:
        raise ExportUnsupported(f"Its trees have {sum(sizes):,} nodes, too many for one ONNX file.")
    is_leaf = _join(tree.left < 0 for tree in trees)
    leaves = [_read_leaves(tree) for tree in trees]
    summed = nodes.add(
        "TreeEnsembleRegressor",
        X,
        domain=ML_DOMAIN,
        n_targets=n_targets,
        nodes_treeids=np.repeat(np.arange(len(trees)), sizes).tolist(),
        nodes_nodeids=_join(np.arange(size) for size in sizes).tolist(),
        nodes_modes=np.where(is_leaf, "LEAF", "BRANCH_LEQ").tolist(),
        nodes_featureids=np.where(is_leaf, 0, _join(tree.feature for tree in trees)).tolist(),
        nodes_values_as_tensor=numpy_helper.from_array(np.where(is_leaf, 0, _join(tree.threshold for tree in trees))),
        nodes_truenodeids=np.where(is_leaf, 0, _join(tree.left for tree in trees)).tolist(),
        nodes_falsenodeids=np.where(is_leaf, 0, _join(tree.right for tree in trees)).tolist(),
        target_treeids=np.repeat(np.arange(len(trees)), [len(numbers) for numbers, _, _ in leaves]).tolist(),
        target_nodeids=_join(numbers for numbers, _, _ in leaves).tolist(),
        target_ids=_join(targets for _, targets, _ in leaves).tolist(),
        target_weights_as_tensor=numpy_helper.from_array(_join(weights for _, _, weights in leaves)),
    )
    return nodes.to_double(summed)


def _read_leaves(tree: Tree) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Node numbers, targets and values of what the leaves add. Zeros add nothing; but a leaf must add something."""
    leaves = np.flatnonzero(tree.left < 0)
    wanted = tree.values[leaves] != 0
    wanted[:, 0] |= ~wanted.any(1)
    rows, columns = np.nonzero(wanted)
    return leaves[rows], columns + tree.target, tree.values[leaves[rows], columns]


def _read_histogram(tree: np.ndarray, target: int) -> Tree:
    is_leaf = tree["is_leaf"].astype(bool)
    left, right = (np.where(is_leaf, -1, tree[side].astype(np.int64)) for side in ("left", "right"))
    return Tree(tree["feature_idx"], tree["num_threshold"], left, right, tree["value"][:, None], target)


def _boost(nodes: Nodes, X: str, trees: Sequence[Tree], baseline: np.ndarray, estimator: Any) -> Answer:
    """`baseline`: what the trees start from, one number for each of their targets."""
    start = np.asarray(baseline, np.float64).reshape(1, -1)
    scores = nodes.add("Add", add_trees(nodes, X, trees, start.size), nodes.constant(start))
    return Answer(add_softmax(nodes, scores, start.size) if is_classifier(estimator) else scores)


def _join(arrays: Iterable[np.ndarray]) -> np.ndarray:
    return np.concatenate(list(arrays))
