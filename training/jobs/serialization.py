"""Questions and answers as JSON, for engines with workers on other machines. Nothing is unpickled."""

from __future__ import annotations

import json
from typing import Any

from pydantic import TypeAdapter

from playground.wire.envelope import ServerMessage
from playground.wire.errors import ErrorData, PlaygroundError
from training.jobs.questions import (
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
    """The error that a worker answered, word for word."""

    code = "refused"

    def __init__(self, data: ErrorData, status: int) -> None:
        super().__init__(data.message)
        self.data = data
        self.status = status  # type: ignore[misc]  # of this instance


def serialize_question(question: Question) -> dict[str, Any]:
    kind = type(question).__name__
    # Unset fields stay unset: defaults depend on which fields are set.
    return {"kind": kind, "question": QUESTIONS[kind].dump_python(question, mode="json", exclude_unset=True)}


def parse_question(data: dict[str, Any]) -> Question:
    """Parse what `serialize_question` returned. Raises KeyError or ValidationError for data of another version."""
    question: Question = QUESTIONS[data["kind"]].validate_python(data["question"])
    return question


def serialize_answer(answer: ServerMessage | PlaygroundError) -> str:
    if isinstance(answer, PlaygroundError):
        return json.dumps({"error": answer.data.model_dump(), "status": answer.status})
    return json.dumps({"event": answer.event_name, "data": answer.model_dump(mode="json", by_alias=True)})


def parse_answer(text: str | bytes) -> ServerMessage:
    """Parse what `serialize_answer` returned. Raises AnsweredError where it is an error."""
    data = json.loads(text)
    if "error" in data:
        raise AnsweredError(ErrorData(**data["error"]), data["status"])
    return ANSWERS[data["event"]].model_validate(data["data"])
