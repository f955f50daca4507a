"""Deletion of old runs and uploads, and of files without a row. Used by `manage.py clean`."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.files.storage import default_storage
from django.db.models import Exists, FileField, Model, OuterRef, QuerySet
from django.utils import timezone

from playground.cleanup_tasks import CleanupTask, days_ago
from training.models import Dataset
from training.runs.retention import delete_all, find_runs_on
from training.runs.retention import list_cleanup_tasks as list_run_tasks

ORPHAN_AGE = timedelta(days=1)  # a file is stored before its row
NAMES_AT_ONCE = 500


def list_cleanup_tasks() -> Iterator[CleanupTask]:
    """Return the deletions that the settings ask for. Runs come first, since uploads that only they used follow."""
    yield from list_run_tasks()
    if days := settings.KEEP_UNUSED_UPLOADS_DAYS:
        yield CleanupTask("uploads that no run uses", partial(_find_unused, days))


def forget_guest(owner: str) -> bool:
    """Delete all runs and tables of a guest, or nothing while a run is under way. Return whether they were deleted."""
    if not delete_all(owner):
        return False
    Dataset.objects.filter(owner=owner).delete()
    return True


def remove_orphans(*, dry_run: bool) -> int:
    """Delete files without a row that were stored at least ORPHAN_AGE ago. Return their number.

    Only the folders of this app's file fields are searched.
    """
    count = 0
    for folder in sorted({str(field.upload_to).rstrip("/") for _, field in _list_fields()}):
        names: list[str] = []
        for name in _walk(folder, dry_run):
            names.append(name)
            if len(names) == NAMES_AT_ONCE:
                count += _remove_unnamed(names, dry_run)
                names = []
        count += _remove_unnamed(names, dry_run)
    return count


def _find_unused(days: int) -> QuerySet[Dataset]:
    return Dataset.objects.filter(~Exists(find_runs_on(OuterRef("pk"))), created__lt=days_ago(days))


def _list_fields() -> list[tuple[type[Model], Any]]:
    models = apps.get_app_config("training").get_models()
    return [(model, field) for model in models for field in model._meta.get_fields() if isinstance(field, FileField)]


def _walk(folder: str, dry_run: bool) -> Iterator[str]:
    """Yield all files in a folder. Empty folders, which deleted runs leave on a disk, are deleted."""
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:  # nothing has been stored there yet
        return
    yield from (f"{folder}/{name}" for name in files if name)  # S3 lists a folder as an entry of itself without a name
    for name in folders:
        yield from _walk(f"{folder}/{name}", dry_run)
    if not folders and not files and not dry_run and _is_old(folder):
        with contextlib.suppress(OSError):  # a file was stored there in the meantime
            default_storage.delete(folder)


def _remove_unnamed(names: list[str], dry_run: bool) -> int:
    known: set[str] = set()
    for model, field in _list_fields():
        rows = model._default_manager.filter(**{f"{field.name}__in": names})
        known.update(rows.values_list(field.name, flat=True))
    orphans = [name for name in names if name not in known and _is_old(name)]
    for name in [] if dry_run else orphans:
        default_storage.delete(name)
    return len(orphans)


def _is_old(name: str) -> bool:
    try:
        return default_storage.get_modified_time(name) < timezone.now() - ORPHAN_AGE
    except Exception:
        # Each storage has its own exception for a file that another process has just deleted.
        if default_storage.exists(name):
            raise
        return False
