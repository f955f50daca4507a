"""Choose what trains a network: compiled code or autograd."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import torch

from training.spec import Device, Trainer, TrainingSpec
from training.trainers.compiled.code_cache import is_ready
from training.trainers.compiled.operations import Operation
from training.trainers.networks.layer import Layer

MAX_NUMBERS = 2**24  # outputs of all layers for one batch: 64 MB


def choose_trainer(layers: Sequence[Layer], spec: TrainingSpec, n_features: int) -> Trainer:
    """Return COMPILED if numba is installed, no GPU is used, and compiled code exists for every layer.

    A server compiles the code in the background of its first start. Until then, COMPILED is chosen only if the spec
    asks for it.
    """
    knows = all(layer.name in Operation.__members__ for layer in layers)
    if spec.trainer is Trainer.AUTOGRAD or not knows or not is_installed() or uses_gpu(spec):
        return Trainer.AUTOGRAD
    if spec.trainer is None and not is_ready():
        return Trainer.AUTOGRAD
    return Trainer.COMPILED if _count_numbers(layers, spec, n_features) <= MAX_NUMBERS else Trainer.AUTOGRAD


def uses_gpu(spec: TrainingSpec) -> bool:
    """Return whether a GPU is available and the spec does not ask for the CPU."""
    return spec.device is not Device.CPU and torch.cuda.is_available()


@cache
def is_installed() -> bool:
    """Return whether numba can be imported."""
    try:
        import numba  # noqa: F401
    except ImportError:  # absent, or built for another version of NumPy
        return False
    return True


def _count_numbers(layers: Sequence[Layer], spec: TrainingSpec, width: int) -> int:
    """Return how many numbers the compiled trainer allocates for a batch. For large networks autograd is as fast."""
    total = width
    for layer in layers:
        width = int(layer.arguments.get("out_features", width))  # type: ignore[arg-type]
        total += width
    return total * (spec.batch_size or 1)
