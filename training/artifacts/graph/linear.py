"""scikit-learn's linear models, small neural networks and naive Bayes: sums of columns, each times a weight."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import is_classifier

from training.artifacts.graph.answers import Answer, add_affine, add_complement, add_softmax
from training.artifacts.graph.nodes import Nodes

ACTIVATIONS = {"identity": "Identity", "logistic": "Sigmoid", "tanh": "Tanh", "relu": "Relu"}


def convert_linear(nodes: Nodes, X: str, estimator: Any) -> Answer:
    """Of classifiers: the softmax of their scores."""
    weights = np.atleast_2d(estimator.coef_).T
    scores = add_affine(nodes, X, weights, np.broadcast_to(estimator.intercept_, weights.shape[1]))
    return Answer(add_softmax(nodes, scores, weights.shape[1]) if is_classifier(estimator) else scores)


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
    return Answer(add_complement(nodes, value) if is_classifier(estimator) else value)


def convert_naive_bayes(nodes: Nodes, X: str, estimator: Any) -> Answer:
    """The softmax of log(prior) + sum over columns of log N(x; theta, var), for each class."""
    constant = np.log(estimator.class_prior_) - np.log(2 * np.pi * estimator.var_).sum(1) / 2
    rows = nodes.add("Unsqueeze", X, nodes.constant([1], np.int64))  # (n, 1, n_features)
    distance = nodes.add("Sub", rows, nodes.constant(estimator.theta_))  # (n, n_classes, n_features)
    terms = nodes.add("Div", nodes.add("Mul", distance, distance), nodes.constant(-2 * estimator.var_))
    likelihood = nodes.add("ReduceSum", terms, nodes.constant([2], np.int64), keepdims=0)
    return Answer(nodes.add("Softmax", nodes.add("Add", likelihood, nodes.constant(constant)), axis=1))
