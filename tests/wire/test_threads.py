"""Threads for visitors: how many an owner and an address take, who comes next, and what closed sockets give back."""

from __future__ import annotations

import asyncio
import threading
from contextvars import Context
from unittest.mock import patch

from django.test import SimpleTestCase

from playground.wire import threads
from playground.wire.batching import BatchedRead
from playground.wire.threads import in_thread, set_visitor

PATIENCE = 10  # seconds


class ThreadTests(SimpleTestCase):
    def setUp(self) -> None:
        self.begun: list[str] = []
        self.free = threading.Event()
        self.addCleanup(self.free.set)
        threads._addresses.clear()

    def job(self, name: str) -> str:
        self.begun.append(name)
        self.free.wait(PATIENCE)
        return name

    def call(self, owner: str, name: str = "", address: str = "192.0.2.1") -> asyncio.Task[str]:
        async def run() -> str:
            set_visitor(address, owner)
            return await in_thread(self.job)(name or owner)

        return asyncio.get_running_loop().create_task(run(), context=Context())

    async def wait_for(self, count: int) -> None:
        async with asyncio.timeout(PATIENCE):
            while len(self.begun) < count:
                await asyncio.sleep(0.005)
        await asyncio.sleep(0.05)  # more than allowed would begin now

    @patch.multiple("playground.wire.threads", JOBS_PER_OWNER=2, JOBS_PER_ADDRESS=3)
    async def test_an_owner_and_an_address_take_a_limited_number(self):
        tasks = [self.call("ada") for _ in range(50)] + [self.call("bob") for _ in range(2)]
        tasks.append(self.call("eve", address="192.0.2.2"))
        await self.wait_for(4)
        self.assertEqual(sorted(self.begun), ["ada", "ada", "bob", "eve"])
        self.free.set()
        self.assertEqual(len(await asyncio.gather(*tasks)), 53)
        await asyncio.sleep(0)
        self.assertEqual(threads._addresses, {})

    @patch.multiple("playground.wire.threads", JOBS_PER_OWNER=1, JOBS_PER_ADDRESS=1)
    async def test_turns_are_fair_between_owners(self):
        tasks = [self.call("ada", f"ada {number}") for number in range(20)]
        await self.wait_for(1)
        tasks.append(self.call("bob"))
        await asyncio.sleep(0)
        self.free.set()
        await asyncio.gather(*tasks)
        self.assertLessEqual(self.begun.index("bob"), 2)

    @patch.multiple("playground.wire.threads", JOBS_PER_OWNER=1, JOBS_PER_ADDRESS=2)
    async def test_a_closed_socket_leaves_the_order_and_its_thread_counts_until_it_has_ended(self):
        tasks = [self.call("ada", f"ada {number}") for number in range(20)]
        await self.wait_for(1)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        again = self.call("ada", "again")
        other = self.call("bob")
        await self.wait_for(2)
        self.assertEqual(self.begun, ["ada 0", "bob"])
        self.free.set()
        self.assertEqual(await asyncio.gather(again, other), ["again", "bob"])
        self.assertEqual(sorted(self.begun), ["ada 0", "again", "bob"])

    @patch("playground.wire.threads.JOBS_PER_OWNER", 1)
    async def test_an_exception_gives_the_place_back(self):
        async def run() -> None:
            set_visitor("192.0.2.1", "ada")
            for _ in range(3):
                with self.assertRaises(ZeroDivisionError):
                    await in_thread(lambda: 1 // 0)()

        async with asyncio.timeout(PATIENCE):
            await asyncio.create_task(run())

    @patch("playground.wire.threads.JOBS_PER_OWNER", 1)
    async def test_a_read_for_many_sockets_does_not_wait_for_one_of_them(self):
        async def read(keys):
            return await in_thread(lambda: dict.fromkeys(keys, 1))()

        gathering = BatchedRead[str, int](read)

        async def ask():
            set_visitor("192.0.2.1", "ada")
            return await gathering.get(["x"])

        busy = self.call("ada")
        await self.wait_for(1)
        self.assertEqual(await asyncio.wait_for(asyncio.create_task(ask()), PATIENCE / 2), {"x": 1})
        self.assertFalse(busy.done())
        self.free.set()
        await busy
