"""The optimisers of the spec: torch's own functional steps, on all of a network's parameters as one flat vector.

A step on one vector instead of many tensors, without the bookkeeping of `torch.optim.Optimizer`, takes a third of the
time for small networks; the arithmetic is torch's.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.optim.adagrad import adagrad
from torch.optim.adam import adam
from torch.optim.adamw import adamw
from torch.optim.rmsprop import rmsprop
from torch.optim.sgd import sgd

from training.spec import Optimizer

Step = Callable[[], None]

BETA1, BETA2, EPS = 0.9, 0.999, 1e-8
RMSPROP_ALPHA = 0.99


def build_step(optimizer: Optimizer, parameters: Tensor, gradients: Tensor, lr: float, weight_decay: float) -> Step:
    """A function that takes one step: `parameters` (n,) change in place by `gradients` (n,). Defaults are torch's."""
    params, grads = [parameters], [gradients]
    first, second = [torch.zeros_like(parameters)], [torch.zeros_like(parameters)]
    steps = [torch.zeros((), device=parameters.device)]

    def step_adam() -> None:
        adam(
            params, grads, first, second, [], steps, fused=True, foreach=False, amsgrad=False, beta1=BETA1, beta2=BETA2,
            lr=lr, weight_decay=weight_decay, eps=EPS, maximize=False,
        )  # fmt: skip

    def step_adamw() -> None:
        adamw(
            params, grads, first, second, [], steps, fused=True, foreach=False, amsgrad=False, beta1=BETA1, beta2=BETA2,
            lr=lr, weight_decay=weight_decay, eps=EPS, maximize=False,
        )  # fmt: skip

    def step_sgd() -> None:
        sgd(
            params, grads, [None], fused=True, foreach=False, weight_decay=weight_decay, momentum=0.0, lr=lr,
            dampening=0.0, nesterov=False, maximize=False,
        )  # fmt: skip

    def step_rmsprop() -> None:
        rmsprop(
            params, grads, second, [], [], steps, foreach=False, lr=lr, alpha=RMSPROP_ALPHA, eps=EPS,
            weight_decay=weight_decay, momentum=0.0, centered=False,
        )  # fmt: skip

    def step_adagrad() -> None:
        adagrad(
            params, grads, second, steps, fused=parameters.device.type == "cpu", foreach=False, lr=lr,
            weight_decay=weight_decay, lr_decay=0.0, eps=1e-10, maximize=False,
        )  # fmt: skip

    step = {
        Optimizer.ADAM: step_adam,
        Optimizer.ADAMW: step_adamw,
        Optimizer.SGD: step_sgd,
        Optimizer.RMSPROP: step_rmsprop,
        Optimizer.ADAGRAD: step_adagrad,
    }[optimizer]
    return torch.no_grad()(step)
