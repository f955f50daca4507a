"""A WebSocket client written by hand: it can send frames that no client library would send."""

from __future__ import annotations

import contextlib
import json
import socket
import zlib
from typing import Any

from tests.server import Server

CONTINUATION, TEXT, BINARY, CLOSE, PING = 0, 1, 2, 8, 9
COMPRESSED = 0x40  # the bit RSV1


def encode_frame(
    payload: bytes, opcode: int = TEXT, *, fin: bool = True, reserved: int = 0, length: int | None = None
) -> bytes:
    """Return a frame masked with zeros. `length` is announced instead of the payload's own."""
    size = len(payload) if length is None else length
    head = bytes([(0x80 if fin else 0) | reserved | opcode])
    if size < 126:
        head += bytes([0x80 | size])
    elif size < 65_536:
        head += b"\xfe" + size.to_bytes(2, "big")
    else:
        head += b"\xff" + size.to_bytes(8, "big")
    return head + bytes(4) + payload


def deflate(payload: bytes) -> bytes:
    """Return a payload as `permessage-deflate` compresses it."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    return (compressor.compress(payload) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4]


class RawSocket:
    """An open socket of a session, from an address of this machine."""

    def __init__(
        self,
        server: Server,
        cookie: str,
        *,
        path: str = "/ws/training/",
        source: str = "127.0.0.1",
        extensions: str = "",
    ) -> None:
        """`extensions` is offered as `Sec-WebSocket-Extensions`; the server's choice is in `handshake`."""
        self._socket = socket.create_connection(("127.0.0.1", server.port), timeout=30, source_address=(source, 0))
        lines = [
            f"GET {path} HTTP/1.1",
            f"Host: 127.0.0.1:{server.port}",
            f"Origin: {server.url}",
            f"Cookie: {cookie}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Version: 13",
        ]
        if extensions:
            lines.append(f"Sec-WebSocket-Extensions: {extensions}")
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode())
        self._received = b""
        while b"\r\n\r\n" not in self._received:
            self._fill()
        head, _, self._received = self._received.partition(b"\r\n\r\n")
        self.handshake = head.decode()
        assert " 101 " in self.handshake.splitlines()[0], self.handshake

    def send(self, data: bytes, timeout: float = 30) -> bool:
        """Send bytes as they are. Return whether the server took all of them."""
        self._socket.settimeout(timeout)
        try:
            self._socket.sendall(data)
        except OSError:
            return False
        return True

    def receive(self, timeout: float = 30) -> tuple[int, bytes]:
        """Return the opcode and the payload of the next frame. Raises OSError when the connection ends."""
        self._socket.settimeout(timeout)
        head = self._take(2)
        size = head[1]
        if size == 126:
            size = int.from_bytes(self._take(2), "big")
        elif size == 127:
            size = int.from_bytes(self._take(8), "big")
        return head[0] & 0x0F, self._take(size)

    def receive_error(self, timeout: float = 30) -> dict[str, Any]:
        """Return the data of the next `error` event."""
        while True:
            opcode, payload = self.receive(timeout)
            assert opcode != CLOSE, payload
            if opcode == TEXT and (frame := json.loads(payload))["event"] == "error":
                return dict(frame["data"])

    def receive_close(self, timeout: float = 30) -> int:
        """Return the code with which the server closes the socket, or 1006 where it just drops the connection."""
        with contextlib.suppress(ConnectionError):
            while True:
                opcode, payload = self.receive(timeout)
                if opcode == CLOSE:
                    return int.from_bytes(payload[:2], "big")
        return 1006

    def close(self) -> None:
        self._socket.close()

    def _take(self, size: int) -> bytes:
        while len(self._received) < size:
            self._fill()
        taken, self._received = self._received[:size], self._received[size:]
        return taken

    def _fill(self) -> None:
        piece = self._socket.recv(65_536)
        if not piece:
            raise ConnectionResetError("the server ended the connection")
        self._received += piece
