"""Bounds of a request's body that need a clock of the test's own."""

from __future__ import annotations

import unittest
from unittest.mock import patch

from playground.wire.bodies import STALL_SECONDS, BodyBounds
from playground.wire.errors import RequestTooSlow


class SlowBodyTests(unittest.TestCase):
    def test_a_body_that_trickles_is_refused_once_its_first_seconds_are_over(self):
        with patch("playground.wire.bodies.monotonic", side_effect=[0.0, STALL_SECONDS, STALL_SECONDS + 1.0]):
            bounds = BodyBounds("/datasets/")
            bounds.add(1)
            with self.assertRaises(RequestTooSlow):
                bounds.add(1)
