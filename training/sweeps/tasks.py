"""What a sweep's or a comparison's row in the database holds beside its spec: parsed from there into frozen types."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, ConfigDict, JsonValue

from training.messages.sweeps import Difference
from training.spec import TrainingSpec


class SweepTask(BaseModel):
    """`vary` as pairs, since a database may keep the names of an object in an order of its own."""

    model_config = ConfigDict(frozen=True)

    vary: tuple[tuple[str, tuple[JsonValue, ...]], ...]


class ComparisonTask(BaseModel):
    """`other`: the spec of the run that is compared with, as it was sent."""

    model_config = ConfigDict(frozen=True)

    run_id: UUID
    other_run_id: UUID
    other: TrainingSpec
    differences: tuple[Difference, ...]
    seeds: int
