"""One kind of layer as the registry describes it, and a layer as somebody asked for it. Imports no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from training.trainers.arguments import Argument
from training.trainers.calls import Literal

Shape = tuple[int, ...]
"""Of one row, without the batch dimension: `(features,)`, `(channels, length)` or `(channels, height, width)`."""


@dataclass(frozen=True)
class LayerEntry:
    """One kind of layer. Its name is also the name of the class in `torch.nn`.

    `size_argument` is filled in from the shape that arrives, at `size_axis` of it; None: with the whole shape.
    `axes`: how many numbers the shapes have that it takes; empty: any. `shown` is the argument that tells layers of
    the kind apart. `is_weighted` ones learn weighted sums; `is_straight` ones add no bend, so that weighted layers
    with nothing else between them are no better than one. What comes out of `is_bounded` ones cannot be any number.
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
        """The value of `size_argument` where `shape` arrives."""
        return shape if self.size_axis is None else shape[self.size_axis]

    def takes_size(self, given: Literal, shape: Shape) -> bool:
        if self.size_axis is None:
            return isinstance(given, tuple) and shape[-len(given) :] == given
        return given == shape[self.size_axis]


@dataclass(frozen=True)
class Layer:
    """A layer as somebody asked for it; `arguments` holds what was given."""

    entry: LayerEntry
    arguments: Mapping[str, Literal] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.entry.name

    def as_object(self, **changes: Literal) -> dict[str, Any]:
        """The object form, JSON-ready, with changes; None takes an argument away."""
        arguments = {name: value for name, value in {**self.arguments, **changes}.items() if value is not None}
        lists = {name: list(value) if isinstance(value, tuple) else value for name, value in arguments.items()}
        return {"layer": self.name, **lists}

    def get_value(self, name: str) -> Literal:
        """What was given, or else the default."""
        default = next((argument.default for argument in self.entry.arguments if argument.name == name), None)
        return self.arguments.get(name, default)

    def complete(self, shape: Shape) -> dict[str, Literal]:
        """Every argument, defaults and the size that arrives filled in, for inputs of `shape`."""
        values = {argument.name: self.get_value(argument.name) for argument in self.entry.arguments}
        if self.entry.size_argument is not None and values[self.entry.size_argument] is None:
            values[self.entry.size_argument] = self.entry.size_of(shape)
        return values

    def as_source(self, shape: Shape) -> str:
        """The layer as Python, for inputs of `shape`: `nn.Linear(4, 16)`. What the library assumes is left out."""
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
        """In a few words: `Linear 16`, `Conv2d 8`, `Unflatten 1 × 8 × 8`."""
        value = self.arguments.get(self.entry.shown)
        return self.name if value is None else f"{self.name} {write_shape(value)}"


def write_shape(value: Literal) -> str:
    return " × ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)
