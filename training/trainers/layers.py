"""THE registry of layers: the parser, the page's palette and the built network all come from it. Imports no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from training.names import get_entry
from training.trainers.arguments import Argument, Kind, bind
from training.trainers.calls import Literal, Syntax, parse_call

MAX_UNITS = 100_000

LAYER_SYNTAX = Syntax(
    key="layer",
    prefixes=("nn", "torch.nn"),
    max_length=200,
    code="bad_layer",
    example='"nn.Linear(10)" or {"layer": "Linear", "out_features": 10}',
)


@dataclass(frozen=True)
class LayerEntry:
    """One kind of layer. Its name is also the name of the class in `torch.nn`.

    `size_argument` is filled in from the shape that arrives, at `size_axis` of it (without the batch dimension).
    """

    name: str
    about: str
    arguments: tuple[Argument, ...] = ()
    size_argument: str | None = None
    size_axis: int = -1
    is_activation: bool = False


@dataclass(frozen=True)
class Layer:
    """A layer as somebody asked for it; `arguments` holds what was given."""

    entry: LayerEntry
    arguments: Mapping[str, Literal] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.entry.name

    def as_object(self, **changes: Literal) -> dict[str, Any]:
        """The object form, with changes; None takes an argument away."""
        arguments = {name: value for name, value in {**self.arguments, **changes}.items() if value is not None}
        return {"layer": self.name, **arguments}

    def describe(self) -> str:
        size = self.arguments.get("out_features")
        return f"{self.name} {size}" if size is not None else self.name


def _units(name: str, about: str, **more: Any) -> Argument:
    return Argument(name, Kind.INTEGER, about, minimum=1, maximum=MAX_UNITS, **more)


def _activation(name: str, about: str, *arguments: Argument) -> LayerEntry:
    return LayerEntry(name, about, arguments, is_activation=True)


_DIM = Argument("dim", Kind.CHOICE, "The axis that sums to one: the last.", default=-1, choices=(-1, 1))

LAYERS: dict[str, LayerEntry] = {
    entry.name: entry
    for entry in (
        LayerEntry(
            "Linear",
            "Every unit adds up all inputs, each times a weight that is learned.",
            (
                _units("in_features", "How many numbers come in; filled in from the layer before.", inferred=True),
                _units("out_features", "How many units the layer has.", required=True),
                Argument("bias", Kind.BOOLEAN, "Also learn a constant for each unit.", default=True),
            ),
            size_argument="in_features",
        ),
        _activation("ReLU", "Keeps what is positive and makes the rest zero. The usual choice between layers."),
        _activation(
            "LeakyReLU",
            "Like ReLU, but lets a little of the negative through, so that no unit dies.",
            Argument("negative_slope", Kind.NUMBER, "How much of it.", default=0.01, minimum=0, maximum=1),
        ),
        _activation(
            "ELU",
            "Like ReLU, but bends smoothly towards a negative floor.",
            Argument("alpha", Kind.NUMBER, "How deep the floor is.", default=1.0, minimum=0, maximum=100),
        ),
        _activation("GELU", "A smooth ReLU, the usual choice in transformers."),
        _activation("SiLU", "A smooth ReLU: the input times its sigmoid."),
        _activation("Softplus", "A smooth ReLU that is always positive."),
        _activation("Tanh", "Squeezes every number between -1 and 1."),
        _activation("Sigmoid", "Squeezes every number between 0 and 1: a probability."),
        LayerEntry(
            "Softmax", "Turns numbers into probabilities that add up to one. CELOSS does so by itself.", (_DIM,)
        ),
        LayerEntry("LogSoftmax", "The logarithm of Softmax. CELOSS does so by itself.", (_DIM,)),
        LayerEntry(
            "Dropout",
            "Forgets a random part of the numbers in every step, which keeps the network from learning by heart.",
            (Argument("p", Kind.NUMBER, "The part that is forgotten.", default=0.5, minimum=0, maximum=0.95),),
        ),
        LayerEntry(
            "BatchNorm1d",
            "Standardises each unit over the batch, so that learning is steadier.",
            (
                _units("num_features", "How many units come in; filled in from the layer before.", inferred=True),
                Argument("eps", Kind.NUMBER, "Keeps from dividing by zero.", default=1e-5, minimum=1e-12, maximum=1),
                Argument(
                    "momentum", Kind.NUMBER, "How fast it forgets old batches.", default=0.1, minimum=0, maximum=1
                ),
            ),
            size_argument="num_features",
            size_axis=0,
        ),
    )
}


def parse_layer(entry: Any) -> Layer:
    """A text or an object -> Layer.

    Raises SpecRefused: `bad_layer`, `unknown_layer`, `unknown_argument`, `missing_argument`, `bad_argument`.
    """
    call = parse_call(entry, LAYER_SYNTAX)
    known = get_entry(call.name, LAYERS, "layer")
    return Layer(known, bind(call, known.arguments))


def palette() -> list[dict[str, Any]]:
    """The registry as JSON values, for the page."""
    return [
        {"name": entry.name, "about": entry.about, "arguments": [argument.describe() for argument in entry.arguments]}
        for entry in LAYERS.values()
    ]
