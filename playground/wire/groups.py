"""Sends to a group of sockets from any thread. Each app's `broadcast` module, and nothing else, calls it."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

_serving_loop: asyncio.AbstractEventLoop | None = None


def serve_from_this_loop() -> None:
    """Called by every consumer: the in-memory layer's queues belong to the loop that its readers run on."""
    global _serving_loop
    _serving_loop = asyncio.get_running_loop()


def serve_from_a_thread() -> None:
    """For a process that only sends: one loop, and with it one connection, for all that is sent."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="broadcasts", daemon=True).start()
    asyncio.run_coroutine_threadsafe(_serve(), loop).result()


def send_to_group(group: str, message: dict[str, Any]) -> None:
    """From any thread but the serving loop's; returns at once where there is such a loop."""
    send = get_channel_layer().group_send
    if _serving_loop is not None and _serving_loop.is_running():
        asyncio.run_coroutine_threadsafe(send(group, message), _serving_loop)
    else:
        # RuntimeError: this process is ending and starts no threads any more. Who listens elsewhere looks by itself.
        with contextlib.suppress(RuntimeError):
            async_to_sync(send)(group, message)


async def echo() -> None:
    """Sends a message through the layer to nobody else and awaits it. Raises what the layer raises."""
    layer = get_channel_layer()
    channel = await layer.new_channel()
    await layer.send(channel, {"type": "echo"})
    await layer.receive(channel)


async def _serve() -> None:
    serve_from_this_loop()
