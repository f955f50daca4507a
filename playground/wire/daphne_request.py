"""daphne's HTTP request with the bounds of `BodyBounds`: daphne takes a body in before it calls the application.

Written for daphne 4.2 and Twisted 26 (`daphne.http_protocol`, `twisted.web.http`).
"""

from __future__ import annotations

import logging
from io import BytesIO
from typing import Any, BinaryIO
from urllib.parse import unquote

from daphne import http_protocol  # type: ignore[import-untyped]
from daphne.utils import parse_x_forwarded_for  # type: ignore[import-untyped]

from playground.wire.address import UNKNOWN, normalize_address
from playground.wire.bodies import BodyBounds, encode_error
from playground.wire.errors import PlaygroundError

STATUS_LINES = {
    408: b"408 Request Timeout",
    413: b"413 Content Too Large",
    429: b"429 Too Many Requests",
}

logger = logging.getLogger(__name__)


class BoundedRequest(http_protocol.WebRequest):
    """A request that is refused while its body arrives. The connection is closed."""

    content: Any
    body_file: BinaryIO | None = None
    """The complete body, which `BoundedBodies` passes on in pieces."""
    _bounds: BodyBounds | None = None
    _is_refused = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._parsePOSTFormSubmission = False  # Django parses forms; Twisted would hold all of an upload in memory

    def gotLength(self, length: int | None) -> None:
        path = unquote(self.channel._path.partition(b"?")[0].decode("latin-1"))
        self._bounds = BodyBounds(path, self._read_root_path(), self._read_address())
        if self._allows(self._bounds.announce, length):
            super().gotLength(length)
        else:
            super().gotLength(0)

    def handleContentChunk(self, data: bytes) -> None:
        if self._bounds and not self._is_refused and self._allows(self._bounds.add, len(data)):
            super().handleContentChunk(data)

    def requestReceived(self, *args: Any) -> None:
        if self._bounds and not self._is_refused:
            self._bounds.complete()
            super().requestReceived(*args)

    def process(self) -> Any:
        """Call the application. daphne passes it an empty body, since it would copy a large one to memory at once."""
        self.body_file, self.content = self.content, BytesIO()
        self.body_file.seek(0)
        if self.requestHeaders.getRawHeaders(b"Upgrade", [b""])[0].lower() == b"websocket":
            self._close_body()  # a socket's request needs no body, and daphne does not call `connectionLost` for it
        return super().process()

    def finish(self) -> None:
        self._close_body()
        super().finish()

    def connectionLost(self, reason: Any) -> None:
        self._close_body()
        super().connectionLost(reason)

    def _close_body(self) -> None:
        if self.body_file is not None:
            self.body_file.close()
        if self._bounds is not None:
            self._bounds.close()

    def _read_address(self) -> str:
        """Return the address that daphne will pass to the application, as `read_address` returns it."""
        client = [getattr(self.client, "host", None), 0]
        try:
            client, _ = parse_x_forwarded_for(
                self.requestHeaders, self.server.proxy_forwarded_address_header, None, None, client
            )
        except ValueError:  # a header that is no text; daphne refuses the request later
            return UNKNOWN
        return normalize_address(str(client[0] or ""))

    def _read_root_path(self) -> str:
        headers = self.requestHeaders.getRawHeaders(b"daphne-root-path")
        return unquote(headers[-1].decode("latin-1")) if headers else str(self.server.root_path)

    def _allows(self, check: Any, size: int | None) -> bool:
        try:
            check(size)
        except PlaygroundError as error:
            logger.warning("a request is refused: %s", error.message)
            self._is_refused = True
            self._close_body()
            body = encode_error(error)
            self.channel.transport.write(
                b"HTTP/1.1 %s\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                % (STATUS_LINES[error.status], len(body), body)
            )
            self.channel.loseConnection()
            return False
        return True


def install() -> None:
    """Make daphne, and `runserver` with it, build these requests. daphne looks the class up at each connection."""
    http_protocol.WebRequest = BoundedRequest
