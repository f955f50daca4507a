"""Bounds the body of each HTTP request, and the requests of one address at a time. Wraps the ASGI application.

daphne calls the application when a body is complete: there `daphne_request.py` applies the same `BodyBounds` earlier.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import Counter
from time import monotonic
from typing import Any

from django.conf import settings

from playground.wire.address import read_address
from playground.wire.asgi import Application, Receive, Send
from playground.wire.errors import PlaygroundError, RequestTooLarge, RequestTooSlow, TooManyRequests

STALL_SECONDS = 30
"""A body is given up after so many seconds without a byte. Its average speed is checked after as many seconds."""

logger = logging.getLogger(__name__)
_under_way: Counter[str] = Counter()


class BodyBounds:
    """How large and how slow the body of one request may be."""

    def __init__(self, path: str) -> None:
        """`path` is that of the request. Requests to paths in `settings.UPLOAD_PATHS` may hold a file besides."""
        is_upload = path.endswith(settings.UPLOAD_PATHS)
        self.most = settings.HTTP_MAX_BODY_BYTES + (settings.UPLOAD_MAX_BYTES if is_upload else 0)
        self._received = 0
        self._began = monotonic()

    def announce(self, size: int) -> None:
        """Check the length that the headers announce. Raises RequestTooLarge."""
        if size > self.most:
            raise RequestTooLarge(f"A request to this address may have at most {self.most:,} bytes.")

    def add(self, size: int) -> None:
        """Count bytes that arrived. Raises RequestTooLarge, RequestTooSlow."""
        self._received += size
        self.announce(self._received)
        seconds = monotonic() - self._began
        if seconds > STALL_SECONDS and self._received < seconds * settings.HTTP_MIN_BYTES_PER_SECOND:
            raise RequestTooSlow("The request arrives too slowly.")


class BoundedBodies:
    """An ASGI application around another. What exceeds a bound is answered with an error as JSON."""

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        address = read_address(scope)
        has_begun = False

        async def answer(message: dict[str, Any]) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        _under_way[address] += 1
        try:
            if _under_way[address] > settings.HTTP_MAX_REQUESTS_PER_ADDRESS:
                raise TooManyRequests("Too many requests from your network are under way.")
            await self.application(scope, _bound(scope, receive), answer)
        except (RequestTooLarge, RequestTooSlow, TooManyRequests) as error:
            logger.warning("a request is refused: %s", error.message)
            if not has_begun:
                await _send_error(error, send)
        finally:
            _under_way[address] -= 1
            if not _under_way[address]:
                del _under_way[address]


def _bound(scope: dict[str, Any], receive: Receive) -> Receive:
    bounds = BodyBounds(scope["path"])
    announced = dict(scope["headers"]).get(b"content-length", b"")
    if announced.isdigit():
        bounds.announce(int(announced))
    is_complete = False

    async def read() -> dict[str, Any]:
        nonlocal is_complete
        if is_complete:  # the application waits for the client to disconnect
            return await receive()
        try:
            async with asyncio.timeout(STALL_SECONDS):
                message = await receive()
        except TimeoutError:
            raise RequestTooSlow("The request arrives too slowly.") from None
        is_complete = not message.get("more_body", False)
        bounds.add(len(message.get("body", b"")))
        return message

    return read


async def _send_error(error: PlaygroundError, send: Send) -> None:
    body = json.dumps(error.data.model_dump()).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    start = {"type": "http.response.start", "status": error.status, "headers": [*headers, (b"connection", b"close")]}
    await send(start)
    await send({"type": "http.response.body", "body": body})
