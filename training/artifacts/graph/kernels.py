"""Support vector machines with a kernel: how much a row is like each support vector, weighed."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np

from training.artifacts.graph.answers import Answer, add_affine, add_softmax
from training.artifacts.graph.nodes import Nodes


def convert_support_regressor(nodes: Nodes, X: str, estimator: Any) -> Answer:
    return Answer(add_affine(nodes, _add_kernel(nodes, X, estimator), estimator.dual_coef_.T, estimator.intercept_))


def convert_support_classifier(nodes: Nodes, X: str, estimator: Any) -> Answer:
    """Probabilities are the softmax of `decision_function`; the class is the one that wins most duels, as in libsvm."""
    from onnx import TensorProto

    alike, n_classes = _add_kernel(nodes, X, estimator), len(estimator.classes_)
    if n_classes == 2:
        scores = add_affine(nodes, alike, estimator.dual_coef_.T, estimator.intercept_)
        return Answer(add_softmax(nodes, scores, 1))
    duels = add_affine(nodes, alike, _duel_weights(estimator), estimator.intercept_)  # positive: the first one wins
    pairs = np.array(list(combinations(range(n_classes), 2)))
    first, second = np.eye(n_classes)[pairs[:, 0]], np.eye(n_classes)[pairs[:, 1]]
    won = nodes.add("Cast", nodes.add("Greater", duels, nodes.constant(0.0)), to=TensorProto.DOUBLE)
    votes = add_affine(nodes, won, first - second, second.sum(0))
    # scikit-learn's decision_function: confidence, squeezed to less than a third, decides between equal votes.
    confidence = nodes.add("MatMul", duels, nodes.constant(first - second))
    bound = nodes.add("Add", nodes.add("Abs", confidence), nodes.constant(1.0))
    squeezed = nodes.add("Div", nodes.add("Div", confidence, bound), nodes.constant(3.0))
    return Answer(add_softmax(nodes, nodes.add("Add", votes, squeezed), n_classes), ranking=votes)


def _duel_weights(estimator: Any) -> np.ndarray:
    """(n_support, n_pairs): in the duel of classes i < j, the support vectors of i have row j - 1 of `dual_coef_`, and
    those of j row i.
    """
    n_classes = len(estimator.classes_)
    owner = np.repeat(np.arange(n_classes), estimator.n_support_)
    columns = []
    for i, j in combinations(range(n_classes), 2):
        columns.append(np.where(owner == i, estimator.dual_coef_[j - 1], 0) + (owner == j) * estimator.dual_coef_[i])
    return np.column_stack(columns)


def _add_kernel(nodes: Nodes, X: str, estimator: Any) -> str:
    """(n, n_support), as libsvm computes it."""
    vectors, gamma = np.asarray(estimator.support_vectors_, np.float64), float(estimator._gamma)
    product = nodes.add("MatMul", X, nodes.constant(vectors.T))
    if estimator.kernel == "linear":
        return product
    if estimator.kernel == "rbf":
        own = nodes.add("ReduceSumSquare", X, nodes.constant([1], np.int64), keepdims=1)
        both = nodes.add("Add", own, nodes.constant(np.square(vectors).sum(1)))
        distance = nodes.add("Sub", both, nodes.add("Mul", product, nodes.constant(2.0)))
        return nodes.add("Exp", nodes.add("Mul", distance, nodes.constant(-gamma)))
    scaled = nodes.add("Mul", product, nodes.constant(gamma))
    moved = nodes.add("Add", scaled, nodes.constant(float(estimator.coef0)))
    if estimator.kernel == "sigmoid":
        return nodes.add("Tanh", moved)
    return nodes.add("Pow", moved, nodes.constant(float(estimator.degree)))
