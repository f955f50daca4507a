"""The file system as Django's file storage, where a file is there whole or not at all. Named in `STORAGES`."""

from __future__ import annotations

import contextlib
import os
from typing import Any
from uuid import uuid4

from django.core.files.storage import FileSystemStorage


class WholeFileStorage(FileSystemStorage):
    """Writes under another name first, so that neither a crash nor a full disk leaves half a file under its own.

    A name that is free when `save` asks for it is taken to stay free: all that are stored here hold a UUID.
    """

    def _save(self, name: str, content: Any) -> str:
        part = f"{name}.{uuid4().hex}.part"
        try:
            path = self.path(super()._save(part, content))  # type: ignore[misc]
            with open(path, "rb+") as file:
                os.fsync(file.fileno())  # or the name could reach the disk before what it stands for
            os.replace(path, self.path(name))
        except BaseException:
            with contextlib.suppress(OSError):
                os.remove(self.path(part))
            raise
        return name
