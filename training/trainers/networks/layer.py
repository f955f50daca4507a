"""Describe a kind of layer in the registry, and a layer of a spec. Imports no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from training.trainers.arguments import Argument
from training.trainers.calls import Literal

Shape = tuple[int, ...]
"""The shape of one row, without the batch: `(features,)`, `(channels, length)` or `(channels, height, width)`."""


@dataclass(frozen=True)
class LayerEntry:
    """A kind of layer. Its name is the name of its class in `torch.nn`.

    Attributes
    ----------
    size_argument : str or None
        The argument that follows from the input shape, such as `in_features`.
    size_axis : int or None
        The axis of the input shape that gives `size_argument`; None: the whole shape.
    axes : tuple of int
        The numbers of axes that an input may have, without the batch dimension; empty: any.
    shown : str
        The argument that a short description shows, such as `out_features`.
    is_weighted : bool
        Whether the layer learns weighted sums.
    is_straight : bool
        Whether the layer is linear. Weighted layers with only such layers between them are no better than one.
    is_bounded : bool
        Whether the output cannot take every value.
    """

    name: str
    about: str
    arguments: tuple[Argument, ...] = ()
    size_argument: str | None = None
    size_axis: int | None = -1
    axes: tuple[int, ...] = ()
    shown: str = ""
    is_weighted: bool = False
    is_straight: bool = False
    is_bounded: bool = False

    def size_of(self, shape: Shape) -> Literal:
        """Return the value of `size_argument` for inputs of `shape`."""
        return shape if self.size_axis is None else shape[self.size_axis]

    def takes_size(self, given: Literal, shape: Shape) -> bool:
        """Return whether the given value of `size_argument` fits inputs of `shape`."""
        if self.size_axis is None:
            return isinstance(given, tuple) and shape[-len(given) :] == given
        return given == shape[self.size_axis]


@dataclass(frozen=True)
class Layer:
    """A layer of a spec. `arguments` holds the arguments that were given."""

    entry: LayerEntry
    arguments: Mapping[str, Literal] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.entry.name

    def as_object(self, **changes: Literal) -> dict[str, Any]:
        """Return the JSON object form with changed arguments. None removes an argument."""
        arguments = {name: value for name, value in {**self.arguments, **changes}.items() if value is not None}
        lists = {name: list(value) if isinstance(value, tuple) else value for name, value in arguments.items()}
        return {"layer": self.name, **lists}

    def get_value(self, name: str) -> Literal:
        """Return the given value of an argument, or its default."""
        default = next((argument.default for argument in self.entry.arguments if argument.name == name), None)
        return self.arguments.get(name, default)

    def complete(self, shape: Shape) -> dict[str, Literal]:
        """Return all arguments for inputs of `shape`, with defaults and the inferred size."""
        values = {argument.name: self.get_value(argument.name) for argument in self.entry.arguments}
        if self.entry.size_argument is not None and values[self.entry.size_argument] is None:
            values[self.entry.size_argument] = self.entry.size_of(shape)
        return values

    def as_source(self, shape: Shape) -> str:
        """Return the layer as Python source for inputs of `shape`, such as `nn.Linear(4, 16)`, without torch's
        defaults.
        """
        values = self.complete(shape)
        written = []
        for argument in self.entry.arguments:
            value = values[argument.name]
            if argument.required or argument.inferred:
                written.append(repr(value))
            elif argument.own_default or value != argument.default:
                written.append(f"{argument.name}={value!r}")
        return f"nn.{self.name}({', '.join(written)})"

    def describe(self) -> str:
        """Return a short description: `Linear 16`, `Conv2d 8`, `Unflatten 1 × 8 × 8`."""
        value = self.arguments.get(self.entry.shown)
        return self.name if value is None else f"{self.name} {write_shape(value)}"


def write_shape(value: Literal) -> str:
    """Return a shape as text, such as `1 × 8 × 8`."""
    return " × ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)
