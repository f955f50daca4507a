"""Answer a question, or confirm a question of kind `done`."""

from __future__ import annotations

from playground.wire.identity import Identity
from progress import attempts, standings
from progress.catalogue import Kind
from progress.exceptions import AnswerRequired
from progress.grading import Answer, grade
from progress.messages import AnswerResult
from progress.module_info import ChoiceFeedback
from progress.prose import render_prose
from progress.records import Award, QuestionKey
from progress.services.earning import award
from progress.services.modules import get_content, get_question, open_hints


def submit_answer(identity: Identity, key: QuestionKey, answer: Answer) -> AnswerResult:
    """Grade an answer, record the attempt, and award the points of a correct answer once.

    Raises QuestionNotFound, StorageUnavailable, and the errors of `grade`.
    """
    row = get_question(key)
    question = get_content(row)
    verdict = grade(question, answer)
    earned = 0
    if verdict.correct:
        earned = question.points if award(identity.owner, key, question.points).was_new else 0
    else:
        standings.note(identity.owner, key.module_id)
    attempts.record_attempt(identity.owner, row.pk, verdict.answer, verdict.correct)
    tally = attempts.tally(identity.owner, [row.pk])[row.pk]
    opened = open_hints(question, tally)
    hint = opened[-1] if opened and not verdict.correct else ""
    return AnswerResult(
        correct=verdict.correct,
        feedback=verdict.feedback,
        feedback_html=render_prose(verdict.feedback),
        choices=[
            ChoiceFeedback(id=chosen, feedback=text, feedback_html=render_prose(text))
            for chosen, text in verdict.choices.items()
        ],
        hint=hint,
        hint_html=render_prose(hint),
        points=earned,
        attempts=tally.attempts,
    )


def confirm(identity: Identity, key: QuestionKey, *, but: str = "") -> Award:
    """Confirm that the learner has done a question. Raises QuestionNotFound, AnswerRequired, StorageUnavailable."""
    question = get_content(get_question(key))
    if question.has_key:
        raise AnswerRequired(
            "The points of this question are not for the asking.",
            hint="Train a model that meets the lab's requirement: the points come by themselves."
            if question.kind is Kind.LAB
            else "Send its answer with submitAnswer: a right one earns them.",
            where="questionID",
        )
    return award(identity.owner, key, question.points, but=but)
