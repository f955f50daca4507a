"""The compiled loop over batches: forward pass, loss, backward pass and update.

Layer sizes are arguments, so that the code is compiled once for all networks. Called by `loop`.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from training.trainers.compiled.activations import activate, activate_backward
from training.trainers.compiled.jit import compiled, entry_point
from training.trainers.compiled.layers import (
    batch_norm,
    batch_norm_backward,
    batch_norm_in_use,
    dropout,
    layer_norm,
    layer_norm_backward,
    linear,
    linear_backward,
    log_softmax,
    log_softmax_backward,
    softmax,
    softmax_backward,
)
from training.trainers.compiled.losses import is_right, measure_loss
from training.trainers.compiled.operations import Operation
from training.trainers.compiled.optimizers import Rule, clip, take_step


class Network(NamedTuple):
    """A network as arrays. All real arrays are float32, or all are float64.

    Attributes
    ----------
    operations : ndarray of shape (n_operations, 8), int64
        One row per layer; see the columns below.
    constants : ndarray of shape (n_operations, 2)
        The constants of the layers.
    parameters, gradients : ndarray of shape (n_parameters,)
    running : ndarray
        Running means and variances of the batch norms, flat.
    masks : ndarray
        Dropout masks for several batches of at most `mask_rows` rows, flat.
    outputs, slopes : ndarray of shape (capacity * width,)
        The input and the output of each layer, one after the other, and the gradients of the loss with respect to
        them. Offsets are multiples of `capacity`.
    norms : ndarray of shape (n_operations, 2, width)
        Means and inverse deviations that the norms keep for the backward pass.
    """

    operations: Any
    constants: Any
    parameters: Any
    gradients: Any
    running: Any
    masks: Any
    outputs: Any
    slopes: Any
    norms: Any
    capacity: int
    mask_rows: int
    mask_width: int


KIND, N_IN, N_OUT, WEIGHT, BIAS, STATE, IN, OUT = range(8)
"""Columns of `Network.operations`.

WEIGHT, BIAS: offsets in the parameters, -1 for none. STATE: the offset in `running` of a batch norm, or in the masks of
a batch of a dropout, in units of `mask_rows`. IN, OUT: offsets of input and output in `outputs`.
"""


class Rows(NamedTuple):
    """Rows of a table.

    Attributes
    ----------
    X : ndarray of shape (n, n_features)
    labels : ndarray of shape (n,), int64
        Class indices.
    values : ndarray of shape (n,)
        Targets of regression and binary criteria.
    weights : ndarray of shape (n_classes,)
        Class weights.
    shares : ndarray of shape (n,)
        Row weights.
    """

    X: Any
    labels: Any
    values: Any
    weights: Any
    shares: Any


@entry_point
def run_batches(
    network: Network,
    rows: Rows,
    rule: Rule,
    order: Any,
    bounds: Any,
    first: int,
    last: int,
    moments: Any,
    count: int,
    measured: Any,
    learning: bool,
) -> None:
    """Run the batches `first` to `last`. With `learning`, update the parameters after each.

    Parameters
    ----------
    order : ndarray of shape (n,), int64
        The order of the rows.
    bounds : ndarray of shape (n_batches + 1,), int64
        Where batches start and end in `order`.
    moments : ndarray of shape (2, n_parameters)
        State of the optimiser.
    count : int
        Number of updates so far.
    measured : ndarray of shape (3,), float64
        The sum of losses, its divisor and the number of correct rows are added to it. In training, batches count by
        their rows.
    """
    for batch in range(first, last):
        here = order[bounds[batch] : bounds[batch + 1]]
        n, place = here.size, batch - first
        _gather(network, rows, here)
        _forward(network, n, place, learning)
        outputs, slopes = _last(network, network.outputs, n), _last(network, network.slopes, n)
        total, share = measure_loss(
            rule.loss, outputs, rows.labels, rows.values, here, rows.weights, rows.shares, slopes
        )
        if learning and share != 0:  # it is 0 if all classes of the batch have the weight 0
            total = total / share * n
        measured[0] += total
        measured[1] += n if learning else share
        measured[2] += _count_right(rule.loss, rule.cut, outputs, rows.labels, here)
        if learning:
            _backward(network, n, place)
            if rule.clip < math.inf:
                clip(network.gradients, rule.clip)
            take_step(rule, count + place + 1, network.parameters, network.gradients, moments[0], moments[1])


@compiled
def _block(memory: Any, start: int, rows: int, n: int) -> Any:
    return memory[start : start + rows * n].reshape(rows, n)


@compiled
def _last(network: Network, memory: Any, rows: int) -> Any:
    operation = network.operations[-1]
    return _block(memory, operation[OUT] * network.capacity, rows, operation[N_OUT])


@compiled
def _gather(network: Network, rows: Rows, order: Any) -> None:
    n_features = rows.X.shape[1]
    for i in range(order.size):
        for j in range(n_features):
            network.outputs[i * n_features + j] = rows.X[order[i], j]


@compiled
def _count_right(loss: int, cut: float, outputs: Any, labels: Any, order: Any) -> int:
    right = 0
    for i in range(order.size):
        right += is_right(loss, cut, outputs[i], labels[order[i]])
    return right


@compiled
def _forward(network: Network, rows: int, batch: int, learning: bool) -> None:
    for place in range(len(network.operations)):
        operation, constants = network.operations[place], network.constants[place]
        kind, n_in, n_out = operation[KIND], operation[N_IN], operation[N_OUT]
        x = _block(network.outputs, operation[IN] * network.capacity, rows, n_in)
        y = _block(network.outputs, operation[OUT] * network.capacity, rows, n_out)
        weight, bias = _weight(network, network.parameters, operation), _bias(network.parameters, operation)
        mean, inverse = network.norms[place, 0], network.norms[place, 1]
        if kind == Operation.Linear:
            linear(x, weight, bias, y)
        elif kind == Operation.BatchNorm1d:
            running = network.running[operation[STATE] : operation[STATE] + 2 * n_in].reshape(2, n_in)
            if learning:
                batch_norm(x, weight[0], bias, mean[:n_in], inverse[:n_in], running, constants[1], constants[0], y)
            else:
                batch_norm_in_use(x, weight[0], bias, running, constants[0], y)
        elif kind == Operation.LayerNorm:
            layer_norm(x, weight[0], bias, mean, inverse, constants[0], y)
        elif kind == Operation.Dropout:
            if learning:
                dropout(x.reshape(x.size), _mask(network, operation, batch), constants[0], y.reshape(y.size))
            else:
                for i in range(rows):
                    for j in range(n_in):
                        y[i, j] = x[i, j]
        elif kind == Operation.Softmax:
            softmax(x, y)
        elif kind == Operation.LogSoftmax:
            log_softmax(x, y)
        else:
            activate(kind, x.reshape(x.size), y.reshape(y.size), constants[0], constants[1])


@compiled
def _backward(network: Network, rows: int, batch: int) -> None:
    for place in range(len(network.operations) - 1, -1, -1):
        operation, constants = network.operations[place], network.constants[place]
        kind, n_in, n_out = operation[KIND], operation[N_IN], operation[N_OUT]
        x = _block(network.outputs, operation[IN] * network.capacity, rows, n_in)
        y = _block(network.outputs, operation[OUT] * network.capacity, rows, n_out)
        dx = _block(network.slopes, operation[IN] * network.capacity, rows, n_in)
        dy = _block(network.slopes, operation[OUT] * network.capacity, rows, n_out)
        weight, dweight = (
            _weight(network, network.parameters, operation),
            _weight(network, network.gradients, operation),
        )
        dbias = _bias(network.gradients, operation)
        mean, inverse = network.norms[place, 0], network.norms[place, 1]
        if kind == Operation.Linear:
            linear_backward(x, weight, dy, dx, dweight, dbias, place > 0)
        elif kind == Operation.BatchNorm1d:
            batch_norm_backward(x, weight[0], mean, inverse, dy, dx, dweight[0], dbias)
        elif kind == Operation.LayerNorm:
            layer_norm_backward(x, weight[0], mean, inverse, dy, dx, dweight[0], dbias)
        elif kind == Operation.Dropout:
            dropout(dy.reshape(dy.size), _mask(network, operation, batch), constants[0], dx.reshape(x.size))
        elif kind == Operation.Softmax:
            softmax_backward(y, dy, dx)
        elif kind == Operation.LogSoftmax:
            log_softmax_backward(y, dy, dx)
        else:
            activate_backward(
                kind,
                x.reshape(x.size),
                y.reshape(y.size),
                dy.reshape(dy.size),
                dx.reshape(x.size),
                constants[0],
                constants[1],
            )


@compiled
def _weight(network: Network, vector: Any, operation: Any) -> Any:
    """Return the weights: (n_out, n_in) of a linear layer, (1, n) of a norm, (0, 0) without weights."""
    start, n_in = operation[WEIGHT], operation[N_IN]
    n_rows = operation[N_OUT] if operation[KIND] == Operation.Linear else 1
    if start < 0:
        return vector[:0].reshape(0, 0)
    return vector[start : start + n_rows * n_in].reshape(n_rows, n_in)


@compiled
def _bias(vector: Any, operation: Any) -> Any:
    """Return the biases (n_out,), empty without biases."""
    start = operation[BIAS]
    return vector[:0] if start < 0 else vector[start : start + operation[N_OUT]]


@compiled
def _mask(network: Network, operation: Any, batch: int) -> Any:
    start = (batch * network.mask_width + operation[STATE]) * network.mask_rows
    return network.masks[start : start + network.mask_rows * operation[N_IN]]
