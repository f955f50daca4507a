"""Messages with which a client starts, lists and changes runs. `events` has what a run itself sends."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from playground.wire.envelope import ClientMessage, ServerMessage
from training.messages.base import FrozenModel
from training.spec import TrainingSpec


class RunStatus(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        return self not in ACTIVE


ACTIVE = (RunStatus.QUEUED, RunStatus.RUNNING)
"""The statuses of runs that have not ended."""


class RunKind(StrEnum):
    TRAINING = "training"
    SWEEP = "sweep"
    """Many trainings, whose scores are stored."""
    COMPARISON = "comparison"
    """Two specs, each trained with many seeds."""


class RunSummary(FrozenModel):
    run_id: UUID
    kind: RunKind
    name: str
    status: RunStatus
    data: str = Field(description="The table's name.")
    model: str = Field(description="The network or estimator in a few words.")
    target: str = Field(default="", description="The column that is predicted.")
    progress: float
    metric: str = Field(default="", description="The name of the headline's metric, once the run has succeeded.")
    value: float | None = Field(default=None, description="The headline's metric on the test rows. Null if undefined.")
    baseline: float | None = Field(default=None, description="The metric of a prediction without features.")
    created: datetime
    started: datetime | None
    finished: datetime | None
    message: str = ""
    last_seq: int
    url: str
    shared_url: str = Field(default="", description="The path of its link. Empty if it is not shared.")


class RunTraining(TrainingSpec, ClientMessage):
    """Train a spec. Answered by `trainingQueued`, then by the events of the run."""

    event_name = "runTraining"


class WatchTraining(ClientMessage):
    """Send me the events of a run after number `after_seq`, and new ones when they are stored."""

    event_name = "watchTraining"

    run_id: UUID
    after_seq: int = Field(default=0, ge=0, le=2**31 - 1)
    token: str = Field(
        default="", max_length=100, description="The token of the link to the run. Empty for my own run."
    )


class CancelTraining(ClientMessage):
    """Stop a run. `trainingCancelled` follows among its events."""

    event_name = "cancelTraining"

    run_id: UUID


class ListTrainings(ClientMessage):
    """List my runs, newest first. `before`: the run_id after which the list starts. Answered by `trainings`."""

    event_name = "listTrainings"

    limit: int = Field(default=20, ge=1, le=100)
    before: UUID | None = None


class RenameTraining(ClientMessage):
    """Rename my run. An empty name shows its data and model. Answered by `trainingRenamed`."""

    event_name = "renameTraining"

    run_id: UUID
    name: str = Field(max_length=100)


class DeleteTraining(ClientMessage):
    """Delete my run with its events and files. It must have ended. Answered by `trainingDeleted`."""

    event_name = "deleteTraining"

    run_id: UUID


class TrainingQueued(ServerMessage):
    """The run is stored and waits for a worker. `position` is 1 if it is the next."""

    event_name = "trainingQueued"

    run_id: UUID
    position: int


class Trainings(ServerMessage):
    event_name = "trainings"

    runs: list[RunSummary]


class TrainingRenamed(ServerMessage):
    """The run has this name."""

    event_name = "trainingRenamed"

    run_id: UUID
    name: str


class TrainingDeleted(ServerMessage):
    """The run and its files are deleted."""

    event_name = "trainingDeleted"

    run_id: UUID
