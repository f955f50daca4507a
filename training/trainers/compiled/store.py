"""Where compiled code is kept, and whether it is there already. Loads no numba."""

from __future__ import annotations

import hashlib
import os
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_READY = "ready"


@cache
def find_folder() -> Path | None:
    """Inside the environment's NUMBA_CACHE_DIR, which workers set; None without: then it lies beside the sources.

    Its name changes with this folder's sources, of which numba itself would notice one alone, and with numba.
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
    """False where it would have to be compiled first, which takes seconds that no learner should wait for."""
    folder = find_folder()
    return folder is None or (folder / _READY).exists()


def mark_ready() -> None:
    folder = find_folder()
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _READY).touch()
