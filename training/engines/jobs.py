"""What engines give to workers and get back: jobs, questions, and the files that a job stored. All of it pickles."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from training.datasets.link import LinkLimits
from training.datasets.sources import Source, Stored
from training.limits import Limits
from training.parts import EpochRow
from training.spec import TrainingSpec


@dataclass(frozen=True)
class TrainJob:
    """Train `spec` on `source` and emit the run's events."""

    run_id: UUID
    spec: TrainingSpec
    source: Source
    limits: Limits


@dataclass(frozen=True)
class DrawJob:
    """Make the files that need a run's epochs and nothing else."""

    run_id: UUID
    names: tuple[str, ...]
    rows: tuple[EpochRow, ...]


Job = TrainJob | DrawJob


@dataclass(frozen=True)
class CheckQuestion:
    """What would happen with this spec? Answered by TrainingChecked. No source: the spec names none yet."""

    spec: TrainingSpec
    source: Source | None
    limits: Limits


@dataclass(frozen=True)
class DescribeQuestion:
    """What is in this table? Answered by DatasetDescribed."""

    source: Source


@dataclass(frozen=True)
class FetchQuestion:
    """Fetch what the link leads to, store it where `source` says, and tell what is in it: DatasetDescribed."""

    url: str
    source: Stored
    limits: LinkLimits


TableQuestion = DescribeQuestion | FetchQuestion
Question = CheckQuestion | TableQuestion


@dataclass(frozen=True)
class StoredFile:
    """A file that a job wrote to the file storage: its public name, its name there, and its size in bytes."""

    name: str
    location: str
    size: int


@dataclass(frozen=True)
class FilesStored:
    """Emitted by a job when files of its run are in the storage."""

    run_id: UUID
    files: tuple[StoredFile, ...]
