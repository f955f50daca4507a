"""Bounds what waits in memory for a client that does not read. Wraps the whole ASGI application."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import Any

from playground.wire.asgi import Application, Send

SEND_SECONDS = 30  # that a frame may wait for a client that does not read
MAX_UNSENT_BYTES = 4_000_000  # that may wait for a client that does not read

logger = logging.getLogger(__name__)


class BoundedOutflow:
    """A client is dropped once MAX_UNSENT_BYTES wait for it, or a single frame for SEND_SECONDS.

    uvicorn waits in `send` until the client reads. daphne keeps everything in memory, so there the transport is asked
    how much that is. A dropped client connects again and resumes: the stored log has every event.
    """

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Send) -> None:
        if scope["type"] != "websocket":
            await self.application(scope, receive, send)
            return
        transport = getattr(find_protocol(send), "transport", None)

        async def bounded(message: dict[str, Any]) -> None:
            try:
                async with asyncio.timeout(SEND_SECONDS):  # which starts no task, as `wait_for` does
                    await send(message)
                reads = _count_unsent(transport) <= MAX_UNSENT_BYTES
            except TimeoutError:
                reads = False
            if not reads:
                logger.warning("a client that does not read is dropped")
                _abort(transport)
                raise ClientGone

        try:
            await self.application(scope, receive, bounded)
        except ClientGone:
            return


class ClientGone(Exception):
    """The client has disconnected or was dropped."""


def find_protocol(send: Send) -> Any:
    """Return the server's protocol of a connection, or None where the server is neither daphne nor uvicorn.

    daphne passes `partial(handle_reply, protocol)` as `send`, uvicorn a method of the protocol.
    """
    return send.args[0] if isinstance(send, partial) and send.args else getattr(send, "__self__", None)


def _count_unsent(transport: Any) -> int:
    """Return the bytes that wait in Twisted's transport (twisted.internet.abstract.FileDescriptor), 0 for others."""
    if not hasattr(transport, "dataBuffer"):
        return 0
    return len(transport.dataBuffer) - transport.offset + transport._tempDataLen


def _abort(transport: Any) -> None:
    """Close the connection at once. An orderly close would wait for the client to read."""
    abort = getattr(transport, "abortConnection", None) or getattr(transport, "abort", None)
    if abort is not None:
        abort()
