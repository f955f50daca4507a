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
        return self in (RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.CANCELLED)


class RunKind(StrEnum):
    TRAINING = "training"
    SWEEP = "sweep"
    """Many trainings, of which the scores are kept."""
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
    metric: str = Field(default="", description="The headline's name, once the run has succeeded.")
    value: float | None = Field(default=None, description="The headline on the test rows; null where undefined.")
    baseline: float | None = Field(default=None, description="The same of guessing without the features.")
    created: datetime
    started: datetime | None
    finished: datetime | None
    message: str = ""
    last_seq: int
    url: str
    shared_url: str = Field(default="", description="The path of its link; empty where it is not shared.")


class RunTraining(TrainingSpec, ClientMessage):
    """Train this. Answered by `trainingQueued`, then the run's stream."""

    event_name = "runTraining"


class WatchTraining(ClientMessage):
    """Send me a run's events after `after_seq`, then the live ones."""

    event_name = "watchTraining"

    run_id: UUID
    after_seq: int = Field(default=0, ge=0, le=2**31 - 1)
    token: str = Field(
        default="", max_length=100, description="Of the link by which the run is seen; empty for my own."
    )


class CancelTraining(ClientMessage):
    """Stop a run. `trainingCancelled` arrives in its stream."""

    event_name = "cancelTraining"

    run_id: UUID


class ListTrainings(ClientMessage):
    """My runs, newest first. `before` is the run_id to go on after."""

    event_name = "listTrainings"

    limit: int = Field(default=20, ge=1, le=100)
    before: UUID | None = None


class RenameTraining(ClientMessage):
    """Call my run this from now on; its data and model when empty. Answered by `trainingRenamed`."""

    event_name = "renameTraining"

    run_id: UUID
    name: str = Field(max_length=100)


class DeleteTraining(ClientMessage):
    """Delete my run with its events and files, for good. It must be over. Answered by `trainingDeleted`."""

    event_name = "deleteTraining"

    run_id: UUID


class TrainingQueued(ServerMessage):
    """The run is stored and waits for a worker; `position` is 1 for the next."""

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
    """The run is gone, and so are its files."""

    event_name = "trainingDeleted"

    run_id: UUID
