"""Deletion of files together with their rows, wherever rows are deleted. Connected when the app is ready."""

from __future__ import annotations

from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models.signals import post_delete, pre_delete

from training.models import Artifact, Checkpoint, Dataset, TrainingRun


def connect() -> None:
    pre_delete.connect(_delete_latecomers, sender=TrainingRun, dispatch_uid="latecomers of TrainingRun")
    for model in (Artifact, Checkpoint, Dataset):
        post_delete.connect(_delete_file, sender=model, dispatch_uid=f"file of {model.__name__}")


def _delete_latecomers(instance: TrainingRun, **_: Any) -> None:
    """Delete files that a worker has stored since Django collected the rows to delete with a run.

    Their foreign keys would prevent the deletion. After the run's row is locked, workers store nothing more for it.
    """
    if TrainingRun.objects.select_for_update().filter(pk=instance.pk).values_list("pk").first() is not None:
        for model in (Artifact, Checkpoint):
            model.objects.filter(run=instance).delete()


def _delete_file(instance: Artifact | Checkpoint | Dataset, **_: Any) -> None:
    # After the commit: a row without its file would be an error for visitors, a file without its row is only unused.
    if location := instance.file.name:
        transaction.on_commit(lambda: default_storage.delete(location), robust=True)
