"""A network's parameters as one flat vector, and back: a step or a zero for all of them at once. Used by the loop."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

ALIGNMENT = 16  # float32 numbers: 64 bytes


@dataclass(frozen=True)
class Flat:
    """`vector` (n,) holds all parameters, `gradients` (n,) all gradients; the lists hold the views, one a parameter.

    Each parameter begins where torch would let a tensor of its own begin, with zeros before it: sums depend on that in
    their last bits.
    """

    vector: Tensor
    gradients: Tensor
    parameter_views: list[Tensor]
    gradient_views: list[Tensor]


def flatten(network: nn.Module) -> Flat:
    """Moves all parameters into one vector that they become views of, and gives them gradients in another."""
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
    """Gives every parameter, and what layers have counted, storage of its own again, so that a saved state_dict holds
    each once; takes the gradients away.
    """
    for parameter in network.parameters():
        parameter.data = parameter.data.clone()
        parameter.grad = None
    for buffer in network.buffers():
        buffer.data = buffer.data.clone()
    return network
