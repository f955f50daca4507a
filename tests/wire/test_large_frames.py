"""A large frame is parsed beside the event loop, a small one on it."""

from __future__ import annotations

import threading

from django.test import SimpleTestCase

from playground.wire.envelope import parse_frame
from playground.wire.errors import BadFrame
from playground.wire.large_frames import LARGE_CHARACTERS, compute


class ComputeTests(SimpleTestCase):
    async def test_only_large_frames_leave_the_thread_of_the_event_loop(self):
        here = threading.get_ident()
        self.assertEqual(await compute(LARGE_CHARACTERS - 1, threading.get_ident), here)
        other = await compute(LARGE_CHARACTERS, threading.get_ident)
        self.assertNotEqual(other, here)
        self.assertEqual(await compute(LARGE_CHARACTERS, threading.get_ident), other)  # one thread for all of them

    async def test_errors_are_raised_where_the_frame_is_answered(self):
        text = "[" * LARGE_CHARACTERS
        with self.assertRaises(BadFrame):
            await compute(len(text), parse_frame, text, max_bytes=1_000_000)
