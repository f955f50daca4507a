"""Grade one answer against one question's answer key. Called by services. Uses no database."""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass, replace

from progress.catalogue import Kind, QuestionContent
from progress.exceptions import AnswerUnreadable, NotAnswerable, UnknownChoice

Answer = str | int | float | list[str]
"""What a client sends: a choice's id, several ids, a number, or text."""

ROUNDING = 1e-9  # relative tolerance for rounding: 0.1 + 0.2 equals 0.3
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d+)?")
FRACTION = re.compile(r"([+-]?\d{1,15})\s*/\s*(\d{1,15})")
TYPED = 100  # longest typed number that is recorded, in characters

_PLAIN = str.maketrans(
    dict.fromkeys("\u2018\u2019\u201b\u02bc\u00b4`\u2032", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u201f\u2033", '"')
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-")
)
"""Typographic apostrophes, quotation marks and dashes as the ones of a keyboard."""


@dataclass(frozen=True)
class Verdict:
    """The result of grading. `answer` is what is recorded: the selected choices, or the number or text as typed.

    `choices` maps each selected choice to its feedback.
    """

    correct: bool
    answer: Answer
    feedback: str
    choices: dict[str, str]


def grade(question: QuestionContent, answer: Answer) -> Verdict:
    """Return the verdict on an answer.

    Raises AnswerUnreadable or UnknownChoice for an invalid answer, and NotAnswerable for a `lab` or `done` question.
    """
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
            return _grade_number(question, number, answer)
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


def _grade_number(question: QuestionContent, number: float, answer: Answer) -> Verdict:
    """Grade a number with the question's tolerance. The feedback points out an answer that is only correct as a
    percentage.
    """
    assert question.answer is not None
    allowed = (question.tolerance or 0.0) + ROUNDING * max(1.0, abs(question.answer))
    typed = answer.strip()[:TYPED] if isinstance(answer, str) else number
    verdict = _judge(question, abs(number - question.answer) <= allowed, typed)
    if not verdict.correct and abs(number / 100 - question.answer) <= allowed:
        unit = f"Check the unit: {number:g} is not {number:g} %. Write {number:g} % if you mean percent."
        return replace(verdict, feedback=f"{verdict.feedback} {unit}")
    return verdict


def parse_number(answer: Answer) -> float:
    """Return a number, also from text such as `0.94`, `0,94`, `94 %`, `1,500` or `1/4`. Raises AnswerUnreadable."""
    hint = "Send a number such as 0.94."
    if isinstance(answer, str):
        text = unicodedata.normalize("NFKC", answer).strip().replace("\N{MINUS SIGN}", "-")
        whole = 100 if text.endswith("%") else 1
        text = text.removesuffix("%").strip()
        text = text.replace(",", "" if THOUSANDS.fullmatch(text) else ".")
        try:
            number = _parse_text(text) / whole
        except (ValueError, ZeroDivisionError):
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


def _parse_text(text: str) -> float:
    """Return a decimal number or a fraction. Raises ValueError, ZeroDivisionError."""
    if fraction := FRACTION.fullmatch(text):
        return int(fraction[1]) / int(fraction[2])
    if "_" in text:  # Python's own syntax, such as underscores
        raise ValueError(text)
    return float(text)


def simplify(text: str) -> str:
    """Return text normalised for comparison: lower case, plain quotation marks, single spaces, no final full stop."""
    plain = unicodedata.normalize("NFKC", text.translate(_PLAIN)).casefold()
    return " ".join(plain.split()).removesuffix(".").rstrip()


def _parse_choices(question: QuestionContent, answer: Answer) -> list[str]:
    """Return the selected choice ids without repetition, in the question's order."""
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
