"""Check that a layer fits its input shape, infer its output shape, and propose a fix. Called by network_check."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isqrt, prod

from training.exceptions import SpecRefused
from training.messages.problems import PatchOperation, Problem
from training.problems import build_problem
from training.trainers.networks.layer import Layer, Shape, write_shape
from training.trainers.networks.layers import LAYERS, parse_layer
from training.trainers.networks.network import infer_shape

EXPECTED = {1: "a flat list of values", 2: "a sequence (channels × length)", 3: "an image (channels × height × width)"}


@dataclass(frozen=True)
class LayerCheck:
    """The output shape of a layer, after its fix if it needs one; None if it is unknown."""

    shape: Shape | None
    parameters: int
    problem: Problem | None = None


@dataclass(frozen=True)
class Remedy:
    """Layers that replace a layer, and a hint that says so."""

    hint: str
    layers: tuple[Layer, ...]


def check_layer(layer: Layer, shape: Shape, position: int, *, is_flattened_later: bool) -> LayerCheck:
    """Check a layer with inputs of `shape`, without the batch dimension.

    Reports what torch would refuse, and a Linear on an image without a Flatten after it: torch would apply it to each
    row of the image, which is never intended.
    """
    if _has_wrong_axes(layer, shape, is_flattened_later):
        wanted = " or ".join(EXPECTED[axes] for axes in layer.entry.axes or (1,))
        message = f"{layer.name} expects {wanted}, but its input is {write_shape(shape)}."
        return _mend("wrong_dimensions", message, layer, shape, position, _reshape(layer, shape))
    given = layer.arguments.get(layer.entry.size_argument or "")
    if given is not None and not layer.entry.takes_size(given, shape):
        arriving = write_shape(layer.entry.size_of(shape))
        message = f"{layer.name} expects {write_shape(given)} inputs, but gets {arriving}."
        hint = f"Set {layer.entry.size_argument} to {arriving}, or leave it out: then it is inferred."
        remedy = Remedy(hint, (_change(layer, **{str(layer.entry.size_argument): None}),))
        return _mend("size_mismatch", message, layer, shape, position, iter([remedy]))
    try:
        return LayerCheck(*infer_shape(layer, shape))
    except (RuntimeError, ValueError, IndexError) as error:
        if _is_window_too_large(layer, shape):
            message = f"The window of {layer.name} is larger than its input of {write_shape(shape[1:])}."
            return _mend("window_too_large", message, layer, shape, position, _shrink(layer, shape))
        if layer.name == "Unflatten" and isinstance(size := layer.get_value("unflattened_size"), tuple):
            message = f"Unflatten to {write_shape(size)} takes {prod(size)} values, but gets {write_shape(shape)}."
            return _mend("size_mismatch", message, layer, shape, position, _refold(layer, size, shape))
        message = f"{layer.name} does not fit its input: {str(error).splitlines()[0][:150].rstrip('.')}."
        plain = Remedy("Leave out the padding.", (_change(layer, padding=None, stride=None),))
        return _mend("size_mismatch", message, layer, shape, position, iter([plain]))


def _has_wrong_axes(layer: Layer, shape: Shape, is_flattened_later: bool) -> bool:
    if layer.name != "Linear":
        return bool(layer.entry.axes) and len(shape) not in layer.entry.axes
    given = layer.arguments.get("in_features")
    means_all = given != shape[-1] and given == prod(shape)
    return len(shape) > 1 and (means_all or not is_flattened_later)


def _mend(code: str, message: str, layer: Layer, shape: Shape, position: int, remedies: Iterator[Remedy]) -> LayerCheck:
    """Return the first remedy with which the shapes fit, and its output shape."""
    for remedy in remedies:
        after: Shape = shape
        parameters = 0
        try:
            for each in remedy.layers:
                after, parameters = infer_shape(each, after)
        except (RuntimeError, ValueError, IndexError):
            continue
        *before, last = remedy.layers
        path = f"/user_arch/{position}"
        fix = [] if last == layer else [PatchOperation(op="replace", path=path, value=last.as_object())]
        fix += [PatchOperation(op="add", path=path, value=each.as_object()) for each in reversed(before)]
        return LayerCheck(after, parameters, build_problem(code, f"user_arch[{position}]", message, remedy.hint, fix))
    hint = "Change this layer or the layers before it."
    return LayerCheck(None, 0, build_problem(code, f"user_arch[{position}]", message, hint))


def _reshape(layer: Layer, shape: Shape) -> Iterator[Remedy]:
    """Propose the same layer for the input's number of axes, such as BatchNorm1d for BatchNorm2d, or a reshape
    before it.
    """
    wanted, arriving = (layer.entry.axes or (1,))[-1], len(shape)
    sibling = LAYERS.get(f"{layer.name[:-2]}{max(arriving, 2) - 1}d")
    if sibling and sibling != layer.entry and arriving in sibling.axes:
        try:
            # The given size is of another axis.
            same = parse_layer(
                {**_change(layer, **{layer.entry.size_argument or "": None}).as_object(), "layer": sibling.name}
            )
            yield Remedy(f"Use {sibling.name} instead.", (same,))
        except SpecRefused:
            pass  # layers for sequences take no pairs
    folded = _fold(layer, shape, wanted)
    if folded is not None:
        hint = f"Put {folded.as_source(shape)} before it."
        yield Remedy(hint, (folded, layer))
        if layer.entry.size_argument:
            yield Remedy(hint, (folded, _change(layer, **{layer.entry.size_argument: None})))


def _fold(layer: Layer, shape: Shape, wanted: int) -> Layer | None:
    """Return a Flatten or Unflatten that gives `shape` the number of axes `wanted`, as square as possible.

    Returns None if there is none.
    """
    arriving = len(shape)
    if arriving > wanted:
        return Layer(LAYERS["Flatten"], {} if wanted == 1 else {"start_dim": wanted})
    channels = layer.arguments.get("in_channels")
    channels = channels if isinstance(channels, int) and shape[0] % channels == 0 else 1
    if (arriving, wanted) == (1, 2):
        return Layer(LAYERS["Unflatten"], {"dim": 1, "unflattened_size": (channels, shape[0] // channels)})
    if (arriving, wanted) == (1, 3):
        size = (channels, *_as_square(shape[0] // channels))
        return Layer(LAYERS["Unflatten"], {"dim": 1, "unflattened_size": size})
    if (arriving, wanted) == (2, 3):
        return Layer(LAYERS["Unflatten"], {"dim": 2, "unflattened_size": _as_square(shape[1])})
    return None


def _as_square(count: int) -> tuple[int, int]:
    height = next(side for side in range(isqrt(count), 0, -1) if count % side == 0)
    return height, count // height


def _is_window_too_large(layer: Layer, shape: Shape) -> bool:
    kernel, arriving = layer.get_value("kernel_size"), shape[1:]
    if kernel is None:
        return False
    sides = (_as_sides(layer.get_value(name) or 1, len(arriving)) for name in ("kernel_size", "dilation"))
    paddings = _as_sides(layer.get_value("padding"), len(arriving))
    reach = (step * (side - 1) + 1 for side, step in zip(*sides, strict=True))
    return any(each > size + 2 * padding for each, size, padding in zip(reach, arriving, paddings, strict=True))


def _as_sides(value: object, count: int) -> tuple[int, ...]:
    return value if isinstance(value, tuple) else (int(str(value)),) * count


def _shrink(layer: Layer, shape: Shape) -> Iterator[Remedy]:
    kernel = _as_sides(layer.get_value("kernel_size"), len(shape) - 1)
    fitting = min(*kernel, *shape[1:])
    hint = f"Use a kernel_size of at most {fitting}, or less pooling before it."
    yield Remedy(hint, (_change(layer, kernel_size=fitting, dilation=None, padding=None),))


def _refold(layer: Layer, size: tuple[int, ...], shape: Shape) -> Iterator[Remedy]:
    if len(shape) == 1 and len(size) > 1:
        channels = size[0] if shape[0] % size[0] == 0 else 1
        rest = shape[0] // channels
        fitting = (channels, rest) if len(size) == 2 else (channels, *_as_square(rest))
        hint = f"{shape[0]} values can become {write_shape(fitting)}, for example."
        yield Remedy(hint, (_change(layer, dim=1, unflattened_size=list(fitting)),))


def _change(layer: Layer, **changes: object) -> Layer:
    return parse_layer(layer.as_object(**changes))  # type: ignore[arg-type]
