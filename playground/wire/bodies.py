"""ASGI middleware that limits the bodies of HTTP requests, and the concurrent requests of one network address.

daphne calls the application when a body is complete. There `daphne_request.py` applies the same `BodyBounds` earlier.
All functions run in the event loop.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import Counter, deque
from time import monotonic
from typing import Any, BinaryIO

from django.conf import settings
from django.urls import Resolver404, resolve

from playground.wire.address import read_address
from playground.wire.asgi import Application, Receive, Send
from playground.wire.errors import PlaygroundError, RequestTooLarge, RequestTooSlow, TooManyRequests, TooManyUploads
from playground.wire.outflow import find_protocol

MAX_BODIES_PER_ADDRESS = 200  # requests from one network address whose body has not arrived in full
MIN_BYTES_PER_SECOND = 1_000  # average rate of the body of a request within STALL_SECONDS
MAX_REQUESTS_PER_ADDRESS = 1_000  # requests under way at once from one network address, downloads included
ADDRESSES = 4
"""The bodies of one network address may hold at most HTTP_MAX_HELD_BYTES divided by this."""
STALL_SECONDS = 30
"""A body without a byte in this time is refused. Speed is measured over this time."""
SMALL_BYTES = 65_536
"""The most bytes of a small body. Small bodies may use twice the limits, so that uploads cannot starve forms."""
PIECE_BYTES = 65_536
"""Bytes of a complete body that the application receives at a time."""
PROCESS = ""
"""The key of the bytes of all addresses."""

logger = logging.getLogger(__name__)
_under_way: Counter[str] = Counter()
_incomplete: Counter[str] = Counter()
_bytes: Counter[str] = Counter()


class BodyBounds:
    """The limits on the body of one request: its size, its speed, and the totals of its address and of the process.

    It is counted as incomplete until `complete` is called. Its bytes are charged until `close` is called.
    """

    def __init__(self, path: str, root_path: str, address: str) -> None:
        """`path` is that of the request, with `root_path` in front where there is one. `address` is normalized."""
        self._path = path.removeprefix(settings.FORCE_SCRIPT_NAME or root_path)
        self._address = address
        self._is_incomplete = False
        self._received = 0
        self._began = monotonic()
        self._recent: deque[tuple[float, int]] = deque()  # when bytes arrived, and `_received` before them

    def announce(self, size: int | None) -> None:
        """Check the length that the headers announce. 0: there is no body; None: its length is not known yet.

        Raises RequestTooLarge, TooManyRequests.
        """
        if size != 0:
            self.begin()
        self._check_size(size or 0)

    def begin(self) -> None:
        """Count an incomplete body. Raises TooManyRequests."""
        if self._is_incomplete:
            return
        self._is_incomplete = True
        _incomplete[self._address] += 1
        if _incomplete[self._address] > MAX_BODIES_PER_ADDRESS:
            raise TooManyRequests("Too many requests from your network are being received.")

    def add(self, size: int) -> None:
        """Count bytes that arrived. Raises RequestTooLarge, RequestTooSlow, TooManyUploads."""
        before = self._received
        self._received += size
        for key in (self._address, PROCESS):
            _bytes[key] += size
        self._check_size(self._received)
        self._check_room()
        self._check_speed(before)

    def complete(self) -> None:
        """Record that the whole body has arrived."""
        if self._is_incomplete:
            self._is_incomplete = False
            _subtract(_incomplete, self._address, 1)

    def close(self) -> None:
        """Remove the charges of the body when the request is answered, refused or aborted."""
        self.complete()
        for key in (self._address, PROCESS):
            _subtract(_bytes, key, self._received)
        self._received = 0

    def _check_size(self, size: int) -> None:
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if size > most and _takes_file(self._path):
            most += settings.UPLOAD_MAX_BYTES
        if size > most:
            raise RequestTooLarge(f"A request to this address may have at most {most:,} bytes.")

    def _check_room(self) -> None:
        if self._received == 0:
            return
        room = 2 if self._received <= SMALL_BYTES else 1
        if _bytes[self._address] > room * settings.HTTP_MAX_HELD_BYTES // ADDRESSES:
            raise TooManyUploads("Too many large requests from your network are under way.")
        if _bytes[PROCESS] > room * settings.HTTP_MAX_HELD_BYTES:
            raise TooManyUploads("Too many large requests are under way on this server.")

    def _check_speed(self, before: int) -> None:
        now = monotonic()
        if not self._recent or now - self._recent[-1][0] >= 1:
            self._recent.append((now, before))
        while now - self._recent[0][0] >= STALL_SECONDS + 1:  # an entry holds the bytes of a second
            self._recent.popleft()
        recent = self._received - self._recent[0][1]
        if now - self._began > STALL_SECONDS and recent < STALL_SECONDS * MIN_BYTES_PER_SECOND:
            raise RequestTooSlow("The request arrives too slowly.")


def _takes_file(path: str) -> bool:
    try:
        return resolve(path, settings.ROOT_URLCONF).view_name in settings.UPLOAD_VIEWS
    except Resolver404:
        return False


def _subtract(counter: Counter[str], key: str, count: int) -> None:
    counter[key] -= count
    if counter[key] <= 0:
        del counter[key]


class BoundedBodies:
    """The middleware. A request that exceeds a limit is answered with an error as JSON."""

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        address = read_address(scope)
        bounds = BodyBounds(scope["path"], scope.get("root_path", ""), address)
        has_begun = False

        async def answer(message: dict[str, Any]) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        _under_way[address] += 1
        try:
            if _under_way[address] > MAX_REQUESTS_PER_ADDRESS:
                raise TooManyRequests("Too many requests from your network are under way.")
            file = getattr(find_protocol(send), "body_file", None)
            read = _bound(scope, receive, bounds) if file is None else _read_file(file, receive)
            await self.application(scope, read, answer)
        except (RequestTooLarge, RequestTooSlow, TooManyRequests, TooManyUploads) as error:
            logger.warning("a request is refused: %s", error.message)
            if not has_begun:
                await _send_error(error, send)
        finally:
            bounds.close()
            _subtract(_under_way, address, 1)


def _bound(scope: dict[str, Any], receive: Receive, bounds: BodyBounds) -> Receive:
    headers = dict(scope["headers"])
    announced = headers.get(b"content-length", b"")
    bounds.announce(int(announced) if announced.isdigit() else None if b"transfer-encoding" in headers else 0)
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
        if is_complete:
            bounds.complete()
        else:
            bounds.begin()  # HTTP/2 has bodies without a header that announces them
        bounds.add(len(message.get("body", b"")))
        return message

    return read


def _read_file(file: BinaryIO, receive: Receive) -> Receive:
    """Return a function that reads a complete body in pieces. Between pieces the event loop serves other connections.

    `receive` returns an empty body, which is left out, and then the client's disconnect.
    """

    async def read() -> dict[str, Any]:
        await asyncio.sleep(0)
        if not file.closed:
            piece = file.read(PIECE_BYTES)
            if len(piece) < PIECE_BYTES:
                file.close()
            return {"type": "http.request", "body": piece, "more_body": not file.closed}
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return message

    return read


def encode_error(error: PlaygroundError) -> bytes:
    """Return the JSON body of the answer to a refused request."""
    return json.dumps(error.data.model_dump()).encode()


async def _send_error(error: PlaygroundError, send: Send) -> None:
    body = encode_error(error)
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    start = {"type": "http.response.start", "status": error.status, "headers": [*headers, (b"connection", b"close")]}
    await send(start)
    await send({"type": "http.response.body", "body": body})
