"""Optimisers: torch's functional steps, without the bookkeeping of `torch.optim.Optimizer`.

Results equal torch's to the last bit, so that the downloaded script reproduces the run. Some kernels treat the end of a
tensor differently from its middle. With those, each parameter is updated as a tensor of its own, by the kernel of
`fused=True`. Otherwise all parameters are one flat vector.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.optim.adagrad import adagrad
from torch.optim.rmsprop import rmsprop

from training.spec import Optimizer
from training.trainers.networks.parameters import Flat

TakeStep = Callable[[float], object]
"""Updates the parameters once with a learning rate."""


class Step(NamedTuple):
    """`take` updates the parameters. `memory` holds the optimiser's state, which `take` changes in place."""

    take: TakeStep
    memory: list[Tensor]


BETA1, BETA2, EPS = 0.9, 0.999, 1e-8
RMSPROP_ALPHA = 0.99


def build_step(optimizer: Optimizer, flat: Flat, weight_decay: float, momentum: float = 0.0) -> Step:
    """Return the update step of an optimiser, with torch's defaults. Only SGD uses `momentum`."""
    build = {
        Optimizer.ADAM: lambda: _build_adam(torch._fused_adam_, flat, weight_decay),
        Optimizer.ADAMW: lambda: _build_adam(torch._fused_adamw_, flat, weight_decay),
        Optimizer.SGD: lambda: _build_sgd(flat, weight_decay, momentum),
        Optimizer.RMSPROP: lambda: _build_rmsprop(flat, weight_decay),
        Optimizer.ADAGRAD: lambda: _build_adagrad(flat, weight_decay),
    }[optimizer]
    take, memory = build()
    return Step(torch.no_grad()(take), memory)


def _build_adam(kernel: Callable[..., object], flat: Flat, weight_decay: float) -> Step:
    """Build Adam or AdamW. The kernel is called directly, which is faster than torch's function for a single tensor."""
    params, grads = flat.parameter_views, flat.gradient_views
    first, second = [torch.zeros_like(each) for each in params], [torch.zeros_like(each) for each in params]
    count = torch.zeros((), device=flat.vector.device)
    counts = [count] * len(params)

    def step(lr: float) -> None:
        count.add_(1)
        kernel(
            params, grads, first, second, [], counts, lr=lr, beta1=BETA1, beta2=BETA2, weight_decay=weight_decay,
            eps=EPS, amsgrad=False, maximize=False,
        )  # fmt: skip

    return Step(step, [*first, *second, count])


def _build_sgd(flat: Flat, weight_decay: float, momentum: float) -> Step:
    params, grads = flat.parameter_views, flat.gradient_views
    velocities = [torch.zeros_like(each) for each in params] if momentum else []

    def step(lr: float) -> None:
        torch._fused_sgd_(
            params, grads, velocities, lr=lr, weight_decay=weight_decay, momentum=momentum, dampening=0.0,
            nesterov=False, maximize=False, is_first_step=False,
        )  # fmt: skip

    return Step(step, velocities)


def _build_rmsprop(flat: Flat, weight_decay: float) -> Step:
    squares, count = [torch.zeros_like(flat.vector)], [torch.zeros((), device=flat.vector.device)]

    def step(lr: float) -> None:
        rmsprop(
            [flat.vector], [flat.gradients], squares, [], [], count, foreach=False, lr=lr, alpha=RMSPROP_ALPHA,
            eps=EPS, weight_decay=weight_decay, momentum=0.0, centered=False,
        )  # fmt: skip

    return Step(step, [*squares, *count])


def _build_adagrad(flat: Flat, weight_decay: float) -> Step:
    squares, count = [torch.zeros_like(flat.vector)], [torch.zeros((), device=flat.vector.device)]
    fused = flat.vector.device.type == "cpu"

    def step(lr: float) -> None:
        adagrad(
            [flat.vector], [flat.gradients], squares, count, fused=fused, foreach=False, lr=lr,
            weight_decay=weight_decay, lr_decay=0.0, eps=1e-10, maximize=False,
        )  # fmt: skip

    return Step(step, [*squares, *count])
