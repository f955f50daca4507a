"""Data types inside messages: modules and questions as learners see them, without answer keys. Built by services."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from progress.catalogue import Kind, LabContent


class FrozenModel(BaseModel):
    model_config = ConfigDict(frozen=True)


class ModuleSummary(FrozenModel):
    """A module in the list. `earned` of `points` are earned. Only staff see a draft."""

    moduleID: str
    title: str
    summary: str
    sections: int
    questions: int
    points: int
    earned: int
    draft: bool = False


class ChoiceInfo(FrozenModel):
    id: str
    text: str


class QuestionInfo(FrozenModel):
    """A question and the learner's progress with it. `hints` are those that wrong attempts have unlocked."""

    questionID: str
    kind: Kind
    prompt: str
    points: int
    earned: int | None = Field(default=None, description="The points that were earned; null while they are not.")
    attempts: int = 0
    hints: list[str] = []
    choices: list[ChoiceInfo] = []
    lab: LabContent | None = Field(default=None, description="What a run must show to earn a lab.")


class SectionInfo(FrozenModel):
    """A section. `body` is Markdown."""

    sectionID: str
    title: str
    body: str
    questions: list[QuestionInfo]


class ChoiceFeedback(FrozenModel):
    """Feedback for one choice. `feedback_html` is `feedback` rendered as HTML."""

    id: str
    feedback: str
    feedback_html: str
