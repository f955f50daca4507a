"""Files go when their rows do, whoever deletes those: an owner, an account's or a run's end, the admin. Connected by
`apps`.
"""

from __future__ import annotations

from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models.signals import post_delete

from training.models import Artifact, Checkpoint, Dataset


def connect() -> None:
    for model in (Artifact, Checkpoint, Dataset):
        post_delete.connect(_delete_file, sender=model, dispatch_uid=f"file of {model.__name__}")


def _delete_file(instance: Artifact | Checkpoint | Dataset, **_: Any) -> None:
    # After the commit: a row without its file is an error to whoever asks for it, a file without its row is only waste.
    if location := instance.file.name:
        transaction.on_commit(lambda: default_storage.delete(location), robust=True)
