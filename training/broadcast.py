"""The ONLY caller of the channel layer: tells watchers that a run's log has grown. A lost message loses nothing."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from functools import lru_cache
from time import time
from typing import Any
from uuid import UUID

from channels.layers import get_channel_layer

from playground.wire.groups import send_to_group, serve_from_this_loop
from training.events import StoredEvent

logger = logging.getLogger(__name__)

# Events up to this size travel inside their nudge, so that watchers need not read the log; larger ones are read.
MAX_CARRIED_CHARACTERS = 64_000


def group_of(run_id: UUID) -> str:
    return f"run.{run_id.hex}"


def nudge(run_id: UUID, events: Sequence[tuple[int, str, dict[str, Any]]]) -> None:
    """Sends the numbers, and where small the contents, of new events. From any thread; returns at once."""
    carried = json.dumps(events)  # as text, of which the layer makes no deep copies
    if len(carried) > MAX_CARRIED_CHARACTERS:
        carried = "[]"
    message = {"type": "run.grew", "run_id": run_id.hex, "last_seq": events[-1][0], "events": carried, "at": time()}
    send_to_group(group_of(run_id), message)


def read_carried(message: dict[str, Any]) -> Sequence[StoredEvent]:
    """The events inside a nudge; none where they were too large."""
    return _parse_carried(message["events"])


@lru_cache(maxsize=64)  # the same nudge comes to each socket that watches
def _parse_carried(text: str) -> tuple[StoredEvent, ...]:
    return tuple(StoredEvent(*event) for event in json.loads(text))


def tell_unshared(run_id: UUID) -> None:
    """The run's link has been taken back: whoever watches by it is to be turned away."""
    send_to_group(group_of(run_id), {"type": "run.unshared", "run_id": run_id.hex})


async def join(run_id: UUID, channel: str) -> None:
    """Where the layer is away, whoever watches looks at the log now and then, and joins once it is back."""
    with _forgiving("joined"):
        await get_channel_layer().group_add(group_of(run_id), channel)


async def leave(run_id: UUID, channel: str) -> None:
    with _forgiving("left"):
        await get_channel_layer().group_discard(group_of(run_id), channel)


@contextmanager
def _forgiving(done: str) -> Iterator[None]:
    try:
        yield
    except Exception:
        # Whatever a layer raises when it cannot be reached: nothing is lost by it, only later.
        logger.warning("the group of a run could not be %s", done, exc_info=True)


@asynccontextmanager
async def listen(run_id: UUID) -> AsyncIterator[asyncio.Event]:
    """An event that is set whenever the run's log grows, for code that is no consumer."""
    serve_from_this_loop()
    layer, grew = get_channel_layer(), asyncio.Event()
    channel = await layer.new_channel()

    async def hear() -> None:
        while True:
            await layer.receive(channel)
            grew.set()

    await join(run_id, channel)
    hearing = asyncio.create_task(hear())
    try:
        yield grew
    finally:
        hearing.cancel()
        await leave(run_id, channel)
