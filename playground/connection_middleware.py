"""ASGI middleware around the application: ids for the log, durations for metrics, and an orderly stop.

`playground/asgi.py` wraps the application in it.
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

CLOSE_RESTARTING = 4012
"""The close code for a restart. The standard one is 1012, which uvicorn sends itself and daphne refuses to send."""
FLUSH_SECONDS = 0.2  # that close frames have to leave: then Twisted closes the connections
HEADER = b"x-request-id"
WELL_FORMED = re.compile(rb"[A-Za-z0-9._-]{1,64}")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

REQUESTS = Histogram("playground_http_request_seconds", "Until an HTTP answer was given in full.", ["method", "status"])

Scope = dict[str, Any]


class ConnectionMiddleware:
    """Give each connection an id, measure each request, and close the sockets when the server stops."""

    def __init__(self, application: Callable[..., Awaitable[Any]], at_end: Iterable[Callable[[], None]] = ()) -> None:
        """Wrap an ASGI application.

        `at_end` is called, one function after the other, when a server with ASGI's lifespan protocol stops.
        """
        self._application = application
        self._at_end = tuple(at_end)
        self._sockets: set[_Connection] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._handle_lifespan(receive, send)
            return
        request_id = _find_id(scope) or token_hex(8).encode()
        connection_id.set(request_id.decode())  # for this connection's task, and for tasks that it starts
        connection = _Connection(send, request_id)
        began = perf_counter()
        if scope["type"] == "websocket":
            self._sockets.add(connection)
        try:
            await self._application(scope, receive, connection.send)
        finally:
            self._sockets.discard(connection)
            if scope["type"] == "http":
                method = scope["method"] if scope["method"] in METHODS else "other"
                REQUESTS.labels(method, connection.status).observe(perf_counter() - began)

    async def close_sockets(self) -> None:
        """Close every socket with a code that tells clients to connect again at once."""
        sockets = list(self._sockets)
        for connection in sockets:
            await connection.close(CLOSE_RESTARTING)
        await asyncio.sleep(FLUSH_SECONDS if sockets else 0)

    async def _handle_lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                for end in self._at_end:
                    await asyncio.to_thread(end)
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return


class _Connection:
    """Sends to one client, with the id in the headers of the answer."""

    def __init__(self, send: Send, request_id: bytes) -> None:
        self.status = 0
        self._send = send
        self._request_id = request_id
        self._is_closed = False

    async def close(self, code: int) -> None:
        """Close the socket. What the application sends afterwards is dropped."""
        self._is_closed = True
        await self._send({"type": "websocket.close", "code": code})

    async def send(self, message: dict[str, Any]) -> None:
        if message["type"] in ("http.response.start", "websocket.accept"):
            self.status = message.get("status", 0)
            message = {**message, "headers": [*(message.get("headers") or ()), (HEADER, self._request_id)]}
        if not self._is_closed:
            await self._send(message)


def _find_id(scope: Scope) -> bytes | None:
    """Return the id that a proxy gave the request, or None if it has none that is well-formed."""
    given = dict(scope["headers"]).get(HEADER, b"")
    return given if WELL_FORMED.fullmatch(given) else None
