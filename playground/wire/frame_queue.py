"""The queue of frames of one socket that are not answered, bounded by number, length and memory."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from playground.wire import envelope
from playground.wire.envelope import check_size
from playground.wire.errors import FrameTooLarge, TooMuchWaiting
from playground.wire.socket_accounts import Account, estimate_memory, limit_address

FRAME_BURST = 100  # frames of one socket that may arrive at once
MAX_QUEUED_BYTES = 4_000_000  # of frames that wait for their answers on one socket


@dataclass(frozen=True)
class WaitingFrame:
    """A frame that is not answered.

    Parameters
    ----------
    text
        The frame, or an empty string if `error` is its answer.
    memory
        The estimate in bytes that is charged to the socket's account.
    """

    text: str
    memory: int
    error: FrameTooLarge | None = None


class FrameQueue:
    """At most FRAME_BURST frames and MAX_QUEUED_BYTES characters, including the frame that is being answered."""

    def __init__(self, account: Account) -> None:
        """account: is charged for each frame until `finish`."""
        self._account = account
        self._frames: asyncio.Queue[WaitingFrame] = asyncio.Queue(maxsize=FRAME_BURST)
        self._characters = 0

    @property
    def is_full(self) -> bool:
        """Whether as many frames wait as are allowed."""
        return self._frames.full()

    def put(self, text: str) -> None:
        """Add a frame. One that is too large itself is added without its text, so that it is refused in order.

        Raises TooMuchWaiting.
        """
        frame = _measure(text)
        if self._characters + len(frame.text) > MAX_QUEUED_BYTES:
            raise TooMuchWaiting("Too many large frames of this socket wait for their answers.")
        if not self._account.add_waiting(frame.memory):
            raise TooMuchWaiting("Too many large frames from your network wait for their answers.")
        self._characters += len(frame.text)
        self._frames.put_nowait(frame)

    async def get(self) -> WaitingFrame:
        """Return the oldest frame. Waits until there is one."""
        return await self._frames.get()

    def finish(self, frame: WaitingFrame) -> None:
        """Remove the charge for a frame that is answered."""
        self._characters -= len(frame.text)
        self._account.remove_waiting(frame.memory)


def _measure(text: str) -> WaitingFrame:
    try:
        check_size(text, max_bytes=envelope.MAX_FRAME_BYTES)
        memory = estimate_memory(text)
        if memory > limit_address():
            raise FrameTooLarge("The frame has too many values.")
    except FrameTooLarge as error:
        return WaitingFrame("", 0, error.with_traceback(None))  # the traceback would keep the text in memory
    return WaitingFrame(text, memory)
