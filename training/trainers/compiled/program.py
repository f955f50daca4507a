"""Convert an `nn.Sequential` to the arrays of compiled code, which share the memory of its parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from training.trainers.compiled.dropout_masks import DropoutMasks
from training.trainers.compiled.kernel import BIAS, IN, KIND, N_IN, N_OUT, OUT, STATE, WEIGHT, Network
from training.trainers.compiled.operations import Operation
from training.trainers.networks.parameters import Flat

CONSTANTS: dict[Operation, Callable[[Any], tuple[float, ...]]] = {
    Operation.BatchNorm1d: lambda module: (module.eps, module.momentum),
    Operation.LayerNorm: lambda module: (module.eps,),
    Operation.Dropout: lambda module: (1 / (1 - module.p),),
    Operation.LeakyReLU: lambda module: (module.negative_slope,),
    Operation.ELU: lambda module: (module.alpha,),
    Operation.Hardtanh: lambda module: (module.min_val, module.max_val),
}
"""The constants of a module, in the order of `Network.constants`."""


def build_program(network: nn.Sequential, n_features: int, flat: Flat, capacity: int, masks: DropoutMasks) -> Network:
    """Return the arrays of a network for at most `capacity` rows at once. `flat` holds the parameters.

    Running statistics move into one vector. The batch norms keep views of it.
    """
    real = flat.vector.numpy().dtype
    operations = np.zeros((len(network), 8), np.int64)
    constants = np.zeros((len(network), 2), real)
    running: list[nn.BatchNorm1d] = []
    width, n, n_running, mask_width, widest = n_features, n_features, 0, 0, n_features
    begins = 0
    for place, module in enumerate(network):
        kind = Operation[type(module).__name__]
        n_out = module.out_features if isinstance(module, nn.Linear) else n
        row = operations[place]
        row[[KIND, N_IN, N_OUT, IN, OUT]] = kind, n, n_out, begins, width
        row[WEIGHT], row[BIAS] = (_find(flat, getattr(module, name, None)) for name in ("weight", "bias"))
        own = CONSTANTS[kind](module) if kind in CONSTANTS else ()
        constants[place, : len(own)] = own
        if isinstance(module, nn.BatchNorm1d):
            row[STATE] = n_running
            running.append(module)
            n_running += 2 * n
        elif kind == Operation.Dropout:
            row[STATE] = mask_width
            mask_width += n
        begins, width, n = width, width + n_out, n_out
        widest = max(widest, n)
    return Network(
        operations=operations,
        constants=constants,
        parameters=flat.vector.numpy(),
        gradients=flat.gradients.numpy(),
        running=_gather_running(running, real),
        masks=masks.memory,
        outputs=np.empty(capacity * width, real),
        slopes=np.empty(capacity * width, real),
        norms=np.empty((len(network), 2, max(capacity, widest)), real),
        capacity=capacity,
        mask_rows=masks.rows,
        mask_width=masks.width,
    )


def _find(flat: Flat, parameter: Any) -> int:
    if parameter is None:
        return -1
    return (parameter.data_ptr() - flat.vector.data_ptr()) // parameter.element_size()


def _gather_running(norms: list[nn.BatchNorm1d], real: Any) -> np.ndarray:
    vector = np.concatenate([np.empty(0, real)] + [np.concatenate([n.running_mean, n.running_var]) for n in norms])
    start = 0
    for norm in norms:
        for name in ("running_mean", "running_var"):
            setattr(norm, name, torch.from_numpy(vector[start : start + norm.num_features]))
            start += norm.num_features
    return vector
