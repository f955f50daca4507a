"""uvicorn's WebSocket protocol with the bounds of `BoundedReading`. Installed when uvicorn starts the application.

Written for uvicorn 0.54 (`uvicorn.protocols.websockets.websockets_sansio_impl`).
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from uvicorn import Config
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

from playground.wire.reading import BoundedReading, find_message_limit

logger = logging.getLogger(__name__)


def install(config: Config) -> None:
    """Make uvicorn bound what sockets send, whatever its command line says. It listens only after this.

    Options that are wrong or missing are corrected, with one line in the log that names them.
    """
    limit = find_message_limit()
    if config.ws_max_size > limit or config.ws_per_message_deflate:
        logger.warning(
            "uvicorn would accept messages of %s bytes%s. The limit is now %s bytes without compression. "
            "Start uvicorn with --ws-max-size %s --ws-per-message-deflate false to avoid this warning.",
            f"{config.ws_max_size:,}",
            ", compressed ones too" if config.ws_per_message_deflate else "",
            f"{limit:,}",
            limit,
        )
    config.ws_max_size = min(config.ws_max_size, limit)
    config.ws_per_message_deflate = False
    if config.ws_protocol_class is not None:  # `--ws none` serves no sockets
        config.ws_protocol_class = BoundedWebSocket


class BoundedWebSocket(BoundedReading, WebSocketsSansIOProtocol):
    """uvicorn's protocol parses what `BoundedReading` hands it."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.begin_reading()
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.end_reading()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self.take(data)

    async def send(self, message: Any) -> None:
        await super().send(message)
        if message["type"] == "websocket.accept":
            self.feed()

    def handle_text(self, event: Frame) -> None:
        if not event.fin:
            self.count_fragment(False)
        super().handle_text(event)

    def handle_bytes(self, event: Frame) -> None:
        if not event.fin:
            self.count_fragment(False)
        super().handle_bytes(event)

    def handle_cont(self, event: Frame) -> None:
        self.count_fragment(event.fin)
        super().handle_cont(event)

    def handle_ping(self) -> None:
        self.count_side_frame()
        if not self.is_refused:
            super().handle_ping()

    def handle_pong(self, event: Frame) -> None:
        self.count_side_frame()
        super().handle_pong(event)

    def send_receive_event_to_app(self) -> None:
        self.count_message()
        if self.is_refused:
            self.frames = []
        else:
            super().send_receive_event_to_app()

    def handle_parser_exception(self) -> None:
        """Close a socket whose client sent what is too large or no WebSocket frame."""
        self.end_reading()
        super().handle_parser_exception()

    def _is_open(self) -> bool:
        return self.handshake_complete

    def _may_parse(self) -> bool:
        return not self.read_paused and (self.handshake_complete or not self.handshake_initiated)

    def _parse(self, data: bytes) -> None:
        super().data_received(data)

    def _count_partial(self) -> int:
        return len(self.conn.reader.buffer) + (self.conn.current_size or 0)

    def _pause(self) -> None:
        self.transport.pause_reading()

    def _resume(self) -> None:
        if not self.transport.is_closing():
            self.transport.resume_reading()

    def _fail(self, code: int, reason: str) -> None:
        self.frames = []
        if not self.handshake_complete or self.close_sent:
            self.transport.abort()
            return
        self.conn.fail(code, reason)
        super().handle_parser_exception()
        self.loop.call_later(self.close_timeout, self.transport.abort)  # a client that does not read is cut off
