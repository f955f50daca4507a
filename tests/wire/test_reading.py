"""The time that a message may take to arrive on a socket."""

from __future__ import annotations

import asyncio
from typing import Any
from unittest.mock import patch

from django.test import SimpleTestCase

from playground.wire.reading import CLOSE_POLICY, BoundedReading


class Socket(BoundedReading):
    """A protocol that keeps the bytes of one message, which never ends."""

    def __init__(self) -> None:
        self.begin_reading()
        self.size = 0
        self.closed: asyncio.Future[tuple[int, str]] = asyncio.get_running_loop().create_future()

    def _is_open(self) -> bool:
        return True

    def _may_parse(self) -> bool:
        return True

    def _parse(self, data: bytes) -> None:
        self.size += len(data)

    def _count_partial(self) -> int:
        return self.size

    def _pause(self) -> None: ...

    def _resume(self) -> None: ...

    def _fail(self, code: int, reason: str) -> None:
        self.closed.set_result((code, reason))


@patch.multiple("playground.wire.reading", MESSAGE_SECONDS=0, MIN_BYTES_PER_SECOND=4_000)
class MessageTimeTests(SimpleTestCase):
    async def end(self, size: int) -> tuple[float, Any]:
        """Return the seconds after which a message of which `size` bytes have arrived is refused, and the code."""
        loop = asyncio.get_running_loop()
        began, socket = loop.time(), Socket()
        socket.take(b"x" * size)
        code, _reason = await asyncio.wait_for(socket.closed, 10)
        return loop.time() - began, code

    async def test_bytes_that_have_arrived_extend_the_deadline(self):
        seconds, code = await self.end(2_000)
        self.assertGreaterEqual(seconds, 0.49)
        self.assertEqual(code, CLOSE_POLICY)

    async def test_a_message_of_few_bytes_is_refused_at_its_deadline(self):
        with patch("playground.wire.reading.MIN_BYTES_PER_SECOND", 1_000_000):
            seconds, code = await self.end(2_000)
        self.assertLess(seconds, 0.49)
        self.assertEqual(code, CLOSE_POLICY)
