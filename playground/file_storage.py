"""File system storage that never leaves half a file. Named in `STORAGES`."""

from __future__ import annotations

import contextlib
import os
from typing import Any
from uuid import uuid4

from django.core.files.storage import FileSystemStorage


class WholeFileStorage(FileSystemStorage):
    """Write to a temporary name first, and rename. A crash or a full disk leaves no half-written file.

    A name that is free when `save` starts is assumed to stay free, since every stored name contains a UUID.
    """

    def _save(self, name: str, content: Any) -> str:
        part = f"{name}.{uuid4().hex}.part"
        try:
            path = self.path(super()._save(part, content))  # type: ignore[misc]
            with open(path, "rb+") as file:
                os.fsync(file.fileno())  # otherwise the name could reach the disk before the content
            os.replace(path, self.path(name))
        except BaseException:
            with contextlib.suppress(OSError):
                os.remove(self.path(part))
            raise
        return name
