"""The column `task` of sweeps and comparisons, parsed into frozen types."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, ConfigDict, JsonValue

from training.messages.sweeps import Difference
from training.spec import TrainingSpec


class SweepTask(BaseModel):
    """The paths and values that vary. They are pairs, since databases may reorder the names of an object."""

    model_config = ConfigDict(frozen=True)

    vary: tuple[tuple[str, tuple[JsonValue, ...]], ...]


class ComparisonTask(BaseModel):
    """The runs of a comparison. `other`: the spec of the second run as it was sent."""

    model_config = ConfigDict(frozen=True)

    run_id: UUID
    other_run_id: UUID
    other: TrainingSpec
    differences: tuple[Difference, ...]
    seeds: int
