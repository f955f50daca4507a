"""Messages about the link to a run, and about what its visitors see of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import Field

from playground.wire.envelope import ClientMessage, ServerMessage
from training.messages.runs import RunSummary

MAX_TOKEN = 100


Token = Field(default="", max_length=MAX_TOKEN, description="Of the link to a run that is not mine.")


class DescribeTraining(ClientMessage):
    """What is this run, and how was it set up? Answered by `trainingDescribed`."""

    event_name = "describeTraining"

    run_id: UUID
    token: str = Token


class ShareTraining(ClientMessage):
    """Make a link by which anybody may look at my run. Answered by `trainingShared`; twice gives the same link."""

    event_name = "shareTraining"

    run_id: UUID


class UnshareTraining(ClientMessage):
    """Take the link back, at once. Answered by `trainingUnshared`, also where there was none."""

    event_name = "unshareTraining"

    run_id: UUID


class TrainingDescribed(ServerMessage):
    """One run, and the spec that was sent for it, its model in the object form, without the table: no `csvData`.

    Whoever sees the run by its link is told of built-in tables only.
    """

    event_name = "trainingDescribed"

    run: RunSummary
    spec: dict[str, Any]


class TrainingShared(ServerMessage):
    """`url` is a path on this server."""

    event_name = "trainingShared"

    run_id: UUID
    url: str


class TrainingUnshared(ServerMessage):
    """No link leads to the run (any more)."""

    event_name = "trainingUnshared"

    run_id: UUID
