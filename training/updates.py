"""Updates of a run that a worker emits: the events of its stream, and the files that it stored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from training.messages.base import RunEventMessage


@dataclass(frozen=True)
class StoredFile:
    """A file that a job wrote to the file storage: its public name, its name there, and its size in bytes."""

    name: str
    location: str
    size: int


@dataclass(frozen=True)
class FilesStored:
    """RunUpdate by a job when files of its run are in the storage."""

    run_id: UUID
    files: tuple[StoredFile, ...]

    @property
    def locations(self) -> tuple[str, ...]:
        return tuple(file.location for file in self.files)


@dataclass(frozen=True)
class TrainerChosen:
    """RunUpdate with the first epochs of a network, so that whoever takes the run up from them uses the same."""

    run_id: UUID
    trainer: str


@dataclass(frozen=True)
class CheckpointStored:
    """RunUpdate by a job, after all epochs up to `epoch`, when what it takes to go on from there is in the storage."""

    run_id: UUID
    location: str
    epoch: int

    @property
    def locations(self) -> tuple[str, ...]:
        return (self.location,)


RunUpdate = RunEventMessage | FilesStored | CheckpointStored | TrainerChosen


Emit = Callable[[list[RunUpdate]], None]
