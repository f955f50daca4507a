"""Store a network's parameters in one flat vector, so that one operation updates or clears all of them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

ALIGNMENT = 16  # float32 numbers: 64 bytes


@dataclass(frozen=True)
class Flat:
    """All parameters and gradients as flat vectors (n,), and a list with a view for each parameter.

    Each parameter starts at the alignment that torch gives a tensor of its own, with zeros before it. Sums depend on
    that in their last bits.
    """

    vector: Tensor
    gradients: Tensor
    parameter_views: list[Tensor]
    gradient_views: list[Tensor]


def flatten(network: nn.Module) -> Flat:
    """Move all parameters into one vector and their gradients into another. The parameters become views."""
    parameters = list(network.parameters())
    starts = [0]
    for parameter in parameters:
        starts.append(starts[-1] + math.ceil(parameter.numel() / ALIGNMENT) * ALIGNMENT)
    device = parameters[0].device if parameters else None
    real = parameters[0].dtype if parameters else torch.float32
    vector, gradients = (torch.zeros(starts[-1], device=device, dtype=real) for _ in range(2))
    for start, parameter in zip(starts, parameters, strict=False):
        place = slice(start, start + parameter.numel())
        vector[place] = parameter.detach().reshape(-1)
        parameter.data = vector[place].view_as(parameter)
        parameter.grad = gradients[place].view_as(parameter)
    return Flat(
        vector,
        gradients,
        [parameter.detach() for parameter in parameters],
        [parameter.grad for parameter in parameters if parameter.grad is not None],
    )


def unflatten(network: nn.Sequential) -> nn.Sequential:
    """Give every parameter and buffer storage of its own and remove the gradients.

    A saved state_dict then holds each value once.
    """
    for parameter in network.parameters():
        parameter.data = parameter.data.clone()
        parameter.grad = None
    for buffer in network.buffers():
        buffer.data = buffer.data.clone()
    return network
