"""Compute distances of rows to training rows, which are part of the graph. Used by neighbours and kernels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from training.artifacts.graph.nodes import Nodes

if TYPE_CHECKING:
    import onnx


def add_distances(nodes: Nodes, X: str, training: np.ndarray, p: int) -> str:
    """X: double (n, n_features), training (m, n_features) -> sums over the columns of |difference| ** p, (n, m).

    The columns are added one after the other, so that rounding equals that of a loop over columns.
    """
    columns = nodes.add("Transpose", X, perm=[1, 0])
    start = nodes.add(
        "Mul",
        nodes.add("ReduceSum", X, nodes.constant([1], np.int64), keepdims=1),
        nodes.constant(np.zeros((1, len(training)))),
    )
    theirs = nodes.constant(np.ascontiguousarray(np.asarray(training, np.float64).T))
    return nodes.add("Scan", start, columns, theirs, body=_build_step(p), num_scan_inputs=2)


def _build_step(p: int) -> onnx.GraphProto:
    """Sum (n, m), a column of the rows (n,), the same column of the training rows (m,) -> sum (n, m)."""
    from onnx import TensorProto, helper

    def value(name: str, *shape: str) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, TensorProto.DOUBLE, shape)

    powers = {1: ("Identity", ["_difference"]), 2: ("Mul", ["_difference", "_difference"])}
    operator, operands = powers.get(p, ("Pow", ["_difference", "_p"]))
    steps = [
        helper.make_node("Unsqueeze", ["_row", "_axis"], ["_standing"]),
        helper.make_node("Sub", ["_standing", "_training"], ["_signed"]),
        helper.make_node("Abs", ["_signed"], ["_difference"]),
        helper.make_node(operator, operands, ["_power"]),
        helper.make_node("Add", ["_sum", "_power"], ["_next"]),
    ]
    constants = [helper.make_tensor("_axis", TensorProto.INT64, [1], [1])]
    if p not in powers:
        constants.append(helper.make_tensor("_p", TensorProto.DOUBLE, [], [float(p)]))
    inputs = [value("_sum", "n", "m"), value("_row", "n"), value("_training", "m")]
    return helper.make_graph(steps, "step", inputs, [value("_next", "n", "m")], constants)
