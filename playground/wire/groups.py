"""Sends to a group of sockets from any thread. Each app's `broadcast` module, and nothing else, calls it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

RECONCILE_SECONDS = 5  # within which a socket finds in the stored log what a lost broadcast announced

logger = logging.getLogger(__name__)

_serving_loop: asyncio.AbstractEventLoop | None = None


def serve_from_this_loop() -> None:
    """Called by every consumer: the in-memory layer's queues belong to the loop that its readers run on."""
    global _serving_loop
    _serving_loop = asyncio.get_running_loop()


def serve_from_a_thread() -> None:
    """Start one event loop, and with it one connection, for all messages of a process that only sends."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="broadcasts", daemon=True).start()
    asyncio.run_coroutine_threadsafe(_serve(), loop).result()


def send_to_group(group: str, message: dict[str, Any]) -> None:
    """Send from any thread but the serving loop's; return at once where there is such a loop.

    A message that cannot be sent is logged and lost. It only announces what is stored already.
    """
    if _serving_loop is not None and _serving_loop.is_running():
        asyncio.run_coroutine_threadsafe(_send(group, message), _serving_loop)
    else:
        # RuntimeError: this process is ending and starts no threads any more.
        with contextlib.suppress(RuntimeError):
            async_to_sync(_send)(group, message)


async def _send(group: str, message: dict[str, Any]) -> None:
    try:
        await get_channel_layer().group_send(group, message)
    except Exception:
        # Each layer has exceptions of its own. What was stored must not fail because of its announcement.
        logger.warning("a broadcast could not be sent", exc_info=True)


async def try_to_join(group: str, channel: str) -> bool:
    """Add a channel to a group. Return False if the channel layer cannot be reached."""
    try:
        await get_channel_layer().group_add(group, channel)
    except Exception:
        # Each layer has exceptions of its own. Everything except live updates works without it.
        logger.warning("a group could not be joined", exc_info=True)
        return False
    return True


async def leave(group: str, channel: str) -> None:
    try:
        await get_channel_layer().group_discard(group, channel)
    except Exception:
        # Each layer has exceptions of its own. The channel's socket is closed anyway.
        logger.warning("a group could not be left", exc_info=True)


async def echo() -> None:
    """Send a message through the channel layer to itself and await it. Raises what the layer raises."""
    layer = get_channel_layer()
    channel = await layer.new_channel()
    await layer.send(channel, {"type": "echo"})
    await layer.receive(channel)


async def _serve() -> None:
    serve_from_this_loop()
