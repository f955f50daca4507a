"""Layers, losses and optimisers of the compiled trainer, as numbers for compiled code. Imports no numba."""

from __future__ import annotations

from enum import IntEnum

from training.spec import Criterion, Optimizer


class Operation(IntEnum):
    """Layers that can be compiled, under their names in the registry."""

    Linear = 0
    BatchNorm1d = 1
    LayerNorm = 2
    Dropout = 3
    Softmax = 4
    LogSoftmax = 5
    ReLU = 6
    LeakyReLU = 7
    ELU = 8
    GELU = 9
    SiLU = 10
    Softplus = 11
    Tanh = 12
    Hardtanh = 13
    Sigmoid = 14


class Loss(IntEnum):
    """Losses that can be compiled. CELOSS and WCELOSS are the same with different class weights."""

    CROSS_ENTROPY = 0
    BINARY_CROSS_ENTROPY = 1
    BINARY_CROSS_ENTROPY_WITH_LOGITS = 2
    SQUARED = 3
    ABSOLUTE = 4
    HUBER = 5


LOSSES = {
    Criterion.CELOSS: Loss.CROSS_ENTROPY,
    Criterion.WCELOSS: Loss.CROSS_ENTROPY,
    Criterion.BCELOSS: Loss.BINARY_CROSS_ENTROPY,
    Criterion.BCEWITHLOGITSLOSS: Loss.BINARY_CROSS_ENTROPY_WITH_LOGITS,
    Criterion.MSELOSS: Loss.SQUARED,
    Criterion.L1LOSS: Loss.ABSOLUTE,
    Criterion.HUBERLOSS: Loss.HUBER,
}


class Step(IntEnum):
    """Optimisers that can be compiled."""

    SGD = 0
    ADAM = 1
    ADAMW = 2
    RMSPROP = 3
    ADAGRAD = 4


STEPS = {optimizer: Step[optimizer.name] for optimizer in Optimizer}
