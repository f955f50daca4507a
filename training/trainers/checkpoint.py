"""Checkpoints: the state of a training after an epoch, from which it can continue with the same result.

Trainers make and restore them. `training/work/checkpoints.py` decides when to store one.
"""

from __future__ import annotations

import hashlib
import io
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch

from training.messages.events import EpochRow

State = dict[str, Any]
"""Tensors, numbers, text, bytes and None in dictionaries and lists: what torch loads without running code."""

FORMAT = 2  # of the trainers' states; to be increased when one of them changes

DIGEST_BYTES = hashlib.sha256().digest_size


class CheckpointUnusable(Exception):
    """The bytes are not a complete checkpoint, or other software wrote it."""


@dataclass(frozen=True)
class Checkpoint:
    """The state of a training. `trainer`: the trainer that can continue it. `rows`: all epochs so far."""

    trainer: str
    rows: tuple[EpochRow, ...]
    state: State

    @property
    def epoch(self) -> int:
        return self.rows[-1].epoch

    def to_bytes(self) -> bytes:
        """Serialise the checkpoint with a digest at the end, which reveals damaged files."""
        buffer = io.BytesIO()
        rows = [row.model_dump() for row in self.rows]
        torch.save({"made_with": _name_software(), "trainer": self.trainer, "rows": rows, "state": self.state}, buffer)
        digest = hashlib.sha256(buffer.getbuffer()).digest()
        buffer.write(digest)
        return buffer.getvalue()

    @classmethod
    def parse(cls, data: bytes) -> Checkpoint:
        """Parse what `to_bytes` returned. Raises CheckpointUnusable."""
        content, digest = memoryview(data)[:-DIGEST_BYTES], data[-DIGEST_BYTES:]
        if hashlib.sha256(content).digest() != digest:
            raise CheckpointUnusable("it is damaged")
        try:
            loaded = torch.load(io.BytesIO(content), weights_only=True)
        except (RuntimeError, pickle.UnpicklingError) as error:
            raise CheckpointUnusable("it is not a file of torch") from error
        if not isinstance(loaded, dict) or loaded.get("made_with") != _name_software():
            raise CheckpointUnusable("other software wrote it, whose numbers may differ")
        return cls(loaded["trainer"], tuple(EpochRow.model_validate(row) for row in loaded["rows"]), loaded["state"])


class Checkpoints:
    """The checkpoint to start from, and a receiver of new ones.

    This base class starts from the beginning and stores nothing.
    """

    start: Checkpoint | None = None

    def begin(self, trainer: str) -> None:
        """Called once by the trainer of a network, before the first epoch."""

    def offer(self, take: Callable[[], Checkpoint]) -> None:
        """Called after each epoch. `take` builds a checkpoint, which costs time."""


NONE = Checkpoints()


@cache
def _name_software() -> str:
    from importlib.metadata import version

    libraries = " ".join(f"{name} {version(name)}" for name in ("torch", "numpy", "scikit-learn"))
    return f"format {FORMAT}, {libraries}, {'cuda' if torch.cuda.is_available() else 'cpu'}"
