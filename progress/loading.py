"""Modules between files and rows: content is loaded when the database is migrated, and rows are read back as content.

A module that staff have changed is theirs from then on: it is not overwritten, and one that they deleted stays deleted.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from functools import cache
from typing import Any

from django.apps import apps as global_apps
from django.apps.registry import Apps
from django.db import transaction
from django.db.models import Prefetch, QuerySet

from progress.catalogue import ModuleContent, QuestionContent, SectionContent, read_content
from progress.models import Choice, Module, Question, Section, ShippedModule

HINTS = ("hint_1", "hint_2", "hint_3")
LAB_PREFIX = "lab_"

logger = logging.getLogger(__name__)


@cache
def read_shipped() -> list[ModuleContent]:
    """The modules that come with the product; read once a process. Raises ContentError."""
    return read_content()


def load_shipped(*, apps: Apps = global_apps, **_: Any) -> None:
    """Receiver of `post_migrate`, also where the database was migrated back to before there were modules."""
    if "shippedmodule" in apps.all_models["progress"]:
        load(read_shipped())


def load(modules: Iterable[ModuleContent]) -> list[str]:
    """Brings the rows up to date with what is new in the files, and returns the slugs of the modules written.

    New modules are published. Of others, title, text, sections and questions follow the file; status and order are
    the staff's. Questions keep their rows, so that attempts stay theirs.
    """
    with transaction.atomic():
        loaded = dict(ShippedModule.objects.values_list("slug", "fingerprint"))
        changed = [module for module in modules if loaded.get(module.id) != module.fingerprint()]
        return [module.id for module in changed if _load_module(module, loaded.get(module.id))]


def with_everything(modules: QuerySet[Module]) -> QuerySet[Module]:
    """The modules with their sections, questions and choices, in four queries however many there are."""
    questions = Question.objects.prefetch_related("choices")
    return modules.prefetch_related(
        Prefetch("sections", Section.objects.prefetch_related(Prefetch("questions", questions)))
    )


def describe_module(module: Module) -> ModuleContent:
    """A row and what belongs to it, as content. Raises pydantic's ValidationError for what is not complete."""
    return ModuleContent(
        id=module.slug,
        title=module.title,
        summary=module.summary,
        order=module.order,
        sections=tuple(_describe_section(section) for section in module.sections.all()),
    )


def describe_question(question: Question, choices: Iterable[Choice] | None = None) -> QuestionContent:
    """As content, with these `choices` instead of the stored ones where given. Raises pydantic's ValidationError."""
    lab = {
        name.removeprefix(LAB_PREFIX): getattr(question, name)
        for name in _lab_fields()
        if getattr(question, name) not in (None, "")
    }
    return QuestionContent.model_validate(
        {
            "id": question.slug,
            "kind": question.kind,
            "prompt": question.prompt,
            "points": question.points,
            "hints": [hint for name in HINTS if (hint := getattr(question, name).strip())],
            "right": question.right,
            "wrong": question.wrong,
            "choices": [
                {"id": each.slug, "text": each.text, "correct": each.correct, "feedback": each.feedback}
                for each in (question.choices.all() if choices is None else choices)
            ],
            "answer": question.answer,
            "tolerance": question.tolerance,
            "accepted": [line for line in question.accepted.splitlines() if line.strip()],
            # The share of test rows has a default, which alone makes no lab.
            "lab": lab if lab.keys() - {"min_test_size"} else None,
        }
    )


def _describe_section(section: Section) -> SectionContent:
    questions = tuple(describe_question(question) for question in section.questions.all())
    return SectionContent(id=section.slug, title=section.title, body=section.body, questions=questions)


def _load_module(content: ModuleContent, loaded: str | None) -> bool:
    row = with_everything(Module.objects.filter(slug=content.id)).first()
    if not _may_write(content.id, row, loaded):
        return False
    _write_module(content, row)
    ShippedModule.objects.update_or_create(slug=content.id, defaults={"fingerprint": content.fingerprint()})
    return True


def _may_write(slug: str, row: Module | None, loaded: str | None) -> bool:
    if row is None:
        if loaded is not None:
            logger.info("The module %r was deleted by staff; its new content is not loaded.", slug)
        return loaded is None
    try:
        untouched = describe_module(row).fingerprint() == loaded
    except ValueError:  # pydantic's: only people leave a module incomplete
        untouched = False
    if not untouched:
        logger.info("The module %r was changed by staff; its new content is not loaded.", slug)
    return untouched


def _write_module(content: ModuleContent, row: Module | None) -> None:
    if row is None:
        row = Module(slug=content.id, order=content.order, status=Module.Status.PUBLISHED)
    row.title, row.summary = content.title, content.summary
    row.save()
    row.sections.exclude(slug__in=[section.id for section in content.sections]).delete()
    for order, section in enumerate(content.sections):
        values = {"title": section.title, "body": section.body, "order": order}
        section_row, _ = Section.objects.update_or_create(module=row, slug=section.id, defaults=values)
        _write_questions(section_row, section.questions)


def _write_questions(section: Section, questions: tuple[QuestionContent, ...]) -> None:
    section.questions.exclude(slug__in=[question.id for question in questions]).delete()
    rows = [_build_question(section, order, question) for order, question in enumerate(questions)]
    values = [field.name for field in Question._meta.concrete_fields if field.name not in ("id", "section", "slug")]
    Question.objects.bulk_create(rows, update_conflicts=True, unique_fields=["section", "slug"], update_fields=values)
    # Their keys are read back: what was updated does not come with one.
    keys = dict(section.questions.values_list("slug", "pk"))
    Choice.objects.filter(question__section=section).delete()
    Choice.objects.bulk_create(
        Choice(
            question_id=keys[question.id],
            slug=choice.id,
            text=choice.text,
            correct=choice.correct,
            feedback=choice.feedback,
            order=order,
        )
        for question in questions
        for order, choice in enumerate(question.choices)
    )


def _build_question(section: Section, order: int, content: QuestionContent) -> Question:
    hints = dict(zip(HINTS, content.hints, strict=False))
    lab = {LAB_PREFIX + name: value for name, value in content.lab if value is not None} if content.lab else {}
    return Question(
        section=section,
        slug=content.id,
        kind=content.kind.value,
        prompt=content.prompt,
        points=content.points,
        order=order,
        right=content.right,
        wrong=content.wrong,
        answer=content.answer,
        tolerance=content.tolerance,
        accepted="\n".join(content.accepted),
        **hints,
        **lab,
    )


def _lab_fields() -> list[str]:
    return [field.name for field in Question._meta.concrete_fields if field.name.startswith(LAB_PREFIX)]
