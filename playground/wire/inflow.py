"""ASGI middleware that limits how many sockets a network address may open, and how much they may send.

It also ensures that the ASGI server limits each message before it decompresses and assembles it.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

from playground.wire.address import read_address
from playground.wire.asgi import Application, Receive, Send
from playground.wire.envelope import encode
from playground.wire.errors import TooManySockets
from playground.wire.outflow import find_protocol
from playground.wire.reading import BoundedReading
from playground.wire.socket_accounts import Account

ACCOUNT = "playground.account"
"""The key of a socket's `Account` in its ASGI scope."""
CLOSE_TOO_MANY_SOCKETS = 4430

logger = logging.getLogger(__name__)


class BoundedInflow:
    """An ASGI application around another."""

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            _correct_server(send)
        if scope["type"] == "websocket":
            await self._serve_socket(scope, receive, send)
        else:
            await self.application(scope, receive, send)

    async def _serve_socket(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        protocol = find_protocol(send)
        if not isinstance(protocol, BoundedReading):
            logger.error(
                "a socket is refused: this server does not bound what clients send. "
                "Use daphne, or uvicorn without `--lifespan off` and `--log-level trace`."
            )
            await send({"type": "websocket.close"})
            return
        address = read_address(scope)
        if not Account.has_room_for_socket(address):
            await _refuse_socket(send)
            return
        account = protocol.account = Account(address)

        async def read() -> dict[str, Any]:
            message = await receive()
            protocol.feed()
            return message

        try:
            await self.application({**scope, ACCOUNT: account}, read, send)
        finally:
            protocol.account = None
            account.close()


def find_account(scope: dict[str, Any]) -> Account:
    """Return the account of a socket. A socket without a server, as in tests, gets a new one."""
    if ACCOUNT not in scope:
        scope[ACCOUNT] = Account(read_address(scope))
    return scope[ACCOUNT]


def _correct_server(send: Send) -> None:
    """Correct the limits of uvicorn, to whose lifespan protocol `send` belongs. Does nothing for other servers."""
    config = getattr(getattr(send, "__self__", None), "config", None)
    uvicorn = sys.modules.get("uvicorn")
    if uvicorn is not None and isinstance(config, uvicorn.Config):
        from playground.wire.uvicorn_socket import install  # here, since daphne does without uvicorn

        install(config)


async def _refuse_socket(send: Send) -> None:
    error = TooManySockets("Too many sockets are open from your network.")
    logger.warning("a socket is refused: its address or the process has as many as are allowed")
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.send", "text": encode("error", error.data.model_dump())})
    await send({"type": "websocket.close", "code": CLOSE_TOO_MANY_SOCKETS})
