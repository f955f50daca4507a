"""Messages about the link to a run, and about what its visitors see of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import Field

from playground.wire.envelope import ClientMessage, ServerMessage
from training.messages.runs import RunSummary

MAX_TOKEN = 100


Token = Field(default="", max_length=MAX_TOKEN, description="The token of the link, for a run that is not mine.")


class DescribeTraining(ClientMessage):
    """Describe a run and its spec. Answered by `trainingDescribed`."""

    event_name = "describeTraining"

    run_id: UUID
    token: str = Token


class ShareTraining(ClientMessage):
    """Create a link with which anybody may view my run, or return the one that exists. Answered by `trainingShared`."""

    event_name = "shareTraining"

    run_id: UUID


class UnshareTraining(ClientMessage):
    """Withdraw the link of my run. Answered by `trainingUnshared`, even if there was none."""

    event_name = "unshareTraining"

    run_id: UUID


class TrainingDescribed(ServerMessage):
    """A run and its spec as it was sent, with the model in the object form and without `csvData`.

    Visitors with a link see the source of built-in tables only.
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
    """The run has no link."""

    event_name = "trainingUnshared"

    run_id: UUID
