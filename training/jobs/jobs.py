"""Jobs: what an engine gives to a worker to train or to build. All of them can be pickled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from training.artifacts.catalog import PREPARATION
from training.datasets.sources import Source
from training.limits import Limits
from training.messages.events import EpochRow
from training.messages.results import AuxiliaryOutputs
from training.messages.runs import RunKind
from training.messages.sweeps import Difference, SweepScore
from training.spec import TrainingSpec
from training.sweeps.variation import Variation


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
    auxiliary: AuxiliaryOutputs

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
