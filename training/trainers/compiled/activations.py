"""Element-wise activations and their derivatives, with the formulas of torch's documentation.

`a` and `b` are the constants of a layer, such as the slope of LeakyReLU.
"""

from __future__ import annotations

import math
from typing import Any

from training.trainers.compiled.jit import compiled, like
from training.trainers.compiled.operations import Operation


@compiled
def activate(kind: int, x: Any, y: Any, a: Any, b: Any) -> None:
    """Write the activation of x (flat) to y (flat)."""
    if kind == Operation.ReLU:  # a loop of its own, which the compiler vectorises
        zero = like(0, a)
        for i in range(x.size):
            y[i] = zero if x[i] <= zero else x[i]  # NaN stays NaN
    else:
        for i in range(x.size):
            y[i] = _value(kind, x[i], a, b)


@compiled
def activate_backward(kind: int, x: Any, y: Any, dy: Any, dx: Any, a: Any, b: Any) -> None:
    """Write the gradient of the loss with respect to x, given its gradient dy with respect to y. All are flat."""
    if kind == Operation.ReLU:
        zero = like(0, a)
        for i in range(x.size):
            dx[i] = dy[i] if x[i] > zero else zero
    else:
        for i in range(x.size):
            dx[i] = dy[i] * _slope(kind, x[i], y[i], a, b)


@compiled
def _value(kind: int, x: Any, a: Any, b: Any) -> Any:
    zero, half, one = like(0, x), like(0.5, x), like(1, x)
    if kind == Operation.LeakyReLU:
        return x if x > zero else x * a
    if kind == Operation.ELU:
        return x if x > zero else a * math.expm1(x)
    if kind == Operation.GELU:
        return half * x * (one + math.erf(x * like(math.sqrt(0.5), x)))
    if kind == Operation.SiLU:
        return x / (one + math.exp(-x))
    if kind == Operation.Softplus:
        return x if x > like(20, x) else math.log1p(math.exp(x))
    if kind == Operation.Tanh:
        return math.tanh(x)
    if kind == Operation.Hardtanh:
        return a if x < a else b if x > b else x
    return one / (one + math.exp(-x))  # Sigmoid


@compiled
def _slope(kind: int, x: Any, y: Any, a: Any, b: Any) -> Any:
    zero, half, one = like(0, x), like(0.5, x), like(1, x)
    if kind == Operation.LeakyReLU:
        return one if x > zero else a
    if kind == Operation.ELU:
        return one if x > zero else a * math.exp(x)
    if kind == Operation.GELU:
        density = math.exp(-half * x * x) * like(1 / math.sqrt(2 * math.pi), x)
        return half * (one + math.erf(x * like(math.sqrt(0.5), x))) + x * density
    if kind == Operation.SiLU:
        gate = one / (one + math.exp(-x))
        return gate * (one + x * (one - gate))
    if kind == Operation.Softplus:
        return one if x > like(20, x) else one / (one + math.exp(-x))
    if kind == Operation.Tanh:
        return one - y * y
    if kind == Operation.Hardtanh:
        return one if a < x < b else zero
    return y * (one - y)  # Sigmoid
