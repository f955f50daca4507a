"""Updates of a run that a worker emits: the events of its stream, and the files that it has stored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from training.messages.base import RunEventMessage


@dataclass(frozen=True)
class StoredFile:
    """A file that a job has stored.

    `name` is its public name, `location` its name in the file storage, `size` its number of bytes.
    """

    name: str
    location: str
    size: int


@dataclass(frozen=True)
class FilesStored:
    """Files of the run are in the file storage."""

    run_id: UUID
    files: tuple[StoredFile, ...]

    @property
    def locations(self) -> tuple[str, ...]:
        return tuple(file.location for file in self.files)


@dataclass(frozen=True)
class TrainerChosen:
    """Emitted with the first epochs of a network: an attempt that continues the run must use the same trainer."""

    run_id: UUID
    trainer: str


@dataclass(frozen=True)
class CheckpointStored:
    """A checkpoint is in the file storage. It is emitted after all epochs up to `epoch`."""

    run_id: UUID
    location: str
    epoch: int

    @property
    def locations(self) -> tuple[str, ...]:
        return (self.location,)


RunUpdate = RunEventMessage | FilesStored | CheckpointStored | TrainerChosen


Emit = Callable[[list[RunUpdate]], None]
