"""Collects the nodes of a graph, under names that no column of a table can have. Used by all that adds to a graph."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import copy
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import onnx

ML_DOMAIN = "ai.onnx.ml"
RUNTIME_DOMAIN = "com.microsoft"  # operators of onnxruntime itself


class Nodes:
    """Values are known by their names, which `add` and `constant` give back."""

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
        """The one value of a new node, under the name `called` if given."""
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
        """An array, or a single number. Doubles that are as exact in single precision take half the space."""
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
        """Appends a whole graph of one input, which `value` becomes, and one output, which is given back."""
        from onnx import compose

        part = compose.add_prefix_graph(graph, f"{self.name()}_")
        self.add("Identity", value, called=part.input[0].name)
        self.nodes.extend(part.node)
        self.constants.extend(part.initializer)
        return str(part.output[0].name)

    def free_name(self, wanted: str) -> str:
        """`wanted`, or with underscores behind it where a column has that name."""
        while wanted in self._taken:
            wanted += "_"
        return wanted

    def join(self, values: Sequence[str]) -> str:
        """Values (n, any), side by side."""
        return values[0] if len(values) == 1 else self.add("Concat", *values, axis=1)

    def name(self) -> str:
        """A free one."""
        return f"{self.prefix}{next(self._numbers)}"

    def branch(self) -> Nodes:
        """Nodes for a graph inside this one, which shares its constants."""
        inside = copy(self)
        inside.nodes, inside.values = [], []
        return inside
