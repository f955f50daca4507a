"""Questions and their answers as JSON, for engines whose workers are other machines'. Nothing is ever unpickled."""

from __future__ import annotations

import json
from typing import Any

from pydantic import TypeAdapter

from playground.wire.envelope import ServerMessage
from playground.wire.errors import ErrorData, PlaygroundError
from training.engines.jobs import (
    CheckQuestion,
    DescribeQuestion,
    FetchQuestion,
    PredictQuestion,
    Question,
    SweepQuestion,
    TestRowsQuestion,
)
from training.messages.checks import TrainingChecked
from training.messages.datasets import DatasetDescribed
from training.messages.predictions import Predictions, TestRows
from training.messages.sweeps import SweepChecked

QUESTIONS: dict[str, TypeAdapter[Any]] = {
    kind.__name__: TypeAdapter(kind)
    for kind in (CheckQuestion, SweepQuestion, PredictQuestion, DescribeQuestion, FetchQuestion, TestRowsQuestion)
}
ANSWERS: dict[str, type[ServerMessage]] = {
    message.event_name: message for message in (TrainingChecked, SweepChecked, Predictions, DatasetDescribed, TestRows)
}


class AnsweredError(PlaygroundError):
    """What a worker said instead of an answer, word for word."""

    code = "refused"

    def __init__(self, data: ErrorData, status: int) -> None:
        super().__init__(data.message)
        self.data = data
        self.status = status  # type: ignore[misc]  # of this one


def pack_question(question: Question) -> dict[str, Any]:
    kind = type(question).__name__
    # What is unset stays so: defaults depend on it.
    return {"kind": kind, "question": QUESTIONS[kind].dump_python(question, mode="json", exclude_unset=True)}


def unpack_question(parcel: dict[str, Any]) -> Question:
    """Raises KeyError or ValidationError for what `pack_question` of this version did not make."""
    question: Question = QUESTIONS[parcel["kind"]].validate_python(parcel["question"])
    return question


def pack_answer(answer: ServerMessage | PlaygroundError) -> str:
    if isinstance(answer, PlaygroundError):
        return json.dumps({"error": answer.data.model_dump(), "status": answer.status})
    return json.dumps({"event": answer.event_name, "data": answer.model_dump(mode="json", by_alias=True)})


def unpack_answer(text: str | bytes) -> ServerMessage:
    """Raises AnsweredError where there was no answer."""
    parcel = json.loads(text)
    if "error" in parcel:
        raise AnsweredError(ErrorData(**parcel["error"]), parcel["status"])
    return ANSWERS[parcel["event"]].model_validate(parcel["data"])
