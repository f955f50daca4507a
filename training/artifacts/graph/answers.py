"""The outputs of a model inside a graph, and the steps from scores to outputs that several kinds of models share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from training.artifacts.graph.nodes import Nodes

if TYPE_CHECKING:
    import onnx


@dataclass(frozen=True)
class Answer:
    """The names of a graph's two outputs.

    `values` holds probabilities (n, n_columns) or standardised predictions (n, 1), both in double precision. `chosen`
    holds the column of the predicted class, int64 (n,), with ties resolved as scikit-learn does. If it is None, the
    first of the most probable classes is predicted.
    """

    values: str
    chosen: str | None = None


def add_best(nodes: Nodes, scores: str) -> str:
    """Scores (n, n_columns) -> the column of the largest score in each row, int64 (n,). The first one wins a tie."""
    return nodes.add("ArgMax", scores, axis=1, keepdims=0)


def add_sign(nodes: Nodes, score: str, *, border: float = 0.0, includes_border: bool = False) -> str:
    """Scores (n, 1) -> 1 if the score is above the border, or equal to it and the border is included, else 0: int64
    (n,).
    """
    from onnx import TensorProto

    operator = "GreaterOrEqual" if includes_border else "Greater"
    beyond = nodes.add(operator, score, nodes.constant(border))
    return nodes.add("Squeeze", nodes.add("Cast", beyond, to=TensorProto.INT64), nodes.constant([1], np.int64))


def add_in_order(nodes: Nodes, terms: str, start: str, *, table: str | None = None) -> str:
    """Add the terms (steps, n, …) to `start`, one step after the other.

    scikit-learn adds in this order. Sums in another order are rounded differently, so that equal votes would differ.
    With a `table`, the terms are indices into its first axis.
    """
    from onnx import TensorProto, helper

    def value(name: str, kind: int) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, kind, None)

    term = nodes.name()
    total, step, following = nodes.name(), nodes.name(), nodes.name()
    body = [] if table is None else [helper.make_node("Gather", [table, step], [term], axis=0)]
    body.append(helper.make_node("Add", [total, step if table is None else term], [following]))
    kind = TensorProto.DOUBLE if table is None else TensorProto.INT64
    inputs = [value(total, TensorProto.DOUBLE), value(step, kind)]
    graph = helper.make_graph(body, "sum", inputs, [value(following, TensorProto.DOUBLE)])
    return nodes.add("Scan", start, terms, body=graph, num_scan_inputs=1)


def add_affine(nodes: Nodes, inputs: str, weights: np.ndarray, constant: np.ndarray) -> str:
    """Inputs (n, k), weights (k, m), constant (m,) -> (n, m)."""
    return nodes.add("Add", nodes.add("MatMul", inputs, nodes.constant(weights)), nodes.constant(constant))


def add_softmax(nodes: Nodes, scores: str, n_columns: int) -> str:
    """Scores (n, n_columns), or (n, 1) for the second of two classes -> probabilities (n, max(n_columns, 2))."""
    if n_columns == 1:
        return add_complement(nodes, nodes.add("Sigmoid", scores))
    return nodes.add("Softmax", scores, axis=1)


def add_complement(nodes: Nodes, positive: str) -> str:
    """Probabilities (n, 1) of the second class -> probabilities of both classes (n, 2)."""
    return nodes.join([nodes.add("Sub", nodes.constant(1.0), positive), positive])


def add_shares(nodes: Nodes, values: str) -> str:
    """Divide each row by its sum."""
    return nodes.add("Div", values, nodes.add("ReduceSum", values, nodes.constant([1], np.int64), keepdims=1))


def add_numpy_sum(nodes: Nodes, values: str, length: int) -> str:
    """Values (…, length) -> sums (…, 1), rounded as `numpy.sum` rounds them.

    NumPy keeps 8 partial sums and adds them at the end. It halves an axis of more than 128 values (`pairwise_sum` in
    NumPy's loops).
    """

    def take(start: int, stop: int, step: int = 1, of: str = values) -> str:
        bounds = (nodes.constant([number], np.int64) for number in (start, stop, -1, step))
        return nodes.add("Slice", of, *bounds)

    def total(start: int, size: int) -> str:
        if size > 128:
            half = size // 2 - size // 2 % 8
            return nodes.add("Add", total(start, half), total(start + half, size - half))
        whole = size - size % 8
        if whole:
            sums = take(start, start + 8)
            for begin in range(start + 8, start + whole, 8):
                sums = nodes.add("Add", sums, take(begin, begin + 8))
            for width in (8, 4, 2):
                sums = nodes.add("Add", take(0, width, 2, sums), take(1, width, 2, sums))
        else:
            sums = take(start, start + 1)
        for begin in range(start + max(whole, 1), start + size):
            sums = nodes.add("Add", sums, take(begin, begin + 1))
        return sums

    return total(0, length)
