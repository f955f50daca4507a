"""What travels on `/ws/training/` about runs that are kept: rename one, delete one. The rest is in `messages`."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from playground.wire.envelope import ClientMessage, ServerMessage


class RenameTraining(ClientMessage):
    """Call my run this from now on; its data and model when empty. Answered by `trainingRenamed`."""

    event_name = "renameTraining"

    run_id: UUID
    name: str = Field(max_length=100)


class DeleteTraining(ClientMessage):
    """Delete my run with its events and files, for good. It must be over. Answered by `trainingDeleted`."""

    event_name = "deleteTraining"

    run_id: UUID


class TrainingRenamed(ServerMessage):
    """The run has this name."""

    event_name = "trainingRenamed"

    run_id: UUID
    name: str


class TrainingDeleted(ServerMessage):
    """The run is gone, and so are its files."""

    event_name = "trainingDeleted"

    run_id: UUID
