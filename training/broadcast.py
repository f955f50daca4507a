"""Broadcasts that a run has new events, through the channel layer. A lost broadcast loses no event."""

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

# Events up to this size are part of the broadcast, so that watchers need no query.
MAX_CARRIED_CHARACTERS = 64_000


def group_of(run_id: UUID) -> str:
    return f"run.{run_id.hex}"


def send_events(run_id: UUID, events: Sequence[tuple[int, str, dict[str, Any]]]) -> None:
    """Broadcast the number of the last event, and new events if they are small. For any thread; does not wait."""
    carried = json.dumps(events)  # the layer makes deep copies of lists, not of text
    if len(carried) > MAX_CARRIED_CHARACTERS:
        carried = "[]"
    message = {"type": "run.grew", "run_id": run_id.hex, "last_seq": events[-1][0], "events": carried, "at": time()}
    send_to_group(group_of(run_id), message)


def read_carried(message: dict[str, Any]) -> Sequence[StoredEvent]:
    """Return the events in a broadcast. Empty if they were too large."""
    return _parse_carried(message["events"])


@lru_cache(maxsize=64)  # each connection that watches gets the same broadcast
def _parse_carried(text: str) -> tuple[StoredEvent, ...]:
    return tuple(StoredEvent(*event) for event in json.loads(text))


def broadcast_unshared(run_id: UUID) -> None:
    """Broadcast that the link of a run was withdrawn."""
    send_to_group(group_of(run_id), {"type": "run.unshared", "run_id": run_id.hex})


async def join(run_id: UUID, channel: str) -> None:
    """Add a channel to the group of a run. If the layer is unavailable, this is logged; watchers join again later."""
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
        # Each layer has its own exceptions. Events arrive later, and none is lost.
        logger.warning("the group of a run could not be %s", done, exc_info=True)


@asynccontextmanager
async def listen(run_id: UUID) -> AsyncIterator[asyncio.Event]:
    """Yield an event that is set when the run has new events, for code outside of consumers."""
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
