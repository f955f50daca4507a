"""Progress: collects the epochs of a run and emits them at most twenty times a second."""

from __future__ import annotations

import time
from uuid import UUID

from training.messages.events import EpochRow, TrainingProgress
from training.updates import Emit, RunUpdate, TrainerChosen

MESSAGE_INTERVAL = 0.05  # seconds between progress messages


class Progress:
    """Emits the first epoch at once and later epochs together."""

    def __init__(self, run_id: UUID, epochs: int, emit: Emit) -> None:
        self._run_id, self._epochs, self._emit = run_id, epochs, emit
        self._rows: list[EpochRow] = []
        self.trainer: str | None = None  # emitted with the first epochs
        self._before: int | None = None  # the number of epochs of earlier attempts
        self._started = time.perf_counter()
        self._emitted = float("-inf")

    def add(self, row: EpochRow) -> None:
        self._rows.append(row)
        if self._before is None:
            self._before = row.epoch - 1
        if time.perf_counter() - self._emitted >= MESSAGE_INTERVAL:
            self._emit(self.take())

    def take(self) -> list[RunUpdate]:
        """Return the epochs that are not emitted yet as a message. Return an empty list if there are none."""
        if not self._rows:
            return []
        done = self._rows[-1].epoch
        self._emitted = time.perf_counter()
        left = (self._emitted - self._started) / (done - (self._before or 0)) * (self._epochs - done)
        message = TrainingProgress(
            run_id=self._run_id,
            progress=100 * done / max(self._epochs, done),
            epochs=self._rows,
            eta_seconds=round(max(left, 0.0), 3),
        )
        self._rows = []
        chosen = [TrainerChosen(self._run_id, self.trainer)] if self.trainer else []
        self.trainer = None
        return [*chosen, message]
