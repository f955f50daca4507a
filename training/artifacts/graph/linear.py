"""Convert scikit-learn's linear models, multi-layer perceptrons and naive Bayes."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import is_classifier

from training.artifacts.graph.answers import (
    Answer,
    add_affine,
    add_best,
    add_complement,
    add_numpy_sum,
    add_sign,
    add_softmax,
)
from training.artifacts.graph.nodes import Nodes

ACTIVATIONS = {"identity": "Identity", "logistic": "Sigmoid", "tanh": "Tanh", "relu": "Relu"}


def convert_linear(nodes: Nodes, X: str, estimator: Any) -> Answer:
    """Convert a linear model. A classifier's probabilities are the softmax of its scores.

    Computes in single precision where scikit-learn does.
    """
    weights = np.atleast_2d(estimator.coef_).T
    constant = np.broadcast_to(estimator.intercept_, weights.shape[1])
    if weights.dtype == np.float32:
        product = nodes.add("MatMul", nodes.to_single(X), nodes.constant(weights, np.float32))
        scores = nodes.to_double(nodes.add("Add", product, nodes.constant(constant, np.float32)))
    else:
        scores = add_affine(nodes, X, weights, constant)
    if not is_classifier(estimator):
        return Answer(scores)
    chosen = add_best(nodes, scores) if weights.shape[1] > 1 else add_sign(nodes, scores)
    return Answer(add_softmax(nodes, scores, weights.shape[1]), chosen)


def convert_perceptron(nodes: Nodes, X: str, estimator: Any) -> Answer:
    value = X
    last = len(estimator.coefs_) - 1
    for index, (weights, constant) in enumerate(zip(estimator.coefs_, estimator.intercepts_, strict=True)):
        value = add_affine(nodes, value, weights, constant)
        if index < last:
            value = nodes.add(ACTIVATIONS[estimator.activation], value)
    if estimator.out_activation_ == "softmax":
        return Answer(nodes.add("Softmax", value, axis=1))
    value = nodes.add(ACTIVATIONS[estimator.out_activation_], value)
    if not is_classifier(estimator):
        return Answer(value)
    return Answer(add_complement(nodes, value), add_sign(nodes, value, border=0.5))


def convert_naive_bayes(nodes: Nodes, X: str, estimator: Any) -> Answer:
    """Convert `GaussianNB.predict`: log(prior) + sum over columns of log N(x; theta, var), per class.

    Precision and order of the sum are the estimator's. The softmax of the scores are the probabilities.
    """
    kind = estimator.var_.dtype
    half = kind.type(0.5)
    normal = [-half * np.sum(np.log(2.0 * np.pi * variance)) for variance in estimator.var_]
    rows = nodes.add("Unsqueeze", X if kind == np.float64 else nodes.to_single(X), nodes.constant([1], np.int64))
    distance = nodes.add("Sub", rows, nodes.constant(estimator.theta_, kind))  # (n, n_classes, n_features)
    terms = nodes.add("Div", nodes.add("Mul", distance, distance), nodes.constant(estimator.var_, kind))
    summed = nodes.add("Mul", add_numpy_sum(nodes, terms, estimator.var_.shape[1]), nodes.constant(half, kind))
    summed = nodes.add("Squeeze", summed, nodes.constant([2], np.int64))
    likelihood = nodes.add("Sub", nodes.constant(np.array(normal), kind), summed)
    joint = nodes.add("Add", nodes.constant(np.log(estimator.class_prior_), kind), likelihood)
    return Answer(nodes.add("Softmax", nodes.to_double(joint), axis=1), add_best(nodes, joint))
