"""Convert support vector machines: the kernel of each row with each support vector, times the dual coefficients."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np

from training.artifacts.graph.answers import Answer, add_affine, add_best, add_sign, add_softmax
from training.artifacts.graph.distances import add_distances
from training.artifacts.graph.nodes import Nodes


def convert_support_regressor(nodes: Nodes, X: str, estimator: Any) -> Answer:
    return Answer(add_affine(nodes, _add_kernel(nodes, X, estimator), estimator.dual_coef_.T, estimator.intercept_))


def convert_support_classifier(nodes: Nodes, X: str, estimator: Any) -> Answer:
    """Convert a classifier. Probabilities are the softmax of `decision_function`.

    The predicted class wins the most one-vs-one votes, as in libsvm.
    """
    from onnx import TensorProto

    alike, n_classes = _add_kernel(nodes, X, estimator), len(estimator.classes_)
    if n_classes == 2:
        scores = _add_duels(nodes, alike, estimator.dual_coef_.T, estimator.intercept_)
        # A positive score is a vote for the first class. scikit-learn negates the score if there are two classes.
        return Answer(add_softmax(nodes, scores, 1), add_sign(nodes, scores, includes_border=True))
    duels = _add_duels(nodes, alike, _duel_weights(estimator), estimator.intercept_)  # positive: the first class wins
    pairs = np.array(list(combinations(range(n_classes), 2)))
    first, second = np.eye(n_classes)[pairs[:, 0]], np.eye(n_classes)[pairs[:, 1]]
    won = nodes.add("Cast", nodes.add("Greater", duels, nodes.constant(0.0)), to=TensorProto.DOUBLE)
    votes = add_affine(nodes, won, first - second, second.sum(0))
    # scikit-learn's decision_function: the confidence, scaled to less than a third, decides between equal votes.
    confidence = nodes.add("MatMul", duels, nodes.constant(first - second))
    bound = nodes.add("Add", nodes.add("Abs", confidence), nodes.constant(1.0))
    squeezed = nodes.add("Div", nodes.add("Div", confidence, bound), nodes.constant(3.0))
    return Answer(add_softmax(nodes, nodes.add("Add", votes, squeezed), n_classes), add_best(nodes, votes))


def _add_duels(nodes: Nodes, alike: str, weights: np.ndarray, constant: np.ndarray) -> str:
    """Kernel values (n, n_support), weights (n_support, n_pairs) -> scores (n, n_pairs), added up as libsvm does.

    The support vectors are added one after the other, so that equal terms cancel here exactly as in libsvm.
    """
    from onnx import TensorProto, helper

    total, likeness, weight, following = (nodes.name() for _ in range(4))
    column, term, axis = (nodes.name() for _ in range(3))
    body = [
        helper.make_node("Unsqueeze", [likeness, axis], [column]),
        helper.make_node("Mul", [column, weight], [term]),
        helper.make_node("Add", [total, term], [following]),
    ]
    inputs = [helper.make_tensor_value_info(name, TensorProto.DOUBLE, None) for name in (total, likeness, weight)]
    output = helper.make_tensor_value_info(following, TensorProto.DOUBLE, None)
    graph = helper.make_graph(body, "duels", inputs, [output], [helper.make_tensor(axis, TensorProto.INT64, [1], [1])])
    columns = nodes.add("Transpose", alike, perm=[1, 0])
    zeros = nodes.add("MatMul", alike, nodes.constant(np.zeros_like(weights)))
    summed = nodes.add("Scan", zeros, columns, nodes.constant(weights), body=graph, num_scan_inputs=2)
    return nodes.add("Add", summed, nodes.constant(constant))


def _duel_weights(estimator: Any) -> np.ndarray:
    """Return (n_support, n_pairs). For classes i < j, support vectors of i have row j - 1 of `dual_coef_`, those of
    j row i.
    """
    n_classes = len(estimator.classes_)
    owner = np.repeat(np.arange(n_classes), estimator.n_support_)
    columns = []
    for i, j in combinations(range(n_classes), 2):
        columns.append(np.where(owner == i, estimator.dual_coef_[j - 1], 0) + (owner == j) * estimator.dual_coef_[i])
    return np.column_stack(columns)


def _add_kernel(nodes: Nodes, X: str, estimator: Any) -> str:
    """Return kernel values (n, n_support) as libsvm computes them."""
    vectors, gamma = np.asarray(estimator.support_vectors_, np.float64), float(estimator._gamma)
    if estimator.kernel == "rbf":
        distances = add_distances(nodes, X, vectors, 2)
        return nodes.add("Exp", nodes.add("Mul", distances, nodes.constant(-gamma)))
    product = nodes.add("MatMul", X, nodes.constant(vectors.T))
    if estimator.kernel == "linear":
        return product
    scaled = nodes.add("Mul", product, nodes.constant(gamma))
    moved = nodes.add("Add", scaled, nodes.constant(float(estimator.coef0)))
    if estimator.kernel == "sigmoid":
        return nodes.add("Tanh", moved)
    return nodes.add("Pow", moved, nodes.constant(float(estimator.degree)))
