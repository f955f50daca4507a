"""Memory limit of a worker process, on Linux. On other systems only the server measures its workers."""

from __future__ import annotations

import sys
from pathlib import Path

MEGABYTE = 2**20
PHRASES = ("can't allocate memory", "C error: out of memory")  # of torch and of pandas


class MemoryLimit:
    """A limit beyond which the operating system refuses memory, so that Python raises MemoryError.

    Create it once the worker has warmed up. Memory that the worker has then, or shares with others, does not count.
    """

    def __init__(self) -> None:
        self._is_possible = sys.platform == "linux"
        if self._is_possible:
            self._data = _read_status("VmData")
            self._resident = _read_status("VmRSS")

    def allow_growth(self, megabytes: float) -> None:
        """Allow this many megabytes more than the worker had after its start."""
        if self._is_possible:
            self._set(self._data + int(max(megabytes, 0) * MEGABYTE))

    def allow_resident(self, megabytes: float) -> None:
        """Allow this many megabytes in total. Shared memory counts, as in the measurements of the server."""
        self.allow_growth(megabytes - self._resident / MEGABYTE if self._is_possible else 0)

    def lift(self) -> None:
        if self._is_possible:
            self._set(None)

    def _set(self, size: int | None) -> None:
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        soft = hard if size is None else size if hard == resource.RLIM_INFINITY else min(size, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an exception, or one that it was raised from, means that memory was refused.

    torch raises RuntimeError for it, and pandas' parser a ValueError.
    """
    link: BaseException | None = error
    while link is not None:
        if isinstance(link, MemoryError):
            return True
        if isinstance(link, RuntimeError | ValueError) and any(phrase in str(link) for phrase in PHRASES):
            return True
        link = link.__cause__ or link.__context__
    return False


def _read_status(name: str) -> int:
    """Return a size of this process in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))
