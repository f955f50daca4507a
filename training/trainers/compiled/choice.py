"""THE function that decides what trains a network."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import torch

from training.spec import Device, Trainer, TrainingSpec
from training.trainers.compiled.kinds import Operation
from training.trainers.compiled.store import is_ready
from training.trainers.networks.layer import Layer

MAX_NUMBERS = 2**24  # that one batch may make in all layers together: 64 MB


def choose_trainer(layers: Sequence[Layer], spec: TrainingSpec, n_features: int) -> Trainer:
    """COMPILED where numba is installed, there is no GPU, and every layer is one that it knows.

    Until it has been compiled on this machine, which a server does in the background of its first start, only where the
    spec asks for it.
    """
    knows = all(layer.name in Operation.__members__ for layer in layers)
    if spec.trainer is Trainer.AUTOGRAD or not knows or not is_installed() or uses_gpu(spec):
        return Trainer.AUTOGRAD
    if spec.trainer is None and not is_ready():
        return Trainer.AUTOGRAD
    return Trainer.COMPILED if _count_numbers(layers, spec, n_features) <= MAX_NUMBERS else Trainer.AUTOGRAD


def uses_gpu(spec: TrainingSpec) -> bool:
    """Where there is one, and the spec does not ask for the processor."""
    return spec.device is not Device.CPU and torch.cuda.is_available()


@cache
def is_installed() -> bool:
    try:
        import numba  # noqa: F401
    except ImportError:  # absent, or made for another NumPy
        return False
    return True


def _count_numbers(layers: Sequence[Layer], spec: TrainingSpec, width: int) -> int:
    """Of a batch, in the memory that the compiled trainer sets aside for it; there autograd is as good."""
    total = width
    for layer in layers:
        width = int(layer.arguments.get("out_features", width))  # type: ignore[arg-type]
        total += width
    return total * (spec.batch_size or 1)
