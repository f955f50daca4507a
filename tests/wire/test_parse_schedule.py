"""Rate limits for the frames of one address: large and small frames, fairness between owners, and closed sockets."""

from __future__ import annotations

import asyncio
from time import monotonic
from unittest.mock import patch

from django.test import SimpleTestCase

from playground.wire import parse_schedule
from playground.wire.parse_schedule import BURST_SECONDS, wait_for_turn

RATE = 100_000  # characters a second
BURST = RATE * BURST_SECONDS


@patch("playground.wire.parse_schedule.PARSED_BYTES_PER_SECOND", RATE)
class PaceTests(SimpleTestCase):
    def setUp(self) -> None:
        parse_schedule._lanes.clear()

    def ask(self, size: int, owner: str = "ada", address: str = "192.0.2.1") -> asyncio.Task[None]:
        return asyncio.create_task(wait_for_turn(address, owner, size))

    async def count_answered(self, tasks: list[asyncio.Task[None]]) -> int:
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return sum(task.done() for task in tasks)

    async def cancel(self, tasks: list[asyncio.Task[None]]) -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def test_frames_of_16_kb_are_charged(self):
        tasks = [self.ask(16_246) for _ in range(100)]
        answered = await self.count_answered(tasks)
        self.assertGreater(answered, BURST // 16_246 - 1)
        self.assertLess(answered, BURST // 16_246 + 3)
        await self.cancel(tasks)

    async def test_ordinary_frames_do_not_wait_for_large_ones(self):
        large = [self.ask(BURST) for _ in range(5)]
        self.assertEqual(await self.count_answered(large), 2)
        small = [self.ask(2_000) for _ in range(100)]
        self.assertEqual(await self.count_answered(small), 100)
        await self.cancel(large)

    async def test_a_flood_of_tiny_frames_is_charged_too(self):
        tasks = [self.ask(30) for _ in range(1_000)]
        self.assertLess(await self.count_answered(tasks), 410)
        await self.cancel(tasks)

    async def test_frames_of_closed_sockets_leave_no_backlog(self):
        leaving = [self.ask(500_000) for _ in range(600)]
        answered = await self.count_answered(leaving)
        self.assertEqual(answered, 1)
        await self.cancel(leaving)
        begun = monotonic()
        await asyncio.wait_for(self.ask(5_000), 10)
        # Only the frame that had its turn is charged: 5 s, of which 4 s are the burst.
        self.assertLess(monotonic() - begun, 500_000 / RATE - BURST_SECONDS + 2)

    async def test_turns_are_fair_between_the_owners_of_an_address(self):
        flood = [self.ask(RATE // 20) for _ in range(300)]
        await self.count_answered(flood)
        begun = monotonic()
        await asyncio.wait_for(self.ask(RATE // 20, owner="bob"), 5)
        self.assertLess(monotonic() - begun, 1)
        self.assertLess(await self.count_answered(flood), 110)
        await self.cancel(flood)

    async def test_other_addresses_do_not_wait(self):
        flood = [self.ask(BURST) for _ in range(10)]
        other = self.ask(BURST, address="192.0.2.2")
        self.assertEqual(await self.count_answered([other]), 1)
        await self.cancel(flood)

    async def test_idle_addresses_are_forgotten(self):
        await self.ask(10, address="192.0.2.3")
        parse_schedule._lanes["192.0.2.3", True].free_at = monotonic() - 1
        await self.ask(10)
        self.assertNotIn(("192.0.2.3", True), parse_schedule._lanes)
