"""Bases of the messages on `/ws/training/`, and of the values that they are made of."""

from __future__ import annotations

from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from playground.wire.envelope import ServerMessage
from playground.wire.errors import PlaygroundError


class FrozenModel(BaseModel):
    """Base of the values that messages are made of."""

    model_config = ConfigDict(frozen=True)


class RunEventMessage(ServerMessage):
    """Base of the events of a run. They are stored, numbered 1, 2, 3 …, and sent again on request."""

    run_id: UUID
    seq: int = 0


class RunResult(RunEventMessage):
    """Base of the last event of a run.

    On failure `success` is false, and `code`, `message` and `hint` say what to change.
    """

    success: bool
    status: int
    message: str
    code: str = ""
    hint: str = ""
    where: str = ""

    @classmethod
    def of_failure(cls, run_id: UUID, error: PlaygroundError) -> Self:
        data = error.data
        return cls(
            run_id=run_id,
            success=False,
            status=400,
            message=data.message,
            code=data.code,
            hint=data.hint,
            where=data.where,
        )
