"""Bodies that daphne receives are counted while they arrive, and handed over in pieces."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from unittest.mock import patch

from daphne.http_protocol import HTTPFactory
from daphne.server import Server
from django.test import SimpleTestCase, override_settings
from twisted.internet.address import IPv4Address
from twisted.internet.testing import StringTransport

from playground.wire import bodies
from playground.wire.bodies import PIECE_BYTES, BoundedBodies
from playground.wire.daphne_request import BoundedRequest


class DaphneRequestTests(SimpleTestCase):
    def setUp(self) -> None:
        self.pieces: list[bytes] = []
        self.ended = asyncio.Event()
        self.server = Server(BoundedBodies(self.application), endpoints=["unused"])
        self.server.connections = {}
        self.server.proxy_forwarded_address_header = "X-Forwarded-For"
        self.addCleanup(self.assert_nothing_is_counted)

    def assert_nothing_is_counted(self) -> None:
        self.assertEqual((bodies._bytes, bodies._incomplete, bodies._under_way), ({}, {}, {}))

    async def application(self, _scope: Any, receive: Any, send: Any) -> None:
        more_body = True
        while more_body:
            message = await receive()
            self.pieces.append(message["body"])
            more_body = message["more_body"]
        self.held = bodies._bytes["192.0.2.1"]
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"done"})
        self.disconnect = await receive()
        self.ended.set()

    def connect(self, head: str, address: str = "192.0.2.1") -> Any:
        """Return the server's side of a connection that has received the head of a request."""
        factory = HTTPFactory(self.server)
        factory.timeOut = None
        channel = factory.buildProtocol(IPv4Address("TCP", "192.0.2.9", 1))
        channel._channel.requestFactory = BoundedRequest
        channel.transport_of_test = StringTransport()
        channel.makeConnection(channel.transport_of_test)
        channel.dataReceived(f"POST {head}\r\nHost: localhost\r\nX-Forwarded-For: {address}\r\n\r\n".encode())
        self.addCleanup(channel.connectionLost, None)
        return channel

    def read_answer(self, channel: Any) -> tuple[int, dict[str, str]]:
        head, _, body = channel.transport_of_test.value().partition(b"\r\n\r\n")
        return int(head.split()[1]), json.loads(body)

    async def test_a_body_is_handed_over_in_pieces_and_charged_once(self):
        body = bytes(range(256)) * 1_000
        channel = self.connect(f"/datasets/ HTTP/1.1\r\nContent-Length: {len(body)}")
        channel.dataReceived(body[:100_000])
        self.assertEqual((bodies._incomplete, bodies._bytes["192.0.2.1"]), ({"192.0.2.1": 1}, 100_000))
        channel.dataReceived(body[100_000:])
        self.assertFalse(bodies._incomplete)
        await asyncio.wait_for(self.ended.wait(), 10)
        self.assertEqual((b"".join(self.pieces), self.held), (body, len(body)))
        self.assertLessEqual(max(map(len, self.pieces)), PIECE_BYTES)
        self.assertEqual(self.disconnect, {"type": "http.disconnect"})

    @override_settings(HTTP_MAX_HELD_BYTES=600_000)
    def test_bodies_under_way_from_one_address_share_a_limit(self):
        head = "/datasets/ HTTP/1.1\r\nContent-Length: 200000"
        first, second, other = self.connect(head), self.connect(head), self.connect(head, "192.0.2.2")
        for channel in (first, second, other):
            channel.dataReceived(b"x" * 100_000)
        status, answer = self.read_answer(second)
        self.assertEqual((status, answer["code"]), (429, "too_many_uploads"))
        self.assertTrue(answer["hint"])
        self.assertEqual(other.transport_of_test.value(), b"")
        first.connectionLost(None)
        third = self.connect(head)
        third.dataReceived(b"x" * 100_000)
        self.assertEqual(third.transport_of_test.value(), b"")

    @patch("playground.wire.bodies.MAX_BODIES_PER_ADDRESS", 1)
    def test_incomplete_bodies_are_counted(self):
        self.connect("/ HTTP/1.1\r\nContent-Length: 2")
        status, answer = self.read_answer(self.connect("/ HTTP/1.1\r\nTransfer-Encoding: chunked"))
        self.assertEqual((status, answer["code"]), (429, "too_many_requests"))

    def test_a_body_that_is_cut_off_reaches_no_application(self):
        with self.settings(DATA_UPLOAD_MAX_MEMORY_SIZE=10):
            channel = self.connect("/ HTTP/1.1\r\nTransfer-Encoding: chunked")
            channel.dataReceived(b"5\r\nhello\r\n8\r\ntoo much\r\n0\r\n\r\n")
        self.assertEqual(self.read_answer(channel)[0], 413)
        self.assertEqual([entry for entry in self.server.connections.values() if "application_instance" in entry], [])
