"""Sockets for tests: the whole application behind a communicator, or a real connection to a real server."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import Any

from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.test import Client

PATIENCE = 20  # seconds that any event may take


class Socket:
    """Speaks events instead of frames. Heartbeats are passed over."""

    def __init__(self, communicator: WebsocketCommunicator) -> None:
        self.communicator = communicator
        self.counter = 0

    async def send(self, event: str, **data: Any) -> str:
        self.counter += 1
        await self.send_text(json.dumps({"event": event, "data": data, "id": str(self.counter)}))
        return str(self.counter)

    async def send_text(self, text: str) -> None:
        await self.communicator.send_to(text_data=text)

    async def receive(self, timeout: float = PATIENCE) -> dict[str, Any]:
        while True:
            frame = json.loads(await self.communicator.receive_from(timeout=timeout))
            if frame["event"] != "heartbeat":
                return frame

    async def receive_until(self, *events: str, timeout: float = PATIENCE) -> list[dict[str, Any]]:
        """All frames up to and with the first of one of these events. An error that is none of them fails at once."""
        frames = [await self.receive(timeout)]
        while (event := frames[-1]["event"]) not in events:
            assert event != "error", frames[-1]
            frames.append(await self.receive(timeout))
        return frames

    async def ask(self, event: str, **data: Any) -> dict[str, Any]:
        """The frame that answers."""
        wanted = await self.send(event, **data)
        while True:
            frame = await self.receive()
            if frame.get("reply_to") == wanted:
                return frame


@asynccontextmanager
async def open_socket(
    application: Any, path: str = "/ws/training/", *, client: Client | None = None, headers: Any = ()
):
    """A connected Socket. A `client` lends its session: a page's visitor and their socket are the same person."""
    everything = [(b"origin", b"http://localhost:8000"), (b"host", b"localhost:8000"), *headers]
    if client is not None and settings.SESSION_COOKIE_NAME in client.cookies:
        cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
        everything.append((b"cookie", cookie.encode()))
    communicator = WebsocketCommunicator(application, path, headers=everything)
    connected, _ = await communicator.connect(timeout=PATIENCE)
    assert connected, "the socket was refused"
    try:
        yield Socket(communicator)
    finally:
        await communicator.disconnect(timeout=PATIENCE)


@database_sync_to_async
def new_guest() -> Client:
    """A browser that has visited the page, with a session of its own."""
    client = Client(headers={"host": "localhost"})
    assert client.get("/").status_code == 200
    return client
