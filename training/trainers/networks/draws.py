"""Where torch's generators stand, which first weights, shuffles and dropouts are drawn from. Used by `fit`."""

from __future__ import annotations

import torch

from training.trainers.checkpoint import State


def seed(number: int) -> None:
    if torch.cuda.is_available():
        torch.manual_seed(number)
    else:  # the same for the processor, without a trace of the stack for devices that are not there
        torch.default_generator.manual_seed(number)


def get_state() -> State:
    return {"cpu": torch.get_rng_state(), "cuda": torch.cuda.get_rng_state() if torch.cuda.is_available() else None}


def set_state(state: State) -> None:
    """On a machine that has CUDA if that one had, as `Checkpoint.parse` makes sure."""
    torch.set_rng_state(state["cpu"])
    if state["cuda"] is not None:
        torch.cuda.set_rng_state(state["cuda"])
