"""daphne's WebSocket protocol with the bounds of `BoundedReading`. Installed when `playground.asgi` is imported.

Written for daphne 4.2 and autobahn 26 (`daphne.ws_protocol`, `autobahn.websocket.protocol`).
"""

from __future__ import annotations

from typing import Any

from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol  # type: ignore[import-untyped]

from playground.wire.reading import BoundedReading, find_message_limit

CONTROL_OPCODES = 8  # and above: close, ping, pong
CONTINUATION = 0


def install() -> None:
    """Make daphne, and `runserver` with it, use the bounded protocol. daphne builds its factory later."""
    WebSocketFactory.protocol = BoundedWebSocket


class BoundedWebSocket(BoundedReading, WebSocketProtocol):
    """daphne's protocol parses what `BoundedReading` hands it."""

    _is_paused = False

    def _connectionMade(self) -> None:
        self.begin_reading()
        super()._connectionMade()
        self.maxFramePayloadSize = self.maxMessagePayloadSize = find_message_limit()
        self.perMessageCompressionAccept = lambda _offers: None
        self.failByDrop = False  # so that the client receives the close code

    def connectionLost(self, reason: Any = None) -> None:
        self.end_reading()
        super().connectionLost(reason)

    def dataReceived(self, data: bytes) -> None:
        self.take(data)

    def onOpen(self) -> None:
        super().onOpen()
        self.feed()

    def onFrameBegin(self) -> None:
        frame = self.current_frame
        if frame.opcode >= CONTROL_OPCODES:
            self.count_side_frame()
        elif not frame.fin or frame.opcode == CONTINUATION:
            self.count_fragment(frame.fin)
        super().onFrameBegin()

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        self.count_message()
        if not self.is_refused:
            super().onMessage(payload, isBinary)

    def _is_open(self) -> bool:
        return bool(self.state != self.STATE_CONNECTING)

    def _may_parse(self) -> bool:
        if self.state == self.STATE_CONNECTING:
            return not hasattr(self, "request")  # which is set when the handshake's request is complete
        return bool(self.application_queue.empty())

    def _parse(self, data: bytes) -> None:
        super().dataReceived(data)

    def _count_partial(self) -> int:
        partial = len(self.data)
        if self._is_open() and self.inside_message:
            partial += self.message_data_total_length
            if self.current_frame is not None and self.current_frame.opcode < CONTROL_OPCODES:
                partial -= self.current_frame.length - self.current_frame_masker.pointer()
        return partial

    def _pause(self) -> None:
        if not self._is_paused:
            self._is_paused = True
            self.transport.pauseProducing()

    def _resume(self) -> None:
        if self._is_paused:
            self._is_paused = False
            self.transport.resumeProducing()

    def _fail(self, code: int, reason: str) -> None:
        if self._is_open():
            self._fail_connection(code, reason)
        else:
            self.transport.abortConnection()
