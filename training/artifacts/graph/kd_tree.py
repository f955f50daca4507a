"""Decide which of equally distant training rows scikit-learn's KD-tree keeps.

The tree pushes rows into a heap of `n_neighbors` in the order in which it visits them. Among equal distances, the shape
of the heap decides which row is dropped. The steps are those of `BinaryTree._query_single_depthfirst` and `heap_push`
of scikit-learn.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from training.artifacts.graph.answers import add_in_order
from training.artifacts.graph.nodes import Nodes

MAX_ROWS = 5_000  # of training: the heap takes a step for each row


def can_follow(estimator: Any) -> bool:
    """Return whether the estimator uses a KD-tree that a graph can follow."""
    if estimator._fit_method != "kd_tree" or estimator.n_samples_fit_ > MAX_ROWS:
        return False
    is_leaf = estimator._tree.get_arrays()[2]["is_leaf"].astype(bool)
    return bool((is_leaf == (np.arange(len(is_leaf)) >= len(is_leaf) // 2)).all())  # the lowest level is complete


def add_kept(nodes: Nodes, X: str, distances: str, estimator: Any) -> tuple[str, str]:
    """X: double (n, n_features), distances (n, m) -> the k distances that stay in the heap, ascending (n, k), and
    their training rows (n, k).
    """
    order = _add_order(nodes, X, estimator)
    padded = nodes.add("Pad", distances, nodes.constant([0, 0, 0, 1], np.int64), nodes.constant(np.inf))
    met = nodes.add("GatherElements", padded, order, axis=1)
    kept, rows = _add_heap(nodes, met, order, int(estimator.n_neighbors))
    wanted = nodes.constant([estimator.n_neighbors], np.int64)
    ascending, places = nodes.add_many("TopK", kept, wanted, outputs=2, largest=0)
    return ascending, nodes.add("GatherElements", rows, places, axis=1)


def _add_order(nodes: Nodes, X: str, estimator: Any) -> str:
    """Return training rows (n, at least m) in the order in which the tree visits them, the nearer child of a node
    first.

    The entry is m where a leaf has fewer rows than others.
    """
    from onnx import TensorProto

    _, rows, tree, bounds = estimator._tree.get_arrays()
    n_inner = len(tree) // 2
    leaves = tree[n_inner:]
    lower_bounds = _add_lower_bounds(nodes, X, bounds, estimator.p)
    step, axis = nodes.constant([2], np.int64), nodes.constant([1], np.int64)
    far = nodes.constant([len(tree)], np.int64)
    children = [
        nodes.add("Slice", lower_bounds, nodes.constant([first], np.int64), far, axis, step) for first in (1, 2)
    ]
    is_left_first = nodes.add("Cast", nodes.add("LessOrEqual", *children), to=TensorProto.DOUBLE)
    # A leaf is preceded by the leaves of the other child of each node above it whose other child is visited first.
    turns, constant = np.zeros((n_inner, len(leaves))), np.zeros(len(leaves))
    for leaf in range(len(leaves)):
        node, size = n_inner + leaf, 1
        while node:
            is_right, node = node % 2 == 0, (node - 1) // 2
            turns[node, leaf] = size if is_right else -size
            constant[leaf] += 0 if is_right else size
            size *= 2
    if n_inner:
        ranks = nodes.add("Add", nodes.add("MatMul", is_left_first, nodes.constant(turns)), nodes.constant(constant))
    else:
        ranks = nodes.add("Mul", lower_bounds, nodes.constant(0.0))
    number = nodes.constant([len(leaves)], np.int64)
    visited = nodes.add_many("TopK", ranks, number, outputs=2, largest=0)[1]
    width = int((leaves["idx_end"] - leaves["idx_start"]).max())
    table = np.full((len(leaves), width), len(rows))
    for place, leaf in enumerate(leaves):
        table[place, : leaf["idx_end"] - leaf["idx_start"]] = rows[leaf["idx_start"] : leaf["idx_end"]]
    met = nodes.add("Gather", nodes.constant(table, np.int64), visited)
    return nodes.add("Reshape", met, nodes.constant([0, len(leaves) * width], np.int64))


def _add_lower_bounds(nodes: Nodes, X: str, bounds: np.ndarray, p: int) -> str:
    """X: double (n, n_features), bounds (2, n_nodes, n_features) -> the smallest possible distance to each node (n,
    n_nodes), as a sum of powers.
    """
    columns = nodes.add("Unsqueeze", nodes.add("Transpose", X, perm=[1, 0]), nodes.constant([2], np.int64))
    lowest, highest = (nodes.constant(np.ascontiguousarray(side.T)[:, None]) for side in bounds)
    below, above = nodes.add("Sub", lowest, columns), nodes.add("Sub", columns, highest)  # (n_features, n, n_nodes)
    outside = [nodes.add("Add", side, nodes.add("Abs", side)) for side in (below, above)]
    gap = nodes.add("Mul", nodes.add("Add", *outside), nodes.constant(0.5))
    powers = {1: gap, 2: nodes.add("Mul", gap, gap)}
    terms = powers[p] if p in powers else nodes.add("Pow", gap, nodes.constant(float(p)))
    first = nodes.add("Gather", terms, nodes.constant(0, np.int64))
    return add_in_order(nodes, terms, nodes.add("Mul", first, nodes.constant(0.0)))


def _add_heap(nodes: Nodes, values: str, rows: str, k: int) -> tuple[str, str]:
    """Push values (n, s) with their rows (n, s) one by one into a heap of size k -> the content of the heap (n, k)."""
    from onnx import TensorProto, helper

    step = nodes.branch()
    heap, owners, value, row = (step.name() for _ in range(4))
    axis = step.constant([1], np.int64)
    value_column, row_column = step.add("Unsqueeze", value, axis), step.add("Unsqueeze", row, axis)
    top = step.add("Slice", heap, step.constant([0], np.int64), axis, axis)
    is_moving = step.add("Less", value_column, top)
    place = step.add("Mul", row_column, step.constant(0, np.int64))
    # Children beyond the end are smaller than all values.
    pads = step.constant([0, 0, 0, k + 1], np.int64)
    padded, padded_owners = step.add("Pad", heap, pads, step.constant(-np.inf)), step.add("Pad", owners, pads)
    new_heap, new_owners = heap, owners
    for _ in range(k.bit_length()):
        left = step.add("Add", step.add("Mul", place, step.constant(2, np.int64)), step.constant(1, np.int64))
        right = step.add("Add", left, step.constant(1, np.int64))
        left_value, right_value = (step.add("GatherElements", padded, child, axis=1) for child in (left, right))
        child = step.add("Where", step.add("GreaterOrEqual", left_value, right_value), left, right)
        child_value = step.add("Max", left_value, right_value)
        goes_on = step.add("And", is_moving, step.add("Less", value_column, child_value))
        child_row = step.add("GatherElements", padded_owners, child, axis=1)
        kept = (
            step.add("GatherElements", new_heap, place, axis=1),
            step.add("GatherElements", new_owners, place, axis=1),
        )
        settled = step.add("Where", is_moving, value_column, kept[0]), step.add("Where", is_moving, row_column, kept[1])
        new_heap = step.add(
            "ScatterElements", new_heap, place, step.add("Where", goes_on, child_value, settled[0]), axis=1
        )
        new_owners = step.add(
            "ScatterElements", new_owners, place, step.add("Where", goes_on, child_row, settled[1]), axis=1
        )
        place, is_moving = step.add("Where", goes_on, child, place), goes_on
    kinds = {heap: TensorProto.DOUBLE, owners: TensorProto.INT64, value: TensorProto.DOUBLE, row: TensorProto.INT64}
    inputs = [helper.make_tensor_value_info(name, kind, None) for name, kind in kinds.items()]
    outputs = [
        helper.make_tensor_value_info(name, kind, None)
        for name, kind in ((new_heap, TensorProto.DOUBLE), (new_owners, TensorProto.INT64))
    ]
    body = helper.make_graph(step.nodes, "push", inputs, outputs)
    shape = nodes.add("Concat", nodes.add("Shape", values, end=1), nodes.constant([k], np.int64), axis=0)
    empty, nobody = (
        nodes.add("Expand", nodes.constant(start, kind), shape) for start, kind in ((np.inf, np.float64), (0, np.int64))
    )
    columns, row_columns = (nodes.add("Transpose", matrix, perm=[1, 0]) for matrix in (values, rows))
    heap, owners = nodes.add_many("Scan", empty, nobody, columns, row_columns, outputs=2, body=body, num_scan_inputs=2)
    return heap, owners
