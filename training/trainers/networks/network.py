"""Layers -> an ordinary `nn.Sequential`, real or on torch's meta device, where sizes cost nothing."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm as BatchNorm
from torch.nn.modules.dropout import _DropoutNd as Dropout

from training.trainers.calls import Literal
from training.trainers.networks.layer import Layer, Shape
from training.trainers.networks.layers import LAYERS

MODULES: dict[str, type[nn.Module]] = {name: getattr(nn, name) for name in LAYERS}
"""The registry's own names are the names of torch's classes."""

MODAL = (BatchNorm, Dropout)
"""What behaves otherwise in training than in use."""

RUN_CHUNK = 8_192  # rows that go through a network at once when it is tested or used


def build_network(layers: Sequence[Layer], n_features: int) -> nn.Sequential:
    """Sizes that were left out are filled in. The layers must have passed the preflight.

    Weights are drawn from torch's global generator, as torch does it.
    """
    shape: Shape = (n_features,)
    modules = []
    for layer in layers:
        modules.append(build_module(layer, shape))
        shape, _ = infer_shape(layer, shape)
    return nn.Sequential(*modules)


def run_network(network: nn.Module, X: torch.Tensor) -> torch.Tensor:
    """Rows (n, n_features) -> outputs (n, n_outputs), without gradients. Whether it trains or not is left as it is."""
    with torch.inference_mode():
        chunks = [network(chunk) for chunk in X.split(RUN_CHUNK)]
    return chunks[0] if len(chunks) == 1 else torch.cat(chunks)


def build_module(layer: Layer, shape: Shape, device: str = "cpu") -> nn.Module:
    """One module for inputs of `shape`, which is without the batch dimension."""
    arguments: dict[str, Any] = layer.complete(shape)
    if layer.entry.size_argument is not None:  # it has weights, or numbers that it keeps
        arguments["device"] = device
    return MODULES[layer.name](**arguments)


def infer_shape(layer: Layer, shape: Shape) -> tuple[Shape, int]:
    """The shape that comes out and the number of parameters, by running the real module on the meta device.

    Raises RuntimeError or ValueError, torch's own, where the shapes do not fit.
    """
    return _infer_shape(layer.name, tuple(sorted(layer.arguments.items())), shape)


@lru_cache(maxsize=4_096)  # the meta device takes a millisecond a layer, which is asked about at every keystroke
def _infer_shape(name: str, arguments: tuple[tuple[str, Literal], ...], shape: Shape) -> tuple[Shape, int]:
    layer = Layer(LAYERS[name], dict(arguments))
    if layer.entry.axes and len(shape) not in layer.entry.axes:
        # torch would take the batch for channels.
        raise ValueError(f"{layer.name} takes inputs with {layer.entry.axes} axes, not {len(shape)}")
    module = build_module(layer, shape, device="meta")
    with torch.no_grad():
        outputs = module(torch.empty((2, *shape), device="meta"))
    return tuple(outputs.shape[1:]), sum(parameter.numel() for parameter in module.parameters())
