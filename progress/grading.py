"""Is it right? One answer against one question's key, called by services. Knows no database and no learner."""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass

from progress.catalogue import Kind, QuestionContent
from progress.exceptions import AnswerUnreadable, NotAnswerable, UnknownChoice

Answer = str | int | float | list[str]
"""What a client sends: a choice's id, several ids, a number, or text."""

ROUNDING = 1e-9  # relative: 0.1 + 0.2 is as good as 0.3
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d+)?")


@dataclass(frozen=True)
class Verdict:
    """`answer` is what was understood, to be recorded; `choices` maps each choice that was made to its feedback."""

    correct: bool
    answer: Answer
    feedback: str
    choices: dict[str, str]


def grade(question: QuestionContent, answer: Answer) -> Verdict:
    """Raises AnswerUnreadable or UnknownChoice for what is no answer, and NotAnswerable for a lab or a `done`."""
    match question.kind:
        case Kind.SINGLE:
            chosen = _parse_choices(question, [answer] if isinstance(answer, str) else answer)
            if len(chosen) != 1:
                raise AnswerUnreadable("This question takes one choice.", hint="Send one choice's id.", where="answer")
            return _grade_choices(question, chosen, chosen[0])
        case Kind.SEVERAL:
            chosen = _parse_choices(question, answer)
            return _grade_choices(question, chosen, chosen)
        case Kind.NUMBER:
            number = parse_number(answer)
            assert question.answer is not None
            allowed = (question.tolerance or 0.0) + ROUNDING * max(1.0, abs(question.answer))
            return _judge(question, abs(number - question.answer) <= allowed, number)
        case Kind.TEXT:
            if not isinstance(answer, str) or not simplify(answer):
                raise AnswerUnreadable("This question takes a word or a few.", hint="Send text.", where="answer")
            return _judge(question, simplify(answer) in {simplify(each) for each in question.accepted}, answer.strip())
        case Kind.LAB:
            raise NotAnswerable(
                "A lab is not answered but trained.",
                hint="Train a model that meets the requirement: the points come by themselves when the run is over.",
                where="questionID",
            )
        case Kind.DONE:
            raise NotAnswerable(
                "There is nothing to answer here.",
                hint="Send updateUserProgressData when it is done.",
                where="questionID",
            )


def parse_number(answer: Answer) -> float:
    """A number, or text such as `0.94`, `0,94`, `94 %` or `1,500`. Raises AnswerUnreadable."""
    hint = "Send a number such as 0.94."
    if isinstance(answer, str):
        text = unicodedata.normalize("NFKC", answer).strip().replace("\N{MINUS SIGN}", "-")
        whole = 100 if text.endswith("%") else 1
        text = text.removesuffix("%").strip()
        text = text.replace(",", "" if THOUSANDS.fullmatch(text) else ".")
        try:
            number = float(text) / whole
        except ValueError:
            raise AnswerUnreadable("That is not a number.", hint=hint, where="answer") from None
    elif isinstance(answer, bool | list):
        raise AnswerUnreadable("That is not a number.", hint=hint, where="answer")
    else:
        try:
            number = float(answer)
        except OverflowError:
            number = math.inf
    if not math.isfinite(number):
        raise AnswerUnreadable("That is not a number to calculate with.", hint=hint, where="answer")
    return number


def simplify(text: str) -> str:
    """Text as it is compared: without case, outer and repeated spaces, and a full stop at the end."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split()).removesuffix(".").rstrip()


def _parse_choices(question: QuestionContent, answer: Answer) -> list[str]:
    """The chosen ids, each once, in the question's order."""
    if not isinstance(answer, list):
        raise AnswerUnreadable("This question takes choices.", hint="Send a list of choices' ids.", where="answer")
    known = [choice.id for choice in question.choices]
    for chosen in answer:
        if chosen not in known:
            raise UnknownChoice(
                f"There is no choice {chosen[:50]!r}.", hint=f"The choices are {', '.join(known)}.", where="answer"
            )
    if not answer:
        raise AnswerUnreadable("Nothing is chosen.", hint="Send at least one choice's id.", where="answer")
    return [each for each in known if each in answer]


def _grade_choices(question: QuestionContent, chosen: list[str], answer: Answer) -> Verdict:
    correct = all(choice.correct == (choice.id in chosen) for choice in question.choices)
    feedback = {choice.id: choice.feedback for choice in question.choices if choice.id in chosen and choice.feedback}
    return _judge(question, correct, answer, feedback)


def _judge(question: QuestionContent, correct: bool, answer: Answer, choices: dict[str, str] | None = None) -> Verdict:
    feedback = (question.right if correct else question.wrong) or ("That is right." if correct else "Not yet.")
    return Verdict(correct, answer, feedback, choices or {})
