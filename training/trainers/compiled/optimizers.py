"""Optimisers: one loop over all parameters each, in torch's definitions and with torch's defaults."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from training.trainers.compiled.jit import compiled, like
from training.trainers.compiled.operations import Step
from training.trainers.networks.optimizers import BETA1, BETA2, EPS, RMSPROP_ALPHA

ADAGRAD_EPS = 1e-10
CLIP_EPS = 1e-6  # torch's, in clip_grad_norm_


class Rule(NamedTuple):
    """The loss, the optimiser and their settings.

    `clip`: the largest norm of all gradients together, infinity without gradient clipping. `cut`: the score from which
    on the second of two classes is predicted, NaN without a decision threshold.
    """

    loss: int
    step: int
    rate: float
    decay: float
    momentum: float
    clip: float
    cut: float


@compiled
def clip(gradients: Any, limit: float) -> None:
    """Gradient clipping: scale all gradients down if their norm is larger than `limit`."""
    squares = 0.0
    for i in range(gradients.size):
        squares += gradients[i] * gradients[i]
    scale = limit / (math.sqrt(squares) + CLIP_EPS)
    if scale < 1:
        factor = like(scale, gradients[0])
        for i in range(gradients.size):
            gradients[i] *= factor
    elif not scale >= 1:  # NaN
        gradients[:] = math.nan


@compiled
def take_step(rule: Rule, count: int, w: Any, g: Any, first: Any, second: Any) -> None:
    """Update the parameters w (n,) by their gradients g. `count` starts at 1; first, second (n,): the optimiser's
    state.
    """
    if rule.step == Step.SGD:
        sgd(w, g, first, like(rule.rate, w[0]), like(rule.decay, w[0]), like(rule.momentum, w[0]))
    elif rule.step == Step.ADAM or rule.step == Step.ADAMW:
        adam(w, g, first, second, count, rule.rate, rule.decay, rule.step == Step.ADAMW)
    elif rule.step == Step.RMSPROP:
        rmsprop(w, g, first, like(rule.rate, w[0]), like(rule.decay, w[0]))
    else:
        adagrad(w, g, first, like(rule.rate, w[0]), like(rule.decay, w[0]))


@compiled
def sgd(w: Any, g: Any, velocity: Any, rate: Any, decay: Any, momentum: Any) -> None:
    for i in range(w.size):
        velocity[i] = momentum * velocity[i] + (g[i] + decay * w[i])
        w[i] -= rate * velocity[i]


@compiled
def adam(w: Any, g: Any, first: Any, second: Any, count: int, rate: float, decay: float, decoupled: bool) -> None:
    beta1, beta2, eps = like(BETA1, w[0]), like(BETA2, w[0]), like(EPS, w[0])
    new1, new2 = like(1 - BETA1, w[0]), like(1 - BETA2, w[0])
    size = like(rate / (1 - BETA1**count), w[0])
    root = like(1 / math.sqrt(1 - BETA2**count), w[0])
    shrink = like(1 - rate * decay if decoupled else 1.0, w[0])
    added = like(0.0 if decoupled else decay, w[0])
    for i in range(w.size):
        weight = w[i] * shrink
        slope = g[i] + added * weight
        first[i] = beta1 * first[i] + new1 * slope
        second[i] = beta2 * second[i] + new2 * slope * slope
        w[i] = weight - size * first[i] / (math.sqrt(second[i]) * root + eps)


@compiled
def rmsprop(w: Any, g: Any, squares: Any, rate: Any, decay: Any) -> None:
    alpha, new, eps = like(RMSPROP_ALPHA, w[0]), like(1 - RMSPROP_ALPHA, w[0]), like(EPS, w[0])
    for i in range(w.size):
        slope = g[i] + decay * w[i]
        squares[i] = alpha * squares[i] + new * slope * slope
        w[i] -= rate * slope / (math.sqrt(squares[i]) + eps)


@compiled
def adagrad(w: Any, g: Any, squares: Any, rate: Any, decay: Any) -> None:
    eps = like(ADAGRAD_EPS, w[0])
    for i in range(w.size):
        slope = g[i] + decay * w[i]
        squares[i] += slope * slope
        w[i] -= rate * slope / (math.sqrt(squares[i]) + eps)
