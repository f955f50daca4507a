"""Collect the nodes of a graph, under names that no column of a table can have."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import copy
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import onnx

ML_DOMAIN = "ai.onnx.ml"
RUNTIME_DOMAIN = "com.microsoft"  # domain of onnxruntime's own operators


class Nodes:
    """A list of nodes. Values are identified by name; `add` and `constant` return the name."""

    def __init__(self, columns: Iterable[str]) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.values: list[onnx.ValueInfoProto] = []
        """The types of results of operators that are not of ONNX."""
        self.constants: list[onnx.TensorProto] = []
        self.prefix = "_"
        self._taken = set(columns)
        while any(name.startswith(self.prefix) for name in self._taken):
            self.prefix += "_"
        self._numbers = count(1)

    def add(self, operator: str, *inputs: str, domain: str = "", called: str = "", **attributes: Any) -> str:
        """Add a node and return the name of its output, `called` if given."""
        from onnx import helper

        name = called or self.name()
        self.nodes.append(
            helper.make_node(operator, inputs, [name], name=f"{self.prefix}{name}", domain=domain, **attributes)
        )
        return name

    def add_many(self, operator: str, *inputs: str, outputs: int, **attributes: Any) -> list[str]:
        from onnx import helper

        names = [self.name() for _ in range(outputs)]
        self.nodes.append(helper.make_node(operator, inputs, names, name=f"{self.prefix}{names[0]}", **attributes))
        return names

    def constant(self, values: Any, dtype: Any = np.float64) -> str:
        """Add an array or a number. Doubles that are exact in single precision are stored in half the space."""
        from onnx import numpy_helper

        array = np.asarray(values, dtype)
        name = self.name()
        single = array.astype(np.float32) if array.dtype == np.float64 and array.size > 1 else array
        is_smaller = single.dtype != array.dtype and np.array_equal(single, array)
        self.constants.append(numpy_helper.from_array(single if is_smaller else array, name))
        return self.to_double(name) if is_smaller else name

    def to_double(self, value: str) -> str:
        from onnx import TensorProto

        return self.add("Cast", value, to=TensorProto.DOUBLE)

    def to_single(self, value: str) -> str:
        from onnx import TensorProto

        return self.add("Cast", value, to=TensorProto.FLOAT)

    def include(self, graph: onnx.GraphProto, value: str) -> str:
        """Append a graph with one input, which is connected to `value`. Return the name of its one output."""
        from onnx import compose

        part = compose.add_prefix_graph(graph, f"{self.name()}_")
        self.add("Identity", value, called=part.input[0].name)
        self.nodes.extend(part.node)
        self.constants.extend(part.initializer)
        return str(part.output[0].name)

    def free_name(self, wanted: str) -> str:
        """Return `wanted`, with underscores added if a column has that name."""
        while wanted in self._taken:
            wanted += "_"
        return wanted

    def join(self, values: Sequence[str]) -> str:
        """Concatenate values (n, any) along the second axis."""
        return values[0] if len(values) == 1 else self.add("Concat", *values, axis=1)

    def name(self) -> str:
        """Return a new name."""
        return f"{self.prefix}{next(self._numbers)}"

    def branch(self) -> Nodes:
        """Return a list of nodes for a subgraph, which shares the constants of this graph."""
        inside = copy(self)
        inside.nodes, inside.values = [], []
        return inside
