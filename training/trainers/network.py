"""Layers -> an ordinary `nn.Sequential`, real or on torch's meta device, where sizes cost nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from training.trainers.layers import Layer

MODULES: dict[str, type[nn.Module]] = {
    module.__name__: module
    for module in (
        nn.BatchNorm1d, nn.Dropout, nn.ELU, nn.GELU, nn.LeakyReLU, nn.Linear, nn.LogSoftmax, nn.ReLU, nn.SiLU,
        nn.Sigmoid, nn.Softmax, nn.Softplus, nn.Tanh,
    )
}  # fmt: skip

Shape = tuple[int, ...]


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


def build_module(layer: Layer, shape: Shape, device: str = "cpu") -> nn.Module:
    """One module for inputs of `shape`, which is without the batch dimension."""
    arguments: dict[str, Any] = {
        argument.name: argument.default for argument in layer.entry.arguments if argument.default is not None
    }
    arguments.update(layer.arguments)
    if layer.entry.size_argument is not None:
        arguments.setdefault(layer.entry.size_argument, shape[layer.entry.size_axis])
        arguments["device"] = device
    return MODULES[layer.name](**arguments)


def infer_shape(layer: Layer, shape: Shape) -> tuple[Shape, int]:
    """The shape that comes out and the number of parameters, by running the real module on the meta device.

    Raises RuntimeError or ValueError, torch's own, where the shapes do not fit.
    """
    module = build_module(layer, shape, device="meta")
    with torch.no_grad():
        outputs = module(torch.empty((2, *shape), device="meta"))
    return tuple(outputs.shape[1:]), sum(parameter.numel() for parameter in module.parameters())
