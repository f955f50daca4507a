"""Bounds of the bodies of requests, alone and together."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

from django.test import SimpleTestCase, override_settings

from playground.wire import bodies
from playground.wire.bodies import SMALL_BYTES, STALL_SECONDS, BodyBounds, BoundedBodies
from playground.wire.errors import RequestTooLarge, RequestTooSlow, TooManyRequests, TooManyUploads

FORM, UPLOAD = "/account/sign-in/", "/datasets/"
LIMITS = override_settings(HTTP_MAX_HELD_BYTES=4_000_000)  # a million for one address


class BodyTestCase(SimpleTestCase):
    def setUp(self) -> None:
        self.addCleanup(self.assert_nothing_is_counted)

    def body(self, path: str = UPLOAD, address: str = "192.0.2.1", root_path: str = "") -> BodyBounds:
        bounds = BodyBounds(path, root_path, address)
        self.addCleanup(bounds.close)
        return bounds

    def assert_nothing_is_counted(self) -> None:
        self.assertEqual((bodies._bytes, bodies._incomplete, bodies._under_way), ({}, {}, {}))


class SpeedTests(BodyTestCase):
    def add(self, bounds: BodyBounds, second: float, size: int) -> None:
        with patch("playground.wire.bodies.monotonic", return_value=second):
            bounds.add(size)

    def body(self, *_: Any) -> BodyBounds:
        with patch("playground.wire.bodies.monotonic", return_value=0.0):
            return super().body()

    def test_a_body_that_trickles_is_refused_once_its_first_seconds_are_over(self):
        bounds = self.body()
        self.add(bounds, STALL_SECONDS, 1)
        with self.assertRaises(RequestTooSlow):
            self.add(bounds, STALL_SECONDS + 1, 1)

    def test_bytes_that_came_early_do_not_pay_for_a_trickle(self):
        bounds = self.body()
        self.add(bounds, 1, 100_000_000)
        self.add(bounds, 29, 1)
        with self.assertRaises(RequestTooSlow):
            self.add(bounds, 58, 1)

    def test_a_body_at_the_lowest_speed_arrives(self):
        bounds = self.body()
        for second in range(1, 4 * STALL_SECONDS):
            self.add(bounds, second, 1_000)


class SizeTests(BodyTestCase):
    def test_only_the_path_of_the_upload_takes_a_file(self):
        self.body(UPLOAD).announce(10_000_000)
        self.body("/app/datasets/", root_path="/app").announce(10_000_000)
        for path in ("/x/datasets/", "/datasets/x", "/datasets//datasets/", "/app/datasets/", FORM):
            with self.subTest(path), self.assertRaises(RequestTooLarge):
                self.body(path).announce(10_000_000)

    @LIMITS
    def test_bodies_of_one_address_share_a_limit(self):
        first, second = self.body(), self.body()
        first.add(900_000)
        with self.assertRaises(TooManyUploads):
            second.add(200_000)
        second.close()
        self.body(address="192.0.2.2").add(900_000)
        first.close()
        self.body().add(900_000)

    @LIMITS
    def test_bodies_of_all_addresses_share_a_limit_that_leaves_room_for_forms(self):
        for number in range(4):
            self.body(address=f"192.0.2.{number}").add(1_000_000)
        with self.assertRaises(TooManyUploads):
            self.body(address="192.0.2.5").add(600_000)
        self.body(FORM, "192.0.2.6").add(SMALL_BYTES)

    @LIMITS
    def test_a_complete_body_is_charged_until_its_request_is_answered(self):
        first = self.body()
        first.add(900_000)
        first.complete()
        with self.assertRaises(TooManyUploads):
            self.body().add(200_000)


class RequestTests(BodyTestCase):
    async def request(
        self, stack: ExitStack, method: str, is_complete: bool = True, size: int = 0
    ) -> tuple[asyncio.Task, list]:
        """Start a request whose application waits, after it has read the first piece of the body."""
        answers: list[dict[str, Any]] = []
        has_read, may_end = asyncio.Event(), asyncio.Event()
        stack.callback(may_end.set)

        async def application(_scope: Any, receive: Any, _send: Any) -> None:
            await receive()
            has_read.set()
            await may_end.wait()

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"x" * size, "more_body": not is_complete}

        async def send(message: dict[str, Any]) -> None:
            answers.append(message)

        scope = {"type": "http", "method": method, "path": FORM, "headers": [], "client": ("192.0.2.1", 1)}
        task = asyncio.create_task(BoundedBodies(application)(scope, receive, send))
        waiter = asyncio.create_task(has_read.wait())
        await asyncio.wait((task, waiter), return_when=asyncio.FIRST_COMPLETED)
        waiter.cancel()
        return task, answers

    async def test_a_class_opens_a_page_at_once_while_bodies_are_received(self):
        with (
            ExitStack() as stack,
            patch.multiple("playground.wire.bodies", MAX_BODIES_PER_ADDRESS=3, MAX_REQUESTS_PER_ADDRESS=246),
        ):
            tasks = [await self.request(stack, "POST", is_complete=False) for _ in range(3)]
            tasks += [await self.request(stack, "GET") for _ in range(240)]
            self.assertEqual([answers for _, answers in tasks if answers], [])
            _, answers = await self.request(stack, "POST", is_complete=False)
            self.assertEqual(answers[0]["status"], 429)
            self.assertIn(b"Wait a minute", answers[1]["body"])
            tasks += [await self.request(stack, "POST") for _ in range(3)]
            _, answers = await self.request(stack, "GET")
            self.assertEqual(answers[0]["status"], 429)
        await asyncio.gather(*(task for task, _ in tasks))

    @LIMITS
    async def test_requests_share_a_limit_of_bytes_until_they_are_answered(self):
        with ExitStack() as stack:
            first, _ = await self.request(stack, "POST", size=900_000)
            _, answers = await self.request(stack, "PUT", is_complete=False, size=200_000)
            self.assertEqual(answers[0]["status"], 429)
            self.assertIn(b"too_many_uploads", answers[1]["body"])
        await first

    def test_a_request_without_a_body_is_not_counted_as_one(self):
        with patch("playground.wire.bodies.MAX_BODIES_PER_ADDRESS", 1):
            self.body().announce(None)
            self.body().announce(0)
            with self.assertRaises(TooManyRequests):
                self.body().announce(5)
