"""daphne's HTTP request with the bounds of `BodyBounds`: daphne takes a body in before it calls the application.

Written for daphne 4.2 and Twisted 26 (`daphne.http_protocol`, `twisted.web.http`).
"""

from __future__ import annotations

from typing import Any

from daphne import http_protocol  # type: ignore[import-untyped]

from playground.wire.bodies import BodyBounds
from playground.wire.errors import PlaygroundError

STATUS_LINES = {408: b"408 Request Timeout", 413: b"413 Content Too Large"}


class BoundedRequest(http_protocol.WebRequest):
    """A request that is refused while its body arrives. The connection is closed."""

    _is_refused = False

    def gotLength(self, length: int | None) -> None:
        self._bounds = BodyBounds(self.channel._path.partition(b"?")[0].decode("latin-1"))
        if self._allows(self._bounds.announce, length or 0):
            super().gotLength(length)
        else:
            super().gotLength(0)

    def handleContentChunk(self, data: bytes) -> None:
        if not self._is_refused and self._allows(self._bounds.add, len(data)):
            super().handleContentChunk(data)

    def _allows(self, check: Any, size: int) -> bool:
        try:
            check(size)
        except PlaygroundError as error:
            self._is_refused = True
            status = STATUS_LINES[error.status]
            self.channel.transport.write(b"HTTP/1.1 " + status + b"\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
            self.channel.loseConnection()
            return False
        return True


def install() -> None:
    """Make daphne, and `runserver` with it, build these requests. daphne looks the class up at each connection."""
    http_protocol.WebRequest = BoundedRequest
