"""What every connection passes first: it gets an id for the log, is counted, and is seen off when the server stops.

Wrapped around the application by `playground/asgi.py`.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable
from secrets import token_hex
from time import perf_counter
from typing import Any

from prometheus_client import Histogram

from playground.wire.asgi import Receive, Send
from playground.wire.context import connection_id

CLOSE_RESTARTING = 4012  # as 1012, "service restart", which uvicorn sends by itself and daphne does not let through
FLUSH_SECONDS = 0.2  # Twisted cuts off what is not on its way by then
HEADER = b"x-request-id"
WELL_FORMED = re.compile(rb"[A-Za-z0-9._-]{1,64}")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

REQUESTS = Histogram("playground_http_request_seconds", "Until an HTTP answer was given in full.", ["method", "status"])

Scope = dict[str, Any]


class FrontDoor:
    """An ASGI application around another."""

    def __init__(self, application: Callable[..., Awaitable[Any]], at_end: Iterable[Callable[[], None]] = ()) -> None:
        """`at_end` is called, one after the other, when a server that tells so (ASGI's lifespan) stops."""
        self._application = application
        self._at_end = tuple(at_end)
        self._sockets: set[_Guest] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        name = _find_id(scope) or token_hex(8).encode()
        connection_id.set(name.decode())  # of this connection's task, and of what it starts
        guest = _Guest(send, name)
        began = perf_counter()
        if scope["type"] == "websocket":
            self._sockets.add(guest)
        try:
            await self._application(scope, receive, guest.send)
        finally:
            self._sockets.discard(guest)
            if scope["type"] == "http":
                method = scope["method"] if scope["method"] in METHODS else "other"
                REQUESTS.labels(method, guest.status).observe(perf_counter() - began)

    async def close_sockets(self) -> None:
        """Tells every client that this server goes, so that it looks for another at once."""
        sockets = list(self._sockets)
        for guest in sockets:
            await guest.see_off(CLOSE_RESTARTING)
        await asyncio.sleep(FLUSH_SECONDS if sockets else 0)

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                for end in self._at_end:
                    await asyncio.to_thread(end)
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return


class _Guest:
    """The way back to one client: what is answered carries the id."""

    def __init__(self, send: Send, name: bytes) -> None:
        self.status = 0
        self._send = send
        self._name = name
        self._gone = False

    async def see_off(self, code: int) -> None:
        """Closes the socket; what the application still sends goes nowhere."""
        self._gone = True
        await self._send({"type": "websocket.close", "code": code})

    async def send(self, message: dict[str, Any]) -> None:
        if message["type"] in ("http.response.start", "websocket.accept"):
            self.status = message.get("status", 0)
            message = {**message, "headers": [*(message.get("headers") or ()), (HEADER, self._name)]}
        if not self._gone:
            await self._send(message)


def _find_id(scope: Scope) -> bytes | None:
    """The one that a proxy gave it, unless it is something else that somebody wrote there."""
    given = dict(scope["headers"]).get(HEADER, b"")
    return given if WELL_FORMED.fullmatch(given) else None
