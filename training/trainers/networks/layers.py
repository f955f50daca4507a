"""THE registry of layers: the parser, the page's palette and the built network all come from it. Imports no torch."""

from __future__ import annotations

from typing import Any

from training.name_lookup import get_entry
from training.trainers.arguments import Argument, Kind, bind
from training.trainers.calls import Literal, Syntax, parse_call
from training.trainers.networks.layer import Layer, LayerEntry

__all__ = ["LAYERS", "LAYER_SYNTAX", "Layer", "LayerEntry", "palette", "parse_layer"]

MAX_UNITS = 100_000
MAX_CHANNELS = 4_096  # that a convolution gives
MAX_WINDOW = 64  # of a convolution or a pool, a side
MAX_POOLED = 512  # that an adaptive pool gives, a side

LAYER_SYNTAX = Syntax(
    key="layer",
    prefixes=("nn", "torch.nn"),
    max_length=200,
    code="bad_layer",
    example='"nn.Linear(10)" or {"layer": "Linear", "out_features": 10}',
)


def _units(name: str, about: str, **more: Any) -> Argument:
    return Argument(name, Kind.INTEGER, about, **{"minimum": 1, "maximum": MAX_UNITS, **more})


def _number(name: str, about: str, default: float, minimum: float, maximum: float) -> Argument:
    return Argument(name, Kind.NUMBER, about, default=default, minimum=minimum, maximum=maximum)


def _window(kind: Kind, name: str, about: str, minimum: int = 1, **more: Any) -> Argument:
    return Argument(name, kind, about, minimum=minimum, maximum=MAX_WINDOW, **more)


def _bias(about: str) -> Argument:
    return Argument("bias", Kind.BOOLEAN, about, default=True)


def _convolution(name: str, about: str, kind: Kind, axes: int) -> LayerEntry:
    arguments = (
        _units("in_channels", "How many channels come in; filled in from the layer before.", inferred=True),
        _units("out_channels", "How many patterns it looks for.", required=True, maximum=MAX_CHANNELS, example=8),
        _window(kind, "kernel_size", "How large a pattern is.", required=True, example=3),
        _window(kind, "stride", "How far the window moves each time.", default=1),
        _window(kind, "padding", "How many zeros are put around what arrives.", minimum=0, default=0),
        _window(kind, "dilation", "How far apart the numbers are that it looks at.", default=1),
        _bias("Also learn a constant for each pattern."),
    )
    return LayerEntry(
        name, about, arguments, "in_channels", 0, (axes,), "out_channels", is_weighted=True, is_straight=True
    )


def _pool(name: str, about: str, kind: Kind, axes: int, *, is_straight: bool) -> LayerEntry:
    arguments = (
        _window(kind, "kernel_size", "How large the window is.", required=True, example=2),
        _window(kind, "stride", "How far the window moves each time; None: by its own size.", optional=True),
        _window(kind, "padding", "How much is put around, half a window at most.", minimum=0, default=0),
    )
    return LayerEntry(name, about, arguments, axes=(axes,), shown="kernel_size", is_straight=is_straight)


def _adaptive_pool(name: str, about: str, kind: Kind, axes: int) -> LayerEntry:
    size = Argument("output_size", kind, "How much comes out.", required=True, minimum=1, maximum=MAX_POOLED, example=1)
    return LayerEntry(name, about, (size,), axes=(axes,), shown="output_size", is_straight=True)


def _batch_norm(name: str, about: str, axes: tuple[int, ...]) -> LayerEntry:
    arguments = (
        _units("num_features", "How many units or channels come in; filled in from the layer before.", inferred=True),
        _number("eps", "Keeps from dividing by zero.", 1e-5, 1e-12, 1),
        _number("momentum", "How fast it forgets old batches.", 0.1, 0, 1),
    )
    return LayerEntry(name, about, arguments, "num_features", 0, axes, is_straight=True)


def _dropout(name: str, about: str, axes: tuple[int, ...] = ()) -> LayerEntry:
    part = _number("p", "The part that is forgotten.", 0.5, 0, 0.95)
    return LayerEntry(name, about, (part,), axes=axes, is_straight=True)


def _axis(name: str, default: Literal, choices: tuple[Literal, ...], about: str, **more: Any) -> Argument:
    return Argument(name, Kind.CHOICE, about, default=default, choices=choices, **more)


_SUMS_TO_ONE = _axis("dim", -1, (-1, 1), "The axis that sums to one: the last.", own_default=True)

FAMILIES: dict[str, tuple[LayerEntry, ...]] = {
    "Linear": (
        LayerEntry(
            "Linear",
            "Every unit adds up all inputs, each times a weight that is learned.",
            (
                _units("in_features", "How many numbers come in; filled in from the layer before.", inferred=True),
                _units("out_features", "How many units the layer has.", required=True, example=16),
                _bias("Also learn a constant for each unit."),
            ),
            size_argument="in_features",
            shown="out_features",
            is_weighted=True,
            is_straight=True,
        ),
    ),
    "Activations": (
        LayerEntry(
            "ReLU", "Keeps what is positive and makes the rest zero. The usual choice between layers.", is_bounded=True
        ),
        LayerEntry(
            "LeakyReLU",
            "Like ReLU, but lets a little of the negative through, so that no unit dies.",
            (_number("negative_slope", "How much of it.", 0.01, 0, 1),),
        ),
        LayerEntry(
            "ELU",
            "Like ReLU, but bends smoothly towards a negative floor.",
            (_number("alpha", "How deep the floor is.", 1.0, 0, 100),),
            is_bounded=True,
        ),
        LayerEntry("GELU", "A smooth ReLU, the usual choice in transformers.", is_bounded=True),
        LayerEntry("SiLU", "A smooth ReLU: the input times its sigmoid.", is_bounded=True),
        LayerEntry("Softplus", "A smooth ReLU that is always positive.", is_bounded=True),
        LayerEntry("Tanh", "Squeezes every number between -1 and 1.", is_bounded=True),
        LayerEntry(
            "Hardtanh",
            "Cuts off what is below a floor or above a ceiling.",
            (_number("min_val", "The floor.", -1.0, -100, 0), _number("max_val", "The ceiling.", 1.0, 0.01, 100)),
            is_bounded=True,
        ),
        LayerEntry("Sigmoid", "Squeezes every number between 0 and 1: a probability.", is_bounded=True),
        LayerEntry(
            "Softmax",
            "Turns numbers into probabilities that add up to one. Cross-entropy (CELOSS) includes it.",
            (_SUMS_TO_ONE,),
            is_bounded=True,
        ),
        LayerEntry(
            "LogSoftmax",
            "The logarithm of Softmax. Cross-entropy (CELOSS) includes it.",
            (_SUMS_TO_ONE,),
            is_bounded=True,
        ),
    ),
    "Regularisation": (
        _dropout(
            "Dropout",
            "Switches off a random part of the inputs in every step, so that the network overfits less.",
        ),
        _dropout("Dropout2d", "Switches off whole channels of an image at random in every step.", (3,)),
    ),
    "Normalisation": (
        _batch_norm("BatchNorm1d", "Standardises each unit over the batch, so that learning is steadier.", (1, 2)),
        _batch_norm("BatchNorm2d", "Standardises each channel of an image over the batch.", (3,)),
        LayerEntry(
            "LayerNorm",
            "Standardises the numbers of each row by themselves, whatever the batch.",
            (
                Argument(
                    "normalized_shape",
                    Kind.SIZES,
                    "What is standardised together; filled in: all that comes in.",
                    inferred=True,
                    minimum=1,
                    maximum=MAX_UNITS,
                ),
                _number("eps", "Keeps from dividing by zero.", 1e-5, 1e-12, 1),
            ),
            size_argument="normalized_shape",
            size_axis=None,
        ),
    ),
    "Shape": (
        LayerEntry(
            "Flatten",
            "Lays all numbers of a row side by side, as Linear takes them.",
            (
                _axis("start_dim", 1, (1, 2, 3), "The first axis that is laid flat; the rows are axis 0."),
                _axis("end_dim", -1, (-1, 1, 2, 3), "The last axis that is laid flat."),
            ),
            is_straight=True,
        ),
        LayerEntry(
            "Unflatten",
            "Folds the numbers of a row into a shape: 64 of them into an image of 1 × 8 × 8.",
            (
                _axis(
                    "dim", None, (1, 2, 3), "The axis that is folded; the rows are axis 0.", required=True, example=1
                ),
                Argument(
                    "unflattened_size",
                    Kind.SIZES,
                    "The shape: channels, height, width.",
                    required=True,
                    minimum=1,
                    maximum=MAX_UNITS,
                    example=(1, 8, 8),
                ),
            ),
            shown="unflattened_size",
            is_straight=True,
        ),
    ),
    "Convolution": (
        _convolution("Conv2d", "Looks for small patterns everywhere in an image.", Kind.PAIR, 3),
        _convolution("Conv1d", "Looks for small patterns along a sequence.", Kind.INTEGER, 2),
    ),
    "Pooling": (
        _pool("MaxPool2d", "Keeps the largest number in each window of an image.", Kind.PAIR, 3, is_straight=False),
        _pool(
            "MaxPool1d", "Keeps the largest number in each window of a sequence.", Kind.INTEGER, 2, is_straight=False
        ),
        _pool("AvgPool2d", "Takes the mean of each window of an image.", Kind.PAIR, 3, is_straight=True),
        _pool("AvgPool1d", "Takes the mean of each window of a sequence.", Kind.INTEGER, 2, is_straight=True),
        _adaptive_pool("AdaptiveAvgPool2d", "Takes means so that an image gets a given size.", Kind.PAIR, 3),
        _adaptive_pool("AdaptiveAvgPool1d", "Takes means so that a sequence gets a given length.", Kind.INTEGER, 2),
    ),
}
"""As the palette groups them; the first of each is the one that a beginner is shown."""

LAYERS: dict[str, LayerEntry] = {entry.name: entry for entries in FAMILIES.values() for entry in entries}


def parse_layer(entry: Any) -> Layer:
    """A text or an object -> Layer.

    Raises SpecRefused: `bad_layer`, `unknown_layer`, `unknown_argument`, `missing_argument`, `bad_argument`.
    """
    call = parse_call(entry, LAYER_SYNTAX)
    known = get_entry(call.name, LAYERS, "layer")
    return Layer(known, bind(call, known.arguments))


def palette() -> list[dict[str, Any]]:
    """The registry as JSON values, for the page and the contract."""
    return [
        {
            "name": entry.name,
            "group": family,
            "about": entry.about,
            "arguments": [argument.describe() for argument in entry.arguments],
        }
        for family, entries in FAMILIES.items()
        for entry in entries
    ]
