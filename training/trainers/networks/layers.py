"""The registry of layers. The parser, the page's palette and the network are made from it. Imports no torch."""

from __future__ import annotations

from typing import Any

from training.name_lookup import get_entry
from training.trainers.arguments import Argument, Kind, bind
from training.trainers.calls import Literal, Syntax, parse_call
from training.trainers.networks.layer import Layer, LayerEntry

__all__ = ["LAYERS", "LAYER_SYNTAX", "Layer", "LayerEntry", "palette", "parse_layer"]

MAX_UNITS = 100_000
MAX_CHANNELS = 4_096  # output channels of a convolution
MAX_WINDOW = 64  # side of the window of a convolution or of pooling
MAX_POOLED = 512  # side of the output of adaptive pooling

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
        _units("in_channels", "Number of input channels. Inferred from the layer before.", inferred=True),
        _units(
            "out_channels",
            "Number of filters, that is, of patterns to look for.",
            required=True,
            maximum=MAX_CHANNELS,
            example=8,
        ),
        _window(kind, "kernel_size", "Side of a filter.", required=True, example=3),
        _window(kind, "stride", "Step of the window.", default=1),
        _window(kind, "padding", "Zeros that are added on each side of the input.", minimum=0, default=0),
        _window(kind, "dilation", "Distance between the inputs of a filter.", default=1),
        _bias("Whether to learn a constant for each filter, too."),
    )
    return LayerEntry(
        name, about, arguments, "in_channels", 0, (axes,), "out_channels", is_weighted=True, is_straight=True
    )


def _pool(name: str, about: str, kind: Kind, axes: int, *, is_straight: bool) -> LayerEntry:
    arguments = (
        _window(kind, "kernel_size", "Side of the window.", required=True, example=2),
        _window(kind, "stride", "Step of the window. None: its own side.", optional=True),
        _window(kind, "padding", "Padding on each side, at most half a window.", minimum=0, default=0),
    )
    return LayerEntry(name, about, arguments, axes=(axes,), shown="kernel_size", is_straight=is_straight)


def _adaptive_pool(name: str, about: str, kind: Kind, axes: int) -> LayerEntry:
    size = Argument("output_size", kind, "Side of the output.", required=True, minimum=1, maximum=MAX_POOLED, example=1)
    return LayerEntry(name, about, (size,), axes=(axes,), shown="output_size", is_straight=True)


def _batch_norm(name: str, about: str, axes: tuple[int, ...]) -> LayerEntry:
    arguments = (
        _units("num_features", "Number of inputs or channels. Inferred from the layer before.", inferred=True),
        _number("eps", "Added to the variance, so that nothing is divided by zero.", 1e-5, 1e-12, 1),
        _number("momentum", "Weight of the current batch in the running statistics.", 0.1, 0, 1),
    )
    return LayerEntry(name, about, arguments, "num_features", 0, axes, is_straight=True)


def _dropout(name: str, about: str, axes: tuple[int, ...] = ()) -> LayerEntry:
    part = _number("p", "Probability that an input is set to zero.", 0.5, 0, 0.95)
    return LayerEntry(name, about, (part,), axes=axes, is_straight=True)


def _axis(name: str, default: Literal, choices: tuple[Literal, ...], about: str, **more: Any) -> Argument:
    return Argument(name, Kind.CHOICE, about, default=default, choices=choices, **more)


_SUMS_TO_ONE = _axis("dim", -1, (-1, 1), "The axis over which values add up to one: the last.", own_default=True)

FAMILIES: dict[str, tuple[LayerEntry, ...]] = {
    "Linear": (
        LayerEntry(
            "Linear",
            "Each unit computes a weighted sum of all inputs. The weights are learned.",
            (
                _units("in_features", "Number of inputs. Inferred from the layer before.", inferred=True),
                _units("out_features", "Number of units, that is, of outputs.", required=True, example=16),
                _bias("Whether to learn a constant (bias) for each unit, too."),
            ),
            size_argument="in_features",
            shown="out_features",
            is_weighted=True,
            is_straight=True,
        ),
    ),
    "Activations": (
        LayerEntry("ReLU", "Replaces negative values by zero. The usual activation between layers.", is_bounded=True),
        LayerEntry(
            "LeakyReLU",
            "Like ReLU, but multiplies negative values by a small slope, so that every unit keeps learning.",
            (_number("negative_slope", "Slope for negative values.", 0.01, 0, 1),),
        ),
        LayerEntry(
            "ELU",
            "Like ReLU, but negative values approach a lower limit smoothly.",
            (_number("alpha", "The lower limit is minus this.", 1.0, 0, 100),),
            is_bounded=True,
        ),
        LayerEntry("GELU", "A smooth ReLU, the usual choice in transformers.", is_bounded=True),
        LayerEntry("SiLU", "A smooth ReLU: the input times its sigmoid.", is_bounded=True),
        LayerEntry("Softplus", "A smooth ReLU that is always positive.", is_bounded=True),
        LayerEntry("Tanh", "Maps every number to the range from -1 to 1.", is_bounded=True),
        LayerEntry(
            "Hardtanh",
            "Limits values to a range.",
            (_number("min_val", "Lower limit.", -1.0, -100, 0), _number("max_val", "Upper limit.", 1.0, 0.01, 100)),
            is_bounded=True,
        ),
        LayerEntry("Sigmoid", "Maps every number to the range from 0 to 1: a probability.", is_bounded=True),
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
            "Regularisation: sets a random part of the inputs to zero in every training step, against overfitting.",
        ),
        _dropout("Dropout2d", "Regularisation: sets random channels of an image to zero in every training step.", (3,)),
    ),
    "Normalisation": (
        _batch_norm("BatchNorm1d", "Standardises each input over the batch, which makes training more stable.", (1, 2)),
        _batch_norm("BatchNorm2d", "Standardises each channel of an image over the batch.", (3,)),
        LayerEntry(
            "LayerNorm",
            "Standardises the values of each row, independently of the batch.",
            (
                Argument(
                    "normalized_shape",
                    Kind.SIZES,
                    "Shape that is standardised together. Inferred: the whole row.",
                    inferred=True,
                    minimum=1,
                    maximum=MAX_UNITS,
                ),
                _number("eps", "Added to the variance, so that nothing is divided by zero.", 1e-5, 1e-12, 1),
            ),
            size_argument="normalized_shape",
            size_axis=None,
        ),
    ),
    "Shape": (
        LayerEntry(
            "Flatten",
            "Reshapes a row to one flat list of values, as Linear needs it.",
            (
                _axis("start_dim", 1, (1, 2, 3), "First axis to flatten. Axis 0 is the batch."),
                _axis("end_dim", -1, (-1, 1, 2, 3), "Last axis to flatten."),
            ),
            is_straight=True,
        ),
        LayerEntry(
            "Unflatten",
            "Reshapes the values of a row, for example 64 values to an image of 1 × 8 × 8.",
            (
                _axis("dim", None, (1, 2, 3), "Axis to reshape. Axis 0 is the batch.", required=True, example=1),
                Argument(
                    "unflattened_size",
                    Kind.SIZES,
                    "New shape: channels, height, width.",
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
        _convolution("Conv2d", "Applies learned filters at every place of an image.", Kind.PAIR, 3),
        _convolution("Conv1d", "Applies learned filters along a sequence.", Kind.INTEGER, 2),
    ),
    "Pooling": (
        _pool("MaxPool2d", "Takes the maximum of each window of an image.", Kind.PAIR, 3, is_straight=False),
        _pool("MaxPool1d", "Takes the maximum of each window of a sequence.", Kind.INTEGER, 2, is_straight=False),
        _pool("AvgPool2d", "Takes the mean of each window of an image.", Kind.PAIR, 3, is_straight=True),
        _pool("AvgPool1d", "Takes the mean of each window of a sequence.", Kind.INTEGER, 2, is_straight=True),
        _adaptive_pool("AdaptiveAvgPool2d", "Averages an image to a given size.", Kind.PAIR, 3),
        _adaptive_pool("AdaptiveAvgPool1d", "Averages a sequence to a given length.", Kind.INTEGER, 2),
    ),
}
"""Layers by group, in the order of the palette. The first of each group is suggested to beginners."""

LAYERS: dict[str, LayerEntry] = {entry.name: entry for entries in FAMILIES.values() for entry in entries}


def parse_layer(entry: Any) -> Layer:
    """Parse a layer, which is a string or an object.

    Raises SpecRefused: `bad_layer`, `unknown_layer`, `unknown_argument`, `missing_argument`, `bad_argument`.
    """
    call = parse_call(entry, LAYER_SYNTAX)
    known = get_entry(call.name, LAYERS, "layer")
    return Layer(known, bind(call, known.arguments))


def palette() -> list[dict[str, Any]]:
    """Return the registry as JSON values, for the page and the contract."""
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
