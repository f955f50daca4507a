"""Convert rows of the catalogue to content values. Services use them, and staff changes are found by comparing them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Prefetch, QuerySet
from pydantic import ValidationError

from progress.catalogue import ContentError, ModuleContent, QuestionContent, explain, parse_module
from progress.models import Choice, Module, Question, Section

HINTS = ("hint_1", "hint_2", "hint_3")
LAB_PREFIX = "lab_"


def with_everything(modules: QuerySet[Module]) -> QuerySet[Module]:
    """Return the modules with their sections, questions and choices, in four queries in all."""
    questions = Question.objects.prefetch_related("choices")
    return modules.prefetch_related(
        Prefetch("sections", Section.objects.prefetch_related(Prefetch("questions", questions)))
    )


def describe_module(module: Module) -> ModuleContent:
    """Return a module as content. Raises ContentError if it is incomplete."""
    return parse_module(
        {
            "id": module.slug,
            "title": module.title,
            "summary": module.summary,
            "order": module.order,
            "sections": [
                {
                    "id": section.slug,
                    "title": section.title,
                    "body": section.body,
                    "questions": [_collect(question, question.choices.all()) for question in section.questions.all()],
                }
                for section in module.sections.all()
            ],
        }
    )


def describe_question(question: Question, choices: Iterable[Choice] | None = None) -> QuestionContent:
    """Return a question as content, with `choices` instead of the stored ones if given. Raises ContentError."""
    data = _collect(question, question.choices.all() if choices is None else choices)
    try:
        return QuestionContent.model_validate(data)
    except ValidationError as error:
        raise ContentError(explain(error, data)) from error


def _collect(question: Question, choices: Iterable[Choice]) -> dict[str, Any]:
    """Return the fields of a question under their names in content files."""
    lab = {
        name.removeprefix(LAB_PREFIX): getattr(question, name)
        for name in _lab_fields()
        if getattr(question, name) not in (None, "")
    }
    return {
        "id": question.slug,
        "kind": question.kind,
        "prompt": question.prompt,
        "points": question.points,
        "hints": [hint for name in HINTS if (hint := getattr(question, name).strip())],
        "right": question.right,
        "wrong": question.wrong,
        "choices": [
            {"id": each.slug, "text": each.text, "correct": each.correct, "feedback": each.feedback} for each in choices
        ],
        "answer": question.answer,
        "tolerance": question.tolerance,
        "accepted": [line for line in question.accepted.splitlines() if line.strip()],
        # `min_test_size` has a default, so that it does not by itself make the question a lab.
        "lab": lab if lab.keys() - {"min_test_size"} else None,
    }


def _lab_fields() -> list[str]:
    return [field.name for field in Question._meta.concrete_fields if field.name.startswith(LAB_PREFIX)]
