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
    """When checkpoints are written, and those that exist.

    Parameters
    ----------
    epochs, seconds
        The least number of epochs, and of seconds, between two checkpoints.
    kept
        The names in the file storage of the checkpoints of earlier attempts, newest first.
    """

    epochs: int
    seconds: float
    kept: tuple[str, ...] = ()


@dataclass(frozen=True)
class TrainJob:
    """Train `spec` on `source`.

    `checkpointing`: None to start from the beginning and to write no checkpoints.
    """

    kind: ClassVar = RunKind.TRAINING

    run_id: UUID
    spec: TrainingSpec
    source: Source
    limits: Limits
    checkpointing: Checkpointing | None = None


@dataclass(frozen=True)
class FinishedRun:
    """A run that has succeeded, with the files that it stored.

    Parameters
    ----------
    model
        The description of the model in a few words.
    asked
        The spec as it was sent.
    spec
        The spec as it was trained, with every default.
    source
        The table. None if it was deleted.
    files
        The name in the file storage for the name of each file.
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
        """Whether the model is stored. The job that trained it stores all files of the model together."""
        return PREPARATION in self.files


@dataclass(frozen=True)
class BuildJob:
    """Make the insights of a finished run, and the files `names`."""

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
    """Train each combination of `variation` with each seed, except for those whose scores are `recorded`.

    `spec` is the spec that the combinations change. `limits.seconds` is the limit of the whole sweep.
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
    """Train the specs of two runs with each seed. The two combinations are their specs."""

    kind: ClassVar = RunKind.COMPARISON

    compared: tuple[UUID, UUID]
    differences: tuple[Difference, ...]


Job = TrainJob | BuildJob | SweepJob
