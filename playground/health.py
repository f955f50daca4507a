"""Whether the process lives, and whether it can serve: /healthz and /readyz, for supervisors and load balancers."""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Lock
from time import perf_counter
from typing import Any, cast

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import DEFAULT_DB_ALIAS, connections
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from playground.wire.groups import echo
from training.engines.base import get_engine

logger = logging.getLogger(__name__)


class NotReady(Exception):
    """A part answers, and says that it cannot work yet."""


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """The process lives and answers. Nothing is read or written: a restart would not mend another service."""
    return JsonResponse({"status": "ok"})


@require_safe
async def readyz(request: HttpRequest) -> JsonResponse:
    """Whether each part that a visitor needs answers within READY_SECONDS, all asked at once; 503 if one does not."""
    parts = await asyncio.gather(*(_time(name, check) for name, check in CHECKS.items()))
    ready = all(part["status"] == "ok" for part in parts)
    report = {"status": "ok" if ready else "failed", "checks": dict(zip(CHECKS, parts, strict=True))}
    return JsonResponse(report, status=200 if ready else 503)


async def _time(name: str, check: Callable[[], Awaitable[None]]) -> dict[str, Any]:
    began, status = perf_counter(), "ok"
    try:
        async with asyncio.timeout(settings.READY_SECONDS):
            await check()
    except TimeoutError:
        status = "timeout"
    except Exception:
        # Whatever a driver raises: what it says may quote addresses and passwords, which belong in the log alone.
        logger.warning("%s is not ready", name, exc_info=True)
        status = "failed"
    return {"status": status, "milliseconds": round((perf_counter() - began) * 1000, 1)}


# --- the parts -------------------------------------------------------------------------------------------------------


def _query_database() -> None:
    with closing(connections.create_connection(DEFAULT_DB_ALIAS)) as fresh, fresh.cursor() as cursor:
        cursor.execute("SELECT 1")


def _ask_engine() -> None:
    if not get_engine().is_ready():
        raise NotReady


def _try_files() -> None:
    """Asks for a name. Where files lie in a folder, also writes: a disk may be full, or be mounted to be read."""
    default_storage.exists("readyz")
    try:
        folder = Path(default_storage.path(""))
    except NotImplementedError:
        return
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(b"ready")


class _Thread:
    """Runs a blocking check. While one hangs nobody starts another: they all wait for that one."""

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


_threads = ThreadPoolExecutor(max_workers=3, thread_name_prefix="ready")
CHECKS = cast(
    "dict[str, Callable[[], Awaitable[None]]]",
    {
        "database": _Thread(_query_database),
        "channel_layer": echo,
        "engine": _Thread(_ask_engine),
        "files": _Thread(_try_files),
    },
)
