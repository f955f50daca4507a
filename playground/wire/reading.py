"""Limits on what a socket may send before the application receives a message. Both ASGI servers lack them.

`BoundedReading` is mixed into the WebSocket protocol of uvicorn (`uvicorn_socket.py`) and of daphne
(`daphne_socket.py`). In the application, only `BoundedInflow` uses it: it sets `account` and calls `feed`.
"""

from __future__ import annotations

import asyncio
import logging
from abc import abstractmethod

from playground.wire import envelope
from playground.wire.rate import RateLimit
from playground.wire.socket_accounts import Account

CONTROL_FRAMES_PER_SECOND = 100  # pings, pongs and fragments of one socket, on average
MAX_FRAGMENTS = 1_000  # of one message
MESSAGE_SECONDS = 30  # that any message may take to arrive
MIN_BYTES_PER_SECOND = 4_000  # average rate of a message that takes longer than MESSAGE_SECONDS

SLICE_BYTES = 4_096
"""Bytes that are parsed at a time: at most 680 frames, so that no client blocks the event loop for long."""
HANDSHAKE_BYTES = 65_536
"""Bytes that a client may send before its socket is accepted."""
FRAGMENT_BYTES = 100
"""Memory of one fragment of an unfinished message beside its payload."""
CLOSE_POLICY, CLOSE_TRY_LATER = 1008, 1013

logger = logging.getLogger(__name__)


def find_message_limit() -> int:
    """Return the bytes of a message at which the server closes the socket.

    It is a twentieth more than MAX_FRAME_BYTES: a frame that is slightly too large gets an error event.
    """
    return envelope.MAX_FRAME_BYTES + envelope.MAX_FRAME_BYTES // 20


class BoundedReading:
    """Passes received bytes to a protocol in slices, and waits while the application has a message to read.

    It bounds the fragments of a message, the control frames and fragments in a second, the seconds that a message may
    take to arrive, and the bytes that wait, which are charged to the socket's account.
    """

    account: Account | None = None
    """Set by `BoundedInflow` when the application is called, which is before the handshake is answered."""
    is_refused = False
    _deadline: asyncio.TimerHandle | None = None
    _message_began = 0.0
    """When the message that is not complete began, in seconds of the event loop."""

    def begin_reading(self) -> None:
        """Set up the instance. Called when the connection is made."""
        self._unread = bytearray()
        self._fragments = 0
        self._side_frames = RateLimit(CONTROL_FRAMES_PER_SECOND, MAX_FRAGMENTS)

    def take(self, data: bytes) -> None:
        """Accept bytes from the network."""
        if self.is_refused:
            return
        self._unread += data
        if not self._is_open() and len(self._unread) > HANDSHAKE_BYTES:
            self._refuse(CLOSE_POLICY, "Wait until the socket is accepted.")
            return
        self.feed()

    def feed(self) -> None:
        """Parse what is unread, up to the next message. Called again when the application has read all messages."""
        while self._unread and not self.is_refused and self._may_parse():
            piece = bytes(self._unread[:SLICE_BYTES])
            del self._unread[:SLICE_BYTES]
            self._parse(piece)
        if self.is_refused:
            return
        if self._unread:
            self._pause()
        else:
            self._resume()
        self._charge()

    def count_side_frame(self) -> None:
        """Count a frame that is not a whole message: a fragment, a ping or a pong."""
        if not self._side_frames.allow() and not self.is_refused:
            self._refuse(CLOSE_POLICY, "Too many control frames or fragments.")

    def count_message(self) -> None:
        """Record that a message is complete. The next one has its own deadline."""
        self._set_deadline(False)

    def count_fragment(self, is_last: bool) -> None:
        """Count one fragment of a message."""
        self._fragments = 0 if is_last else self._fragments + 1
        if self._fragments > MAX_FRAGMENTS and not self.is_refused:
            self._refuse(CLOSE_POLICY, f"A message may have at most {MAX_FRAGMENTS} fragments.")
        self.count_side_frame()

    def end_reading(self) -> None:
        """Discard unread bytes and their charge. Called when the connection is lost or refused."""
        self.is_refused = True
        self._unread = bytearray()
        self._fragments = 0
        self._set_deadline(False)
        if self.account is not None:
            self.account.set_unfinished(0)

    def _charge(self) -> None:
        partial = self._count_partial()
        size = len(self._unread) + partial + FRAGMENT_BYTES * self._fragments
        # While whole messages wait for the application, the client is not late.
        self._set_deadline(bool(partial or self._fragments) and not self._unread)
        if self.account is not None and not self.account.set_unfinished(size):
            self._refuse(CLOSE_TRY_LATER, "Too much unfinished data; try again later.")

    def _set_deadline(self, is_wanted: bool) -> None:
        if is_wanted and self._deadline is None:
            loop = asyncio.get_running_loop()
            self._message_began = loop.time()
            self._deadline = loop.call_later(MESSAGE_SECONDS, self._check_deadline)
        elif not is_wanted and self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _check_deadline(self) -> None:
        """Refuse a message that is too slow. Bytes that have arrived extend its deadline."""
        self._deadline = None
        if self.is_refused:
            return
        loop = asyncio.get_running_loop()
        earned = self._count_partial() / MIN_BYTES_PER_SECOND
        deadline = self._message_began + MESSAGE_SECONDS + earned
        if loop.time() < deadline:
            self._deadline = loop.call_at(deadline, self._check_deadline)
        else:
            self._refuse(CLOSE_POLICY, "The message arrives too slowly.")

    def _refuse(self, code: int, reason: str) -> None:
        logger.warning("a socket is closed with code %s: %s", code, reason)
        self.end_reading()
        self._resume()
        self._fail(code, reason)

    @abstractmethod
    def _is_open(self) -> bool:
        """Return whether the handshake is complete."""

    @abstractmethod
    def _may_parse(self) -> bool:
        """Return whether the application has read every message."""

    @abstractmethod
    def _parse(self, data: bytes) -> None:
        """Let the server's own protocol parse bytes."""

    @abstractmethod
    def _count_partial(self) -> int:
        """Return the bytes of the message that is not complete."""

    @abstractmethod
    def _pause(self) -> None:
        """Stop reading from the network."""

    @abstractmethod
    def _resume(self) -> None:
        """Read from the network again."""

    @abstractmethod
    def _fail(self, code: int, reason: str) -> None:
        """Close the socket with a code, without waiting for the client."""
