"""What messages are made of: modules as learners see them, without any answer key. Made by services."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from progress.catalogue import Kind, LabContent


class Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class ModuleSummary(Part):
    """A line of the list of modules; `earned` of `points`. A draft is seen by staff alone."""

    moduleID: str
    title: str
    summary: str
    sections: int
    questions: int
    points: int
    earned: int
    draft: bool = False


class ChoiceInfo(Part):
    id: str
    text: str


class QuestionInfo(Part):
    """What to answer, and how far this learner is with it. `hints` are those that wrong attempts have opened so far."""

    questionID: str
    kind: Kind
    prompt: str
    points: int
    earned: int | None = Field(default=None, description="The points that were earned; null while they are not.")
    attempts: int = 0
    hints: list[str] = []
    choices: list[ChoiceInfo] = []
    lab: LabContent | None = Field(default=None, description="What a run must show to earn a lab.")


class SectionInfo(Part):
    """`body` is Markdown."""

    sectionID: str
    title: str
    body: str
    questions: list[QuestionInfo]


class ChoiceFeedback(Part):
    """`feedback_html` is `feedback` rendered as HTML."""

    id: str
    feedback: str
    feedback_html: str
