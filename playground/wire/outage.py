"""Which exceptions mean that another service cannot be reached, and the error that answers a request then.

The database, Redis and the file storage fail with exceptions of their own, anywhere in a request. One rule tells them
from faults of the program: pages and the HTTP API answer 503 (`playground/outage.py`), sockets answer `unavailable`.
"""

from __future__ import annotations

import logging
from typing import Any

from django.db import InterfaceError, OperationalError
from django.db.transaction import TransactionManagementError

from playground.wire.asgi import Application, Message, Receive, Send
from playground.wire.envelope import encode
from playground.wire.errors import PlaygroundError

CLOSE_UNAVAILABLE = 4503
"""The close code of a socket that cannot be served at this moment. Clients come back, each time after a longer wait."""

RETRY_SECONDS = 10  # of the header Retry-After

# Named, not imported: redis and botocore take long to import, and a server on one machine needs neither.
_CONNECTION_ERRORS = {
    ("botocore.exceptions", "ConnectionError"),
    ("botocore.exceptions", "HTTPClientError"),
    ("redis.exceptions", "ConnectionError"),
    ("redis.exceptions", "TimeoutError"),
}

logger = logging.getLogger(__name__)


class Unavailable(PlaygroundError):
    """A service that this server needs does not answer."""

    code = "unavailable"
    hint = "Nothing is lost. Try again in a few seconds."
    status = 503


def is_outage(error: BaseException | None) -> bool:
    """Return whether the error, or one that it was raised from, means that another service does not answer."""
    while error is not None:
        if isinstance(error, OperationalError | InterfaceError):
            return True
        if any((kind.__module__, kind.__name__) in _CONNECTION_ERRORS for kind in type(error).__mro__):
            return True
        hidden = error.__context__ if isinstance(error, TransactionManagementError) else None
        error = error.__cause__ or hidden
    return False


def build_unavailable() -> Unavailable:
    return Unavailable("The server cannot reach its database or another service at the moment.")


class OutageGate:
    """An ASGI application around the sockets: in an outage a client gets an `error` event and CLOSE_UNAVAILABLE."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        sent: set[str] = set()

        async def watch(message: Message) -> None:
            sent.add(message["type"])
            await send(message)

        try:
            await self._application(scope, receive, watch)
        except Exception as error:
            if not is_outage(error) or "websocket.close" in sent:
                raise
            logger.exception("a socket is closed, since a service does not answer")
            if "websocket.accept" not in sent:
                await send({"type": "websocket.accept"})
            await send({"type": "websocket.send", "text": encode("error", build_unavailable().data.model_dump())})
            await send({"type": "websocket.close", "code": CLOSE_UNAVAILABLE})
