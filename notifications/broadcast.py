"""The ONLY caller of the channel layer in this app: tells a sender's open sockets what became of their messages."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

from notifications.messages import EmailFate
from playground.wire.envelope import dump

_serving_loop: asyncio.AbstractEventLoop | None = None


def group_of(owner: str) -> str:
    """A guest's name is a secret, and a user's holds a colon, which groups may not."""
    return f"mail.{hashlib.sha256(owner.encode()).hexdigest()[:40]}"


def serve_from_this_loop() -> None:
    """Called by every consumer: the in-memory layer's queues belong to the loop that its readers run on."""
    global _serving_loop
    _serving_loop = asyncio.get_running_loop()


def tell(owner: str, fate: EmailFate) -> None:
    """To all sockets that this owner has open. From any thread; returns at once where a server runs."""
    message: dict[str, Any] = {"type": "email.told", "event": fate.event_name, "data": dump(fate)}
    send = get_channel_layer().group_send
    if _serving_loop is not None and _serving_loop.is_running():
        asyncio.run_coroutine_threadsafe(send(group_of(owner), message), _serving_loop)
    else:
        async_to_sync(send)(group_of(owner), message)


async def join(owner: str, channel: str) -> None:
    await get_channel_layer().group_add(group_of(owner), channel)


async def leave(owner: str, channel: str) -> None:
    await get_channel_layer().group_discard(group_of(owner), channel)
