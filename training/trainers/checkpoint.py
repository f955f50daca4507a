"""Where a training stands when an epoch has ended: all that it takes to go on as if it had never been interrupted.

Made and taken up by the trainers; `training/work/checkpoints.py` decides when, and stores them.
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
"""Tensors, numbers, text, bytes and None, in dictionaries and lists of them: what torch loads without running code."""

FORMAT = 2  # of the states that the trainers give: to be raised when one of them changes

DIGEST_BYTES = hashlib.sha256().digest_size


class CheckpointUnusable(Exception):
    """The bytes are no whole checkpoint, or one that was made by other software."""


@dataclass(frozen=True)
class Checkpoint:
    """`trainer`: whose state this is; no other can take it up. `rows`: of all epochs up to this one."""

    trainer: str
    rows: tuple[EpochRow, ...]
    state: State

    @property
    def epoch(self) -> int:
        return self.rows[-1].epoch

    def to_bytes(self) -> bytes:
        """With a digest at the end, by which `parse` knows a file that is torn or was changed."""
        buffer = io.BytesIO()
        rows = [row.model_dump() for row in self.rows]
        torch.save({"made_with": _name_software(), "trainer": self.trainer, "rows": rows, "state": self.state}, buffer)
        digest = hashlib.sha256(buffer.getbuffer()).digest()
        buffer.write(digest)
        return buffer.getvalue()

    @classmethod
    def parse(cls, data: bytes) -> Checkpoint:
        """Raises CheckpointUnusable."""
        content, digest = memoryview(data)[:-DIGEST_BYTES], data[-DIGEST_BYTES:]
        if hashlib.sha256(content).digest() != digest:
            raise CheckpointUnusable("it is torn or was changed")
        try:
            loaded = torch.load(io.BytesIO(content), weights_only=True)
        except (RuntimeError, pickle.UnpicklingError) as error:
            raise CheckpointUnusable("it is none of torch's files") from error
        if not isinstance(loaded, dict) or loaded.get("made_with") != _name_software():
            raise CheckpointUnusable("it was made by other software, whose numbers may differ")
        return cls(loaded["trainer"], tuple(EpochRow.model_validate(row) for row in loaded["rows"]), loaded["state"])


class Checkpoints:
    """What a trainer goes on from, and whom it offers each epoch's end. This one begins anew and keeps nothing."""

    start: Checkpoint | None = None

    def begin(self, trainer: str) -> None:
        """Called once, by a network's trainer, before the first epoch."""

    def offer(self, take: Callable[[], Checkpoint]) -> None:
        """Called when an epoch has ended and been reported; `take` gives what may be kept of it, at its own cost."""


NONE = Checkpoints()


@cache
def _name_software() -> str:
    from importlib.metadata import version

    libraries = " ".join(f"{name} {version(name)}" for name in ("torch", "numpy", "scikit-learn"))
    return f"format {FORMAT}, {libraries}, {'cuda' if torch.cuda.is_available() else 'cpu'}"
