"""What each kind of model says, in the middle of a graph; and the steps from scores to it that several kinds share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.artifacts.graph.nodes import Nodes


@dataclass(frozen=True)
class Answer:
    """Names of values. `values`: probabilities (n, n_columns), or standardised predictions (n, 1); both in double
    precision. `ranking` (n, n_columns) is largest for the class that is chosen; None: the most probable one is.
    """

    values: str
    ranking: str | None = None


def add_affine(nodes: Nodes, inputs: str, weights: np.ndarray, constant: np.ndarray) -> str:
    """inputs (n, k), weights (k, m), constant (m,) -> (n, m)."""
    return nodes.add("Add", nodes.add("MatMul", inputs, nodes.constant(weights)), nodes.constant(constant))


def add_softmax(nodes: Nodes, scores: str, n_columns: int) -> str:
    """Scores (n, n_columns), or (n, 1) of the second of two classes -> probabilities (n, max(n_columns, 2))."""
    if n_columns == 1:
        return add_complement(nodes, nodes.add("Sigmoid", scores))
    return nodes.add("Softmax", scores, axis=1)


def add_complement(nodes: Nodes, positive: str) -> str:
    """Probabilities (n, 1) of the second class -> of both (n, 2)."""
    return nodes.join([nodes.add("Sub", nodes.constant(1.0), positive), positive])


def add_shares(nodes: Nodes, values: str) -> str:
    """Divides rows by their sums."""
    return nodes.add("Div", values, nodes.add("ReduceSum", values, nodes.constant([1], np.int64), keepdims=1))
