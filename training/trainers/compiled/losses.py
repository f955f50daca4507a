"""Loss functions and their gradients with respect to the outputs, in torch's definitions."""

from __future__ import annotations

import math
from typing import Any

from training.trainers.compiled.jit import compiled, like
from training.trainers.compiled.operations import Loss


@compiled
def measure_loss(
    loss: int, outputs: Any, labels: Any, values: Any, order: Any, weights: Any, shares: Any, slopes: Any
) -> tuple[Any, Any]:
    """Return the sum of the losses of a batch and its divisor, and write the gradients.

    Parameters
    ----------
    outputs : ndarray of shape (rows, n_outputs)
    order : ndarray of shape (rows,)
        The indices of these rows among all n rows.
    labels : ndarray of shape (n,), int64
        Class indices, if there are classes.
    values : ndarray of shape (n,)
        Targets of other losses than cross-entropy.
    weights : ndarray of shape (n_classes,)
        Class weights.
    shares : ndarray of shape (n,)
        Row weights, which do not change the divisor.
    slopes : ndarray of shape (rows, n_outputs)
        Gradients of the mean loss with respect to the outputs.
    """
    if loss == Loss.CROSS_ENTROPY:
        return cross_entropy(outputs, labels, order, weights, shares, slopes)
    total, rows = like(0, outputs[0, 0]), like(0, outputs[0, 0])
    for i in range(outputs.shape[0]):
        rows += weights[labels[order[i]]] if weights.size else like(1, rows)
    for i in range(outputs.shape[0]):
        value, slope = measure_row(loss, outputs[i, 0], values[order[i]])
        weight = shares[order[i]]
        if weights.size:
            weight *= weights[labels[order[i]]]
        total += weight * value
        slopes[i, 0] = weight * slope / rows if rows else like(0, rows)
    return total, rows


@compiled
def cross_entropy(outputs: Any, labels: Any, order: Any, weights: Any, shares: Any, slopes: Any) -> tuple[Any, Any]:
    rows, n = outputs.shape
    total, weight_of_all = like(0, outputs[0, 0]), like(0, outputs[0, 0])
    for i in range(rows):
        weight_of_all += weights[labels[order[i]]]
    for i in range(rows):
        most = outputs[i, 0]
        for j in range(1, n):
            most = max(most, outputs[i, j])
        power = like(0, most)
        for j in range(n):
            power += math.exp(outputs[i, j] - most)
        label = labels[order[i]]
        shift, weight = most + math.log(power), weights[label] * shares[order[i]]
        total += weight * (shift - outputs[i, label])
        share = weight / weight_of_all if weight_of_all else like(0, weight)
        for j in range(n):
            slopes[i, j] = share * math.exp(outputs[i, j] - shift)
        slopes[i, label] -= share
    return total, weight_of_all


@compiled
def measure_row(loss: int, x: Any, y: Any) -> tuple[Any, Any]:
    """Return the loss of one output x with the target y, and its derivative with respect to x."""
    zero, one = like(0, x), like(1, x)
    if x != x:
        return x, x  # NaN, which the limit below would hide
    if loss == Loss.SQUARED:
        return (x - y) ** 2, like(2, x) * (x - y)
    if loss == Loss.ABSOLUTE:
        return abs(x - y), one if x > y else -one if x < y else x - y  # 0 if they are equal, NaN for NaN
    if loss == Loss.HUBER:
        return _huber(x - y)
    if loss == Loss.BINARY_CROSS_ENTROPY_WITH_LOGITS:
        # max(x, 0) - x y + log(1 + exp(-|x|)), which does not overflow
        return max(x, zero) - x * y + math.log1p(math.exp(-abs(x))), one / (one + math.exp(-x)) - y
    least = like(-100, x)  # torch's lower limit of logarithms, which keeps the loss finite
    value = (y - one) * max(math.log1p(-x), least) - y * max(math.log(x), least)
    return value, (x - y) / max(x * (one - x), like(1e-12, x))


@compiled
def _huber(error: Any) -> tuple[Any, Any]:
    half, one = like(0.5, error), like(1, error)
    if abs(error) < one:
        return half * error * error, error
    return abs(error) - half, one if error > one else -one if error < -one else error


@compiled
def is_right(loss: int, cut: float, outputs: Any, label: int) -> bool:
    """Return whether the outputs (n_outputs,) of a row predict its class. cut: see Rule."""
    if cut == cut:  # not NaN
        score = outputs[1] - outputs[0] if loss == Loss.CROSS_ENTROPY else outputs[0]
        return (score >= cut) == (label == 1)
    if loss == Loss.BINARY_CROSS_ENTROPY:
        return (outputs[0] > like(0.5, outputs[0])) == (label == 1)
    if loss == Loss.BINARY_CROSS_ENTROPY_WITH_LOGITS:
        return (outputs[0] > like(0, outputs[0])) == (label == 1)
    best = 0
    for j in range(1, outputs.size):
        if outputs[j] > outputs[best]:
            best = j
    return best == label
