"""Layers that combine values: forward and backward pass of each, in torch's definitions.

x: inputs (rows, n_in). y: outputs (rows, n_out). dx, dy: gradients of the loss with respect to them. Backward functions
also write the gradients of the parameters.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from training.trainers.compiled.jit import compiled, like


@compiled
def linear(x: Any, weight: Any, bias: Any, y: Any) -> None:
    """Compute a linear layer. weight: (n_out, n_in); bias: (n_out,), or empty for none."""
    np.dot(x, weight.T, y)
    if bias.size:
        for i in range(y.shape[0]):
            for j in range(y.shape[1]):
                y[i, j] += bias[j]


@compiled
def linear_backward(x: Any, weight: Any, dy: Any, dx: Any, dweight: Any, dbias: Any, needs_dx: bool) -> None:
    np.dot(dy.T, x, dweight)
    if dbias.size:
        dbias[:] = 0
        for i in range(dy.shape[0]):
            for j in range(dy.shape[1]):
                dbias[j] += dy[i, j]
    if needs_dx:
        np.dot(dy, weight, dx)


@compiled
def dropout(x: Any, mask: Any, scale: Any, y: Any) -> None:
    """Multiply x by a mask. All arrays are flat. scale: 1 / (1 - p); mask: 1 for values that are kept.

    The backward pass is the same with dy for x.
    """
    for i in range(x.size):
        y[i] = x[i] * (mask[i] * scale)


@compiled
def batch_norm(
    x: Any, weight: Any, bias: Any, mean: Any, inverse: Any, running: Any, momentum: Any, eps: Any, y: Any
) -> None:
    """Standardise each column over the batch, in training.

    Writes the mean and the inverse deviation (n,) of the batch, and updates `running` (2, n).
    """
    rows, n = x.shape
    mean[:] = 0
    inverse[:] = 0
    share = like(1, eps) / like(rows, eps)
    for i in range(rows):
        for j in range(n):
            mean[j] += x[i, j]
    for j in range(n):
        mean[j] *= share
    for i in range(rows):
        for j in range(n):
            inverse[j] += (x[i, j] - mean[j]) ** 2
    keep, unbiased = like(1, eps) - momentum, like(rows, eps) / like(rows - 1, eps)
    for j in range(n):
        variance = inverse[j] * share
        running[0, j] = keep * running[0, j] + momentum * mean[j]
        running[1, j] = keep * running[1, j] + momentum * variance * unbiased
        inverse[j] = like(1, eps) / math.sqrt(variance + eps)
    for i in range(rows):
        for j in range(n):
            y[i, j] = (x[i, j] - mean[j]) * inverse[j] * weight[j] + bias[j]


@compiled
def batch_norm_backward(
    x: Any, weight: Any, mean: Any, inverse: Any, dy: Any, dx: Any, dweight: Any, dbias: Any
) -> None:
    rows, n = x.shape
    dweight[:] = 0
    dbias[:] = 0
    for i in range(rows):
        for j in range(n):
            dbias[j] += dy[i, j]
            dweight[j] += dy[i, j] * (x[i, j] - mean[j]) * inverse[j]
    share = like(1, x[0, 0]) / like(rows, x[0, 0])
    for i in range(rows):
        for j in range(n):
            standard = (x[i, j] - mean[j]) * inverse[j]
            dx[i, j] = weight[j] * inverse[j] * (dy[i, j] - share * (dbias[j] + standard * dweight[j]))


@compiled
def batch_norm_in_use(x: Any, weight: Any, bias: Any, running: Any, eps: Any, y: Any) -> None:
    """Standardise each column by the running mean and variance, in evaluation."""
    rows, n = x.shape
    for j in range(n):
        factor = weight[j] / math.sqrt(running[1, j] + eps)
        shift = bias[j] - running[0, j] * factor
        for i in range(rows):
            y[i, j] = x[i, j] * factor + shift


@compiled
def layer_norm(x: Any, weight: Any, bias: Any, mean: Any, inverse: Any, eps: Any, y: Any) -> None:
    """Standardise each row. Writes its mean and inverse deviation (rows,)."""
    rows, n = x.shape
    share = like(1, eps) / like(n, eps)
    for i in range(rows):
        total = like(0, eps)
        for j in range(n):
            total += x[i, j]
        centre = total * share
        squares = like(0, eps)
        for j in range(n):
            squares += (x[i, j] - centre) ** 2
        mean[i] = centre
        inverse[i] = like(1, eps) / math.sqrt(squares * share + eps)
        for j in range(n):
            y[i, j] = (x[i, j] - centre) * inverse[i] * weight[j] + bias[j]


@compiled
def layer_norm_backward(
    x: Any, weight: Any, mean: Any, inverse: Any, dy: Any, dx: Any, dweight: Any, dbias: Any
) -> None:
    rows, n = x.shape
    dweight[:] = 0
    dbias[:] = 0
    share = like(1, x[0, 0]) / like(n, x[0, 0])
    for i in range(rows):
        total, along = like(0, x[0, 0]), like(0, x[0, 0])
        for j in range(n):
            standard = (x[i, j] - mean[i]) * inverse[i]
            slope = dy[i, j] * weight[j]
            dbias[j] += dy[i, j]
            dweight[j] += dy[i, j] * standard
            total += slope
            along += slope * standard
        for j in range(n):
            standard = (x[i, j] - mean[i]) * inverse[i]
            dx[i, j] = inverse[i] * (dy[i, j] * weight[j] - share * (total + standard * along))


@compiled
def _largest(x: Any, i: int) -> Any:
    most = x[i, 0]
    for j in range(1, x.shape[1]):
        most = max(most, x[i, j])
    return most


@compiled
def softmax(x: Any, y: Any) -> None:
    for i in range(x.shape[0]):
        most = _largest(x, i)
        total = like(0, most)
        for j in range(x.shape[1]):
            y[i, j] = math.exp(x[i, j] - most)
            total += y[i, j]
        for j in range(x.shape[1]):
            y[i, j] /= total


@compiled
def softmax_backward(y: Any, dy: Any, dx: Any) -> None:
    for i in range(y.shape[0]):
        along = like(0, y[0, 0])
        for j in range(y.shape[1]):
            along += dy[i, j] * y[i, j]
        for j in range(y.shape[1]):
            dx[i, j] = y[i, j] * (dy[i, j] - along)


@compiled
def log_softmax(x: Any, y: Any) -> None:
    for i in range(x.shape[0]):
        most = _largest(x, i)
        total = like(0, most)
        for j in range(x.shape[1]):
            total += math.exp(x[i, j] - most)
        shift = most + math.log(total)
        for j in range(x.shape[1]):
            y[i, j] = x[i, j] - shift


@compiled
def log_softmax_backward(y: Any, dy: Any, dx: Any) -> None:
    for i in range(y.shape[0]):
        total = like(0, y[0, 0])
        for j in range(y.shape[1]):
            total += dy[i, j]
        for j in range(y.shape[1]):
            dx[i, j] = dy[i, j] - math.exp(y[i, j]) * total
