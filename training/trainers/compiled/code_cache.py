"""The directory of compiled code, and whether the code has been compiled. Loads no numba."""

from __future__ import annotations

import hashlib
import os
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_READY = "ready"


@cache
def find_cache_folder() -> Path | None:
    """Return the directory inside NUMBA_CACHE_DIR, None if that is unset: numba then caches beside the sources.

    Its name depends on these sources and on numba's version. numba itself checks only the file of the function called.
    """
    kept = os.environ.get("NUMBA_CACHE_DIR")
    if not kept:
        return None
    sources = sorted(Path(__file__).parent.glob("*.py"))
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]
    try:
        return Path(kept) / f"{digest}-{version('numba')}"
    except PackageNotFoundError:
        return None


def is_ready() -> bool:
    """Return whether the code is compiled. Compiling takes seconds."""
    folder = find_cache_folder()
    return folder is None or (folder / _READY).exists()


def mark_ready() -> None:
    """Record that the code is compiled."""
    folder = find_cache_folder()
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _READY).touch()
