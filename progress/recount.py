"""Update the gradebook's standings when the catalogue is edited. The functions are receivers of model signals.

The questions that exist decide which points count. When a question is added, moved or deleted, the standings of all
learners of its module are computed again on commit. Publishing a module needs no recount: the gradebook leaves out the
standings of unpublished modules.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from threading import local
from typing import Any

from django.db import transaction

from playground.wire.identity import owner_of
from progress import standings
from progress.exceptions import StorageUnavailable
from progress.models import Question, Section, Standing
from progress.storage import get_storage

CHUNK = 400
"""Learners of one request to the storage."""

logger = logging.getLogger(__name__)
_local = local()


def find_old_module(*, instance: Question | Section, **_: Any) -> None:
    """Keep the module that a question or a section is about to leave. Receiver of `pre_save`."""
    if isinstance(instance, Question):
        stored = Question.objects.filter(pk=instance.pk).exclude(section=instance.section_id)
        instance._old_modules = list(stored.values_list("section__module__slug", flat=True))  # type: ignore[attr-defined]
    else:
        rows = Section.objects.filter(pk=instance.pk).exclude(module=instance.module_id)
        instance._old_modules = list(rows.values_list("module__slug", flat=True))  # type: ignore[attr-defined]


def plan_recount(*, instance: Question | Section, created: bool = False, **_: Any) -> None:
    """Schedule a recount after a question was added, or a question or section was moved. Receiver of `post_save`."""
    left = getattr(instance, "_old_modules", [])
    if left or (created and isinstance(instance, Question)):
        recount_later([*left, *_find_module(instance)])


def plan_recount_of_deleted(*, instance: Question, **_: Any) -> None:
    """Schedule a recount after a question was deleted, also together with its section. Receiver of `post_delete`."""
    recount_later(_find_module(instance))


def recount_later(module_ids: Collection[str]) -> None:
    """Schedule a recount of these modules' learners for the commit of the transaction."""
    if module_ids:
        _planned().update(module_ids)
        transaction.on_commit(_recount_planned)


def recount(module_ids: Collection[str]) -> None:
    """Compute the standings of these modules' learners again.

    If the storage does not answer, they stay as they are until the gradebook shows the learner.
    """
    theirs = Standing.objects.filter(module_id__in=module_ids).order_by().values_list("user_id", flat=True)
    user_ids = list(theirs.distinct())
    try:
        for start in range(0, len(user_ids), CHUNK):
            owners = [owner_of(user_id) for user_id in user_ids[start : start + CHUNK]]
            standings.follow(get_storage().get_many(owners).values())
    except StorageUnavailable:
        logger.warning("The standings in %s are not counted anew: the storage does not answer", ", ".join(module_ids))


def _find_module(instance: Question | Section) -> list[str]:
    """Return the identifier of the module, or an empty string if the module is being deleted too."""
    section_id = instance.section_id if isinstance(instance, Question) else instance.pk
    return list(Section.objects.filter(pk=section_id).values_list("module__slug", flat=True))


def _planned() -> set[str]:
    """Return the modules to recount in this thread's transaction. Each module is in it once."""
    if not hasattr(_local, "planned"):
        _local.planned = set()
    planned: set[str] = _local.planned
    return planned


def _recount_planned() -> None:
    modules, _local.planned = sorted(_planned()), set()
    if modules:
        recount(modules)
