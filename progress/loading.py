"""Load content files into the database after each migration.

A module that staff have changed belongs to them: it is not overwritten. One that they deleted stays deleted.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from functools import cache
from typing import Any

from django.apps import apps as global_apps
from django.apps.registry import Apps
from django.db import transaction

from progress.catalogue import ContentError, ModuleContent, QuestionContent, read_content
from progress.description import HINTS, LAB_PREFIX, describe_module, with_everything
from progress.models import Choice, Module, Question, Section, ShippedModule
from progress.recount import recount_later

logger = logging.getLogger(__name__)


@cache
def read_shipped() -> list[ModuleContent]:
    """Return the modules that ship with the product, read once per process. Raises ContentError."""
    return read_content()


def load_shipped(*, apps: Apps = global_apps, **_: Any) -> None:
    """Load the shipped modules. Receiver of `post_migrate`, also after a migration back to before the modules."""
    if "shippedmodule" in apps.all_models["progress"]:
        load(read_shipped())


def load(modules: Iterable[ModuleContent]) -> list[str]:
    """Update the rows to the content of the files. Return the slugs of the modules that were written.

    New modules are published. For existing ones, title, text, sections and questions follow the file; status and order
    stay as staff set them. Questions keep their rows, so that attempts keep their question. The number of queries does
    not depend on the amount of content.
    """
    with transaction.atomic():
        loaded = dict(ShippedModule.objects.values_list("slug", "fingerprint"))
        changed = [module for module in modules if loaded.get(module.id) != module.fingerprint()]
        if not changed:
            return []
        rows = {row.slug: row for row in with_everything(Module.objects.filter(slug__in=[each.id for each in changed]))}
        writable = [each for each in changed if _may_write(each.id, rows.get(each.id), loaded.get(each.id))]
        _write(writable)
        recount_later([module.id for module in writable])
        return [module.id for module in writable]


def _may_write(slug: str, row: Module | None, loaded: str | None) -> bool:
    if row is None:
        if loaded is not None:
            logger.info("The module %r was deleted by staff; its new content is not loaded.", slug)
        return loaded is None
    try:
        untouched = describe_module(row).fingerprint() == loaded
    except ContentError:  # Shipped modules are complete, so an incomplete one has been edited.
        untouched = False
    if not untouched:
        logger.info("The module %r was changed by staff; its new content is not loaded.", slug)
    return untouched


def _write(modules: list[ModuleContent]) -> None:
    slugs = [module.id for module in modules]
    Module.objects.bulk_create(
        [
            Module(
                slug=module.id,
                title=module.title,
                summary=module.summary,
                order=module.order,
                status=Module.Status.PUBLISHED,
            )
            for module in modules
        ],
        update_conflicts=True,
        unique_fields=["slug"],
        update_fields=["title", "summary"],
    )
    module_keys = dict(Module.objects.filter(slug__in=slugs).values_list("slug", "pk"))
    _write_questions(modules, _write_sections(modules, module_keys))
    ShippedModule.objects.bulk_create(
        [ShippedModule(slug=module.id, fingerprint=module.fingerprint()) for module in modules],
        update_conflicts=True,
        unique_fields=["slug"],
        update_fields=["fingerprint"],
    )


def _write_sections(modules: list[ModuleContent], module_keys: dict[str, int]) -> dict[tuple[str, str], int]:
    """Write the sections. Return {(module, section): primary key}."""
    rows = [
        Section(module_id=module_keys[module.id], slug=section.id, title=section.title, body=section.body, order=order)
        for module in modules
        for order, section in enumerate(module.sections)
    ]
    Section.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["module", "slug"], update_fields=["title", "body", "order"]
    )
    # Read the keys back, since an update does not return them. Then delete the sections that the file no longer has.
    there = Section.objects.filter(module_id__in=module_keys.values()).values_list("module__slug", "slug", "pk")
    keys = {(module, section): key for module, section, key in there}
    wanted = {(module.id, section.id) for module in modules for section in module.sections}
    Section.objects.filter(pk__in=[key for place, key in keys.items() if place not in wanted]).delete()
    return {place: key for place, key in keys.items() if place in wanted}


def _write_questions(modules: list[ModuleContent], section_keys: dict[tuple[str, str], int]) -> None:
    rows, contents = [], []
    for module in modules:
        for section in module.sections:
            for order, question in enumerate(section.questions):
                rows.append(_build_question(section_keys[module.id, section.id], order, question))
                contents.append(question)
    values = [field.name for field in Question._meta.concrete_fields if field.name not in ("id", "section", "slug")]
    Question.objects.bulk_create(rows, update_conflicts=True, unique_fields=["section", "slug"], update_fields=values)
    there = Question.objects.filter(section_id__in=section_keys.values()).values_list("section_id", "slug", "pk")
    keys = {(section, question): key for section, question, key in there}
    wanted = {(row.section_id, row.slug) for row in rows}
    Question.objects.filter(pk__in=[key for place, key in keys.items() if place not in wanted]).delete()
    _write_choices({keys[row.section_id, row.slug]: question for row, question in zip(rows, contents, strict=True)})


def _write_choices(questions: dict[int, QuestionContent]) -> None:
    Choice.objects.filter(question_id__in=questions).delete()
    Choice.objects.bulk_create(
        Choice(
            question_id=key,
            slug=choice.id,
            text=choice.text,
            correct=choice.correct,
            feedback=choice.feedback,
            order=order,
        )
        for key, question in questions.items()
        for order, choice in enumerate(question.choices)
    )


def _build_question(section_id: int, order: int, content: QuestionContent) -> Question:
    hints = dict(zip(HINTS, content.hints, strict=False))
    lab = {LAB_PREFIX + name: value for name, value in content.lab if value is not None} if content.lab else {}
    return Question(
        section_id=section_id,
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
