"""Messages of the socket `/ws/progress/`: client events and server events. The contract is generated from them."""

from __future__ import annotations

from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    Field,
    StrictFloat,
    StrictInt,
    StrictStr,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from playground.wire.envelope import ClientMessage, ServerMessage
from progress.module_info import ChoiceFeedback, ModuleSummary, SectionInfo
from progress.records import MAX_ID_LENGTH, QuestionKey, check_identifier, get_key

MAX_ANSWER = 500  # characters
MAX_CHOICES = 20


def _check_identifier(text: str) -> str:
    try:
        check_identifier(text)
    except ValueError as error:
        raise PydanticCustomError("identifier", str(error).rstrip(".")) from None
    return text


def _in_plain_words(message: str) -> WrapValidator:
    """Return one error for the whole value instead of one per member of the union."""

    def validate(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
        try:
            return handler(value)
        except ValidationError:
            raise PydanticCustomError("in_plain_words", message) from None

    return WrapValidator(validate)


Identifier = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_ID_LENGTH), AfterValidator(_check_identifier)
]
UserId = Annotated[
    Annotated[
        StrictStr, StringConstraints(max_length=100), AfterValidator(lambda text: text and _check_identifier(text))
    ]
    | Annotated[StrictInt, Field(ge=0, le=2**63 - 1)]
    | None,
    _in_plain_words("it should be a text of at most 100 characters, a number, or absent"),
]
AnswerValue = Annotated[
    Annotated[StrictStr, StringConstraints(max_length=MAX_ANSWER)]
    | StrictInt
    | StrictFloat
    | Annotated[list[Annotated[StrictStr, StringConstraints(max_length=MAX_ID_LENGTH)]], Field(max_length=MAX_CHOICES)],
    _in_plain_words(
        f"it should be a text of at most {MAX_ANSWER} characters, a number, or a list of at most {MAX_CHOICES} choices"
    ),
]

# --- client events ---------------------------------------------------------------------------------------------------


class GetUserProgressData(ClientMessage):
    """Request what I have earned. Staff may name another user."""

    event_name = "getUserProgressData"

    user_id: UserId = Field(default=None, description="Absent, or `me`: mine.")


class QuestionMessage(ClientMessage):
    """Base class of messages about one question."""

    moduleID: Identifier
    sectionID: Identifier
    questionID: Identifier

    @property
    def key(self) -> QuestionKey:
        return get_key(self.moduleID, self.sectionID, self.questionID)

    @model_validator(mode="after")
    def _is_a_key(self) -> Self:
        try:
            get_key(self.moduleID, self.sectionID, self.questionID)
        except ValueError as error:
            raise PydanticCustomError("identifier", str(error).rstrip(".")) from None
        return self


class UpdateUserProgressData(QuestionMessage):
    """Confirm that I have done this question. It earns the points of a question of kind `done`.

    Other questions need `submitAnswer` or a training run.
    """

    event_name = "updateUserProgressData"

    user_id: UserId = Field(default=None, description="Absent, or `me`: mine. Nobody may change somebody else's.")


class ListModules(ClientMessage):
    """Request the list of learning modules."""

    event_name = "listModules"


class GetModule(ClientMessage):
    """Request one module: its texts, its questions, and my progress in it."""

    event_name = "getModule"

    moduleID: Identifier


class SubmitAnswer(QuestionMessage):
    """Submit an answer for grading. `answer` is a choice's id, a list of ids (`several`), a number or a text."""

    event_name = "submitAnswer"

    answer: AnswerValue


# --- server events ---------------------------------------------------------------------------------------------------

Progress = Annotated[
    dict[str, dict[str, int | dict[str, int]]],
    Field(description="`{moduleID: {modulePoints, sectionID: {sectionPoints, questionID: points}}}`"),
]


NotCounted = Annotated[
    dict[str, dict[str, int | dict[str, int]]],
    Field(
        description="In the form of `progress`: points that are in no total, since their question was deleted or their "
        "module is not published. They count again when the question is back."
    ),
]


class UserProgressData(ServerMessage):
    """What a learner has earned so far. `totalPoints` is the sum over all modules."""

    event_name = "userProgressData"

    user_id: str
    progress: Progress
    totalPoints: int
    notCounted: NotCounted = {}


class UserProgressUpdated(ServerMessage):
    """The new totals. Answers `updateUserProgressData`, and is also sent to each open socket when the totals change.

    `moduleID`, `sectionID`, `questionID` and `points` say what was just earned. They are null and 0 if nothing new was
    earned, or if all totals changed at once: after a sign-in that moved a guest's points, or after a reset.
    """

    event_name = "userProgressUpdated"

    user_id: str
    progress: Progress
    totalPoints: int
    notCounted: NotCounted = {}
    moduleID: str | None = None
    sectionID: str | None = None
    questionID: str | None = None
    points: int = 0


class LabTried(ServerMessage):
    """A finished run could have earned a lab but did not meet its requirement. Sent without a request."""

    event_name = "labTried"

    moduleID: str
    sectionID: str
    questionID: str
    run_id: UUID
    shortfalls: list[str] = Field(description="What is missing, a sentence each.")


class Modules(ServerMessage):
    """The list of modules in order, and the points of all published ones: `earned` of `points`.

    `notCounted` are points of deleted questions and of unpublished modules. No total includes them.
    """

    event_name = "modules"

    modules: list[ModuleSummary]
    points: int
    earned: int
    notCounted: int = 0


class ModuleMessage(ServerMessage):
    """One module. Texts are Markdown without HTML."""

    event_name = "module"

    moduleID: str
    title: str
    summary: str
    points: int
    earned: int
    draft: bool = False
    sections: list[SectionInfo]


class AnswerResult(ServerMessage):
    """The result of grading an answer. `points` are those just earned: 0 if wrong, or if they were earned before.

    `choices` holds the feedback for each selected choice. `hint` is the hint that a wrong answer unlocked. `attempts`
    counts this learner's attempts at this question, including this one. `feedback` and `hint` are Markdown without
    HTML. The fields that end in `_html` are the same texts as HTML, which a page may insert.
    """

    event_name = "answerResult"

    correct: bool
    feedback: str
    feedback_html: str
    choices: list[ChoiceFeedback] = []
    hint: str = ""
    hint_html: str = ""
    points: int = 0
    attempts: int
