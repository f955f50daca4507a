"""A network's parameters as one flat vector, and back: a step or a zero for all of them at once. Used by the loop."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Flat:
    """`vector` (n,) holds all parameters, `gradients` (n,) all gradients; the lists hold the views, one a parameter."""

    vector: Tensor
    gradients: Tensor
    parameter_views: list[Tensor]
    gradient_views: list[Tensor]


def flatten(network: nn.Module) -> Flat:
    """Moves all parameters into one vector that they become views of, and gives them gradients in another."""
    parameters = list(network.parameters())
    vector = torch.cat([parameter.detach().reshape(-1) for parameter in parameters]) if parameters else torch.zeros(0)
    gradients = torch.zeros_like(vector)
    position = 0
    for parameter in parameters:
        end = position + parameter.numel()
        parameter.data = vector[position:end].view_as(parameter)
        parameter.grad = gradients[position:end].view_as(parameter)
        position = end
    return Flat(
        vector,
        gradients,
        [parameter.detach() for parameter in parameters],
        [parameter.grad for parameter in parameters if parameter.grad is not None],
    )


def unflatten(network: nn.Sequential) -> nn.Sequential:
    """Gives every parameter storage of its own again, so that a saved state_dict holds each once, and no gradients."""
    for parameter in network.parameters():
        parameter.data = parameter.data.clone()
        parameter.grad = None
    return network
