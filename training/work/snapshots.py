"""Snapshots: the decision boundary of a model in training, on a grid, at some epochs of its run."""

from __future__ import annotations

import time
from functools import partial
from uuid import UUID

import numpy as np

from training.datasets.grid import Grid, build_grid
from training.datasets.preprocessing import PreparedData
from training.messages.boundary import BoundaryFrame, TrainingBoundary
from training.spec import TrainingSpec
from training.trainers.base import Answer, OnModel, Outcome
from training.trainers.boundary import check_boundary
from training.trainers.trained import TrainedModel
from training.updates import Emit, RunUpdate

MESSAGE_INTERVAL = 0.2  # seconds between messages, and between the first snapshots of a slow run
KEY_EPOCHS = 24  # epochs with a snapshot in every run, however fast it is; more of them early
FRAMES_PER_INTERVAL = 40  # snapshots of a slow run after which the interval doubles
MAX_FRAMES = 300  # of a run, about a kilobyte each
REST = 20  # snapshots of other epochs take at most one part in REST of the time of a run


class Snapshots:
    """Emits the first frame at once and later frames together. Does nothing if the spec asks for no boundary."""

    def __init__(self, run_id: UUID, data: PreparedData, spec: TrainingSpec, emit: Emit) -> None:
        """Prepare the grid. `spec` must be complete."""
        self._run_id, self._data, self._spec, self._emit = run_id, data, spec, emit
        self._grid = _find_grid(data, spec)
        self._epochs = spec.epochs or 1
        self._keys = frozenset(find_key_epochs(self._epochs))
        self._frames: list[BoundaryFrame] = []
        self._timed = self._count = 0
        self._asked = self._emitted = float("-inf")
        self._cost = 0.0  # seconds that the last snapshot took

    def find_listener(self) -> OnModel | None:
        """Return the function to call with the model after each epoch. None if there is no grid."""
        return None if self._grid is None else partial(self._hear, self._grid)

    def take(self) -> list[RunUpdate]:
        """Return the frames that are not emitted yet as a message. Empty if there are none."""
        if self._grid is None or not self._frames:
            return []
        grid, is_first = self._grid, self._emitted < 0
        message = TrainingBoundary(
            run_id=self._run_id,
            x=grid.x,
            y=grid.y,
            classes=list(grid.classes) if grid.classes else None,
            values=grid.values,
            points=grid.points if is_first else [],
            frames=self._frames,
        )
        self._emitted = time.perf_counter()
        self._frames = []
        return [message]

    def finish(self, outcome: Outcome) -> list[RunUpdate]:
        """As `take`, with a final frame of the model that is stored."""
        if self._grid is not None:
            answer = TrainedModel(self._spec, self._data.preparation, outcome.model).answer_prepared
            self._add(self._grid, outcome.epochs[-1].epoch, answer, final=True)
        return self.take()

    def _hear(self, grid: Grid, epoch: int, answer: Answer) -> None:
        if self._is_due(epoch):
            self._add(grid, epoch, answer)
        if self._frames and time.perf_counter() - self._emitted >= MESSAGE_INTERVAL:
            self._emit(self.take())

    def _is_due(self, epoch: int) -> bool:
        """Return whether this epoch gets a frame. The last epoch gets its frame from `finish`."""
        if epoch == self._epochs or self._count >= MAX_FRAMES:
            return False
        if epoch in self._keys:
            return True
        interval = max(MESSAGE_INTERVAL * 2 ** (self._timed // FRAMES_PER_INTERVAL), REST * self._cost)
        is_due = time.perf_counter() - self._asked >= interval
        self._timed += is_due
        return is_due

    def _add(self, grid: Grid, epoch: int, answer: Answer, *, final: bool = False) -> None:
        began = time.perf_counter()
        cells = grid.encode(*answer(grid.X))
        self._asked = time.perf_counter()
        self._cost = self._asked - began
        self._count += 1
        self._frames.append(BoundaryFrame(epoch=epoch, cells=cells, final=final))


def find_key_epochs(epochs: int) -> list[int]:
    """Return at most KEY_EPOCHS numbers from 1 to `epochs`, ascending, with about equal ratios."""
    return np.unique(np.geomspace(1, epochs, KEY_EPOCHS).round().astype(int)).tolist()


def _find_grid(data: PreparedData, spec: TrainingSpec) -> Grid | None:
    # A linked table may have changed since the spec was checked.
    if spec.boundary is None or check_boundary(spec, data.plan):
        return None
    return build_grid(data, spec.boundary)
