"""Build an `nn.Sequential` from layers, on a device or on torch's meta device, which allocates nothing."""

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
"""Class in `torch.nn` of each layer. The names are equal."""

MODAL = (BatchNorm, Dropout)
"""Modules that behave differently in training and in evaluation."""

RUN_CHUNK = 8_192  # rows per forward pass in evaluation


def build_network(layers: Sequence[Layer], n_features: int) -> nn.Sequential:
    """Build a network from layers that have passed the preflight. Sizes that are absent are inferred.

    Initial weights are drawn from torch's global generator.
    """
    shape: Shape = (n_features,)
    modules = []
    for layer in layers:
        modules.append(build_module(layer, shape))
        shape, _ = infer_shape(layer, shape)
    return nn.Sequential(*modules)


def run_network(network: nn.Module, X: torch.Tensor) -> torch.Tensor:
    """Return the outputs (n, n_outputs) for rows X (n, n_features), without gradients. Does not change the mode."""
    with torch.inference_mode():
        chunks = [network(chunk) for chunk in X.split(RUN_CHUNK)]
    return chunks[0] if len(chunks) == 1 else torch.cat(chunks)


def build_module(layer: Layer, shape: Shape, device: str = "cpu") -> nn.Module:
    """Build the module of one layer for inputs of `shape`, without the batch dimension."""
    arguments: dict[str, Any] = layer.complete(shape)
    if layer.entry.size_argument is not None:  # it has parameters or buffers
        arguments["device"] = device
    return MODULES[layer.name](**arguments)


def infer_shape(layer: Layer, shape: Shape) -> tuple[Shape, int]:
    """Return the output shape and the number of parameters, computed on the meta device.

    Raises torch's own RuntimeError or ValueError if the shapes do not fit.
    """
    return _infer_shape(layer.name, tuple(sorted(layer.arguments.items())), shape)


@lru_cache(maxsize=4_096)  # a layer takes about 1 ms, and the page checks a spec at every keystroke
def _infer_shape(name: str, arguments: tuple[tuple[str, Literal], ...], shape: Shape) -> tuple[Shape, int]:
    layer = Layer(LAYERS[name], dict(arguments))
    if layer.entry.axes and len(shape) not in layer.entry.axes:
        # torch would treat the batch dimension as channels.
        raise ValueError(f"{layer.name} takes inputs with {layer.entry.axes} axes, not {len(shape)}")
    module = build_module(layer, shape, device="meta")
    with torch.no_grad():
        outputs = module(torch.empty((2, *shape), device="meta"))
    return tuple(outputs.shape[1:]), sum(parameter.numel() for parameter in module.parameters())
