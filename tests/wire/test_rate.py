"""The token bucket, with a clock of its own."""

from __future__ import annotations

from unittest import mock

from django.test import SimpleTestCase

from playground.wire.rate import RateLimit


class RateLimitTests(SimpleTestCase):
    def setUp(self) -> None:
        self.now = 100.0
        clock = mock.patch("playground.wire.rate.monotonic", lambda: self.now)
        clock.start()
        self.addCleanup(clock.stop)
        self.rate = RateLimit(per_second=10, burst=20)

    def test_a_burst_is_allowed_and_no_more(self):
        self.assertEqual([self.rate.allow() for _ in range(25)], [True] * 20 + [False] * 5)

    def test_tokens_come_back_with_time_up_to_the_burst(self):
        for _ in range(20):
            self.rate.allow()
        self.now += 0.5
        self.assertEqual([self.rate.allow() for _ in range(6)], [True] * 5 + [False])
        self.now += 1_000
        self.assertEqual(sum(self.rate.allow() for _ in range(40)), 20)

    def test_abuse_lasts_while_refusals_go_on(self):
        for _ in range(1_000):
            self.rate.allow()
            self.now += 0.01
        self.assertGreater(self.rate.abuse_seconds, 7)

    def test_a_second_without_refusals_is_forgiven(self):
        for _ in range(500):
            self.rate.allow()
            self.now += 0.01
        self.now += 1.5
        for _ in range(30):
            self.rate.allow()
        self.assertEqual(self.rate.abuse_seconds, 0)
