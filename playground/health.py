"""Health checks for supervisors and load balancers: /healthz (the process lives) and /readyz (it can serve).

Anybody may request them. The parts are checked at most once in CACHE_SECONDS, however many requests come. The answer
names the part that fails; the reason is in the log.
"""

from __future__ import annotations

import asyncio
import logging
import weakref
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from secrets import token_bytes
from threading import Lock
from time import monotonic, perf_counter
from typing import Any
from uuid import uuid4

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from playground.database import list_unapplied_migrations, open_cursor
from playground.wire.groups import echo
from progress.storage import get_storage
from training.engines.base import get_engine

READY_SECONDS = 3  # that each part may take to answer

CACHE_SECONDS = 1.0
"""The time for which one answer of /readyz is given again."""

PROBE_BYTES = 4_096
"""The size of the file that is written: one that fits nowhere in a full file system."""

logger = logging.getLogger(__name__)


class NotReady(Exception):
    """A part answers that it cannot work yet."""


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer that the process lives. Nothing is read or written: a restart would not mend another service."""
    return JsonResponse({"status": "ok"})


@require_safe
async def readyz(request: HttpRequest) -> JsonResponse:
    """Answer whether each part that serving needs works within READY_SECONDS; 503 if one does not."""
    report = await _reports.get()
    return JsonResponse(report, status=200 if report["status"] == "ok" else 503)


class _Reports:
    """The latest report, shared by the requests of the next CACHE_SECONDS. Concurrent requests wait for it."""

    def __init__(self) -> None:
        self._latest: dict[str, Any] = {}
        self._until = 0.0
        # A lock belongs to an event loop. A server has one, tests have more.
        self._locks: weakref.WeakKeyDictionary[Any, asyncio.Lock] = weakref.WeakKeyDictionary()

    async def get(self) -> dict[str, Any]:
        async with self._locks.setdefault(asyncio.get_running_loop(), asyncio.Lock()):
            if monotonic() >= self._until:
                self._latest = await _ask_all()
                self._until = monotonic() + CACHE_SECONDS
            return self._latest


_reports = _Reports()


async def _ask_all() -> dict[str, Any]:
    parts = await asyncio.gather(*(_time(name, check) for name, check in CHECKS.items()))
    ready = all(part["status"] == "ok" for part in parts)
    return {"status": "ok" if ready else "failed", "checks": dict(zip(CHECKS, parts, strict=True))}


async def _time(name: str, check: Callable[[], Awaitable[None]]) -> dict[str, Any]:
    began, status = perf_counter(), "ok"
    try:
        async with asyncio.timeout(READY_SECONDS):
            await check()
    except TimeoutError:
        status = "timeout"
    except Exception:
        # A driver's error may quote addresses and passwords, so it goes to the log only.
        logger.warning("%s is not ready", name, exc_info=True)
        status = "failed"
    return {"status": status, "milliseconds": round((perf_counter() - began) * 1000, 1)}


# --- the parts -------------------------------------------------------------------------------------------------------


def _query_database() -> None:
    with open_cursor() as cursor:
        cursor.execute("SELECT 1")


def _look_for_migrations() -> None:
    if unapplied := list_unapplied_migrations():
        raise NotReady(f"Run `python manage.py migrate`: {len(unapplied)} migrations are missing, as {unapplied[0]}.")


def _ask_engine() -> None:
    if not get_engine().is_ready():
        raise NotReady("No warm worker has been seen lately.")


def _ask_broker() -> None:
    get_engine().check_broker()


def _ask_progress() -> None:
    get_storage().check()


def _try_files() -> None:
    """Write, read and delete a small file. A full disk, a missing bucket or a read-only key makes this fail."""
    content = token_bytes(PROBE_BYTES)
    name = default_storage.save(f"readyz/{uuid4().hex}", ContentFile(content))
    try:
        with default_storage.open(name) as file:
            if file.read() != content:
                raise NotReady("The file storage gives back something else than was written.")
    except BaseException:
        with suppress(Exception):  # the first error is the informative one
            default_storage.delete(name)
        raise
    default_storage.delete(name)


class _Thread:
    """Runs a blocking check in a thread. While a check hangs, later requests wait for it and start no other."""

    def __init__(self, check: Callable[[], None]) -> None:
        self._check = check
        self._lock = Lock()
        self._running: Future[None] | None = None

    async def __call__(self) -> None:
        with self._lock:
            if self._running is None or self._running.done():
                self._running = _threads.submit(self._check)
            running = self._running
        await asyncio.wrap_future(running)


CHECKS: dict[str, Callable[[], Awaitable[None]]] = {
    "database": _Thread(_query_database),
    "migrations": _Thread(_look_for_migrations),
    "channel_layer": echo,
    "broker": _Thread(_ask_broker),
    "engine": _Thread(_ask_engine),
    "files": _Thread(_try_files),
    "progress": _Thread(_ask_progress),
}
# One thread per part, so that a part which hangs does not delay the others.
_threads = ThreadPoolExecutor(max_workers=len(CHECKS), thread_name_prefix="ready")
