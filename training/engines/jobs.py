"""What engines give to workers and get back: jobs, questions, and the files that a job stored. All of it pickles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar
from uuid import UUID

from training.artifacts.catalog import PREPARATION
from training.datasets.link import LinkLimits
from training.datasets.sources import Source, Stored
from training.limits import Limits, SweepLimits
from training.messages.events import EpochRow
from training.messages.runs import RunKind
from training.messages.sweeps import Difference, SweepScore
from training.spec import TrainingSpec
from training.spec.columns import ColumnChoice
from training.spec.inline_table import Cell
from training.sweeps.variation import Variation, Vary


@dataclass(frozen=True)
class Checkpointing:
    """A checkpoint is due when so many `epochs` have ended since the last one, and so many `seconds` have gone by.

    `kept`: the file storage's names of those of earlier attempts, newest first.
    """

    epochs: int
    seconds: float
    kept: tuple[str, ...] = ()


@dataclass(frozen=True)
class TrainJob:
    """Train `spec` on `source` and emit the run's events. `checkpointing`: None to start at the start and keep none."""

    kind: ClassVar = RunKind.TRAINING

    run_id: UUID
    spec: TrainingSpec
    source: Source
    limits: Limits
    checkpointing: Checkpointing | None = None


@dataclass(frozen=True)
class FinishedRun:
    """What a finished run stored. `model` says what it is in a few words.

    `asked` is its spec as it was sent, `spec` as it was trained: with every default. `files` maps the names of its
    files to the file storage's names for them. `source` is None where its table has been deleted since.
    """

    run_id: UUID
    name: str
    model: str
    asked: TrainingSpec
    spec: TrainingSpec
    source: Source | None
    limits: Limits
    files: Mapping[str, str]

    def __hash__(self) -> int:
        return hash(self.run_id)

    @property
    def has_model(self) -> bool:
        """What the job that trained it stores together."""
        return PREPARATION in self.files


@dataclass(frozen=True)
class BuildJob:
    """Say what a finished run has learned from, and make the files called `names`."""

    kind: ClassVar = RunKind.TRAINING

    run: FinishedRun
    names: tuple[str, ...]
    rows: tuple[EpochRow, ...]
    auxiliary: Mapping[str, Any]

    @property
    def run_id(self) -> UUID:
        return self.run.run_id


@dataclass(frozen=True)
class SweepJob:
    """Train each combination of `variation` with each seed, besides what is `recorded`, and emit the scores.

    `spec` is what the combinations change. `limits.seconds` is for all of it.
    """

    kind: ClassVar = RunKind.SWEEP

    run_id: UUID
    spec: TrainingSpec
    variation: Variation
    source: Source
    limits: Limits
    recorded: tuple[SweepScore, ...]


@dataclass(frozen=True)
class ComparisonJob(SweepJob):
    """Two combinations, the specs of the runs `compared`, and what is said of them in the end is how they differ."""

    kind: ClassVar = RunKind.COMPARISON

    compared: tuple[UUID, UUID]
    differences: tuple[Difference, ...]


Job = TrainJob | BuildJob | SweepJob


@dataclass(frozen=True)
class CheckQuestion:
    """What would happen with this spec? Answered by TrainingChecked. No source: the spec names none yet."""

    spec: TrainingSpec
    source: Source | None
    limits: Limits


@dataclass(frozen=True)
class SweepQuestion:
    """What would happen with this sweep? Answered by SweepPreflight. `timed`: and how long would it take?"""

    spec: TrainingSpec
    vary: Vary
    source: Source | None
    limits: Limits
    sweep_limits: SweepLimits
    timed: bool


@dataclass(frozen=True)
class DescribeQuestion:
    """What is in this table, its columns read as `choices` say? Answered by DatasetDescribed."""

    source: Source
    choices: dict[str, ColumnChoice] = field(default_factory=dict)


@dataclass(frozen=True)
class FetchQuestion:
    """Fetch what the link leads to, store it where `source` says, and tell what is in it: DatasetDescribed."""

    url: str
    source: Stored
    limits: LinkLimits


@dataclass(frozen=True)
class PredictQuestion:
    """What does the model of this run say of these rows, and why where that is to be explained? Answered by
    Predictions.
    """

    run: FinishedRun
    rows: tuple[Mapping[str, Cell], ...]
    explain: bool = False


@dataclass(frozen=True)
class TestRowsQuestion:
    """Which test rows are these things (`actual`), and were said to be those (`predicted`)? None: any. Answered by
    TestRows.
    """

    run: FinishedRun
    actual: str | None
    predicted: str | None
    limit: int
    offset: int


TableQuestion = DescribeQuestion | FetchQuestion | TestRowsQuestion
Question = CheckQuestion | SweepQuestion | PredictQuestion | TableQuestion


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

    @property
    def locations(self) -> tuple[str, ...]:
        return tuple(file.location for file in self.files)


@dataclass(frozen=True)
class TrainerChosen:
    """Emitted with the first epochs of a network, so that whoever takes the run up from them uses the same."""

    run_id: UUID
    trainer: str


@dataclass(frozen=True)
class CheckpointStored:
    """Emitted by a job, after all epochs up to `epoch`, when what it takes to go on from there is in the storage."""

    run_id: UUID
    location: str
    epoch: int

    @property
    def locations(self) -> tuple[str, ...]:
        return (self.location,)
