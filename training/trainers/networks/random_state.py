"""Read and set the state of torch's random number generators: initial weights, shuffles and dropout masks."""

from __future__ import annotations

import torch

from training.trainers.checkpoint import State


def seed(number: int) -> None:
    """Seed torch's generators."""
    if torch.cuda.is_available():
        torch.manual_seed(number)
    else:  # the same on the CPU; manual_seed would collect a stack trace for absent devices
        torch.default_generator.manual_seed(number)


def get_state() -> State:
    """Return the states of the generators of the CPU and of CUDA."""
    return {"cpu": torch.get_rng_state(), "cuda": torch.cuda.get_rng_state() if torch.cuda.is_available() else None}


def set_state(state: State) -> None:
    """Restore the states that `get_state` returned. `Checkpoint.parse` has checked that CUDA is as it was."""
    torch.set_rng_state(state["cpu"])
    if state["cuda"] is not None:
        torch.cuda.set_rng_state(state["cuda"])
