"""EventConsumer and EventHandlers, through a consumer of the tests: topics, order, refusals, rate, heartbeat, log."""

from __future__ import annotations

import asyncio
import json
import time
from unittest.mock import patch

from channels.auth import AuthMiddlewareStack
from channels.testing import WebsocketCommunicator
from django.test import TransactionTestCase

from playground.wire.consumer import OWNER_ONLY, EventConsumer, EventHandlers, handles
from playground.wire.envelope import ClientMessage, ServerMessage
from playground.wire.threads import in_thread
from tests.sockets import open_socket


class Echo(ClientMessage):
    event_name = "echo"

    number: int
    seconds: float = 0.0


class Echoed(ServerMessage):
    event_name = "echoed"

    number: int


class Break(ClientMessage):
    event_name = "break"


class Whisper(ClientMessage):
    event_name = "whisper"


class Undeclared(ServerMessage):
    event_name = "undeclared"


class Count(ClientMessage):
    """Count the messages of this connection."""

    event_name = "count"


class Counted(ServerMessage):
    event_name = "counted"

    number: int


class CountHandlers(EventHandlers[EventConsumer]):
    sends = (Counted,)

    def __init__(self, connection: EventConsumer) -> None:
        super().__init__(connection)
        self._number = 0

    @handles(Count, staff=OWNER_ONLY, answers=(Counted,))
    async def count(self, message: Count) -> ServerMessage:
        self._number += 1
        return Counted(number=self._number)


class EchoConsumer(EventConsumer):
    handlers = (CountHandlers,)
    sends = (*EventConsumer.sends, Echoed)

    @handles(Echo, staff=OWNER_ONLY, answers=(Echoed,))
    async def echo(self, message: Echo) -> ServerMessage:
        await in_thread(time.sleep)(message.seconds)
        return Echoed(number=message.number)

    @handles(Break, staff=OWNER_ONLY)
    async def fail(self, message: Break) -> None:
        raise ZeroDivisionError("secret-detail")

    @handles(Whisper, staff=OWNER_ONLY)
    async def whisper(self, message: Whisper) -> ServerMessage:
        return Undeclared()


APPLICATION = AuthMiddlewareStack(EchoConsumer.as_asgi())


class EventConsumerTests(TransactionTestCase):
    async def assert_alive(self, socket) -> None:
        self.assertEqual((await socket.ask("echo", number=99))["data"], {"number": 99})

    async def test_an_answer_names_the_frame_that_it_answers(self):
        async with open_socket(APPLICATION) as socket:
            await socket.send_text('{"event": "echo", "data": {"number": 1}, "id": "abc"}')
            self.assertEqual(await socket.receive(), {"event": "echoed", "data": {"number": 1}, "reply_to": "abc"})

    async def test_each_connection_has_its_own_handlers_of_a_topic(self):
        async with open_socket(APPLICATION) as socket, open_socket(APPLICATION) as other:
            numbers = [(await each.ask("count"))["data"]["number"] for each in (socket, socket, other)]
            self.assertEqual(numbers, [1, 2, 1])

    def test_a_consumer_declares_the_events_and_messages_of_its_topics(self):
        self.assertLessEqual({"count", "echo", "frontendLog"}, set(EchoConsumer.events))
        self.assertIn(Counted, EchoConsumer.sends)

    def test_two_handlers_of_one_event_are_refused(self):
        with self.assertRaisesRegex(TypeError, "count"):
            type("Twice", (EchoConsumer,), {"handlers": (CountHandlers, type("Other", (CountHandlers,), {}))})

    async def test_a_fault_before_a_frame_is_parsed_is_answered_and_the_next_frame_too(self):
        async with open_socket(APPLICATION) as socket:
            with (
                patch("playground.wire.consumer.wait_for_turn", side_effect=[ZeroDivisionError, None]),
                self.assertLogs("playground.wire.consumer", "ERROR"),
            ):
                await socket.send("echo", number=1)
                self.assertEqual((await socket.receive())["data"]["code"], "internal_error")
                await self.assert_alive(socket)

    async def test_a_fault_while_an_error_is_sent_does_not_end_the_answers(self):
        async with open_socket(APPLICATION) as socket:
            with (
                patch.object(EchoConsumer, "_send_error", side_effect=ZeroDivisionError),
                self.assertLogs("playground.wire.consumer", "ERROR"),
            ):
                await socket.send_text("no JSON")
                await self.assert_alive(socket)

    async def test_frames_are_answered_in_their_order_even_when_the_first_is_slow(self):
        async with open_socket(APPLICATION) as socket:
            await socket.send("echo", number=0, seconds=0.2)
            for number in range(1, 20):
                await socket.send("echo", number=number)
            self.assertEqual([(await socket.receive())["data"]["number"] for _ in range(20)], list(range(20)))

    async def test_every_kind_of_bad_frame_gets_an_error_and_the_socket_stays_open(self):
        bad = {
            "not json": "bad_frame",
            "[]": "bad_frame",
            '{"event": "echo", "data": {"number": ' + "[" * 50 + "]" * 50 + "}}": "bad_frame",
            '{"event": "nothing"}': "unknown_event",
            '{"event": "__init__"}': "unknown_event",
            '{"event": "echo", "data": {"number": 1, "colour": "red"}}': "unknown_field",
            '{"event": "echo", "data": {}}': "missing_field",
            '{"event": "echo", "data": {"number": "many"}}': "invalid_data",
        }
        async with open_socket(APPLICATION) as socket:
            for text, code in bad.items():
                with self.subTest(text=text[:50]):
                    await socket.send_text(text)
                    frame = await socket.receive()
                    self.assertEqual((frame["event"], frame["data"]["code"]), ("error", code))
                    self.assertEqual(set(frame["data"]), {"code", "message", "hint", "where", "event"})
                    self.assertTrue(frame["data"]["message"])
                    self.assertTrue(frame["data"]["hint"])
            await self.assert_alive(socket)

    async def test_an_unknown_field_is_refused_by_its_name_and_for_its_event(self):
        async with open_socket(APPLICATION) as socket:
            frame = await socket.ask("echo", number=1, colour="red")
            self.assertEqual((frame["data"]["where"], frame["data"]["event"]), ("colour", "echo"))

    async def test_a_binary_frame_is_refused(self):
        async with open_socket(APPLICATION) as socket:
            await socket.communicator.send_to(bytes_data=b"\x00\xff\x00")
            self.assertEqual((await socket.receive())["data"]["code"], "bad_frame")
            await self.assert_alive(socket)

    @patch("playground.wire.envelope.MAX_FRAME_BYTES", 1_000)
    async def test_an_oversized_frame_is_refused(self):
        async with open_socket(APPLICATION) as socket:
            await socket.send_text(json.dumps({"event": "echo", "data": {"number": 1, "pad": "x" * 5_000}}))
            self.assertEqual((await socket.receive())["data"]["code"], "frame_too_large")
            await self.assert_alive(socket)

    async def test_a_fault_of_ours_is_logged_and_its_traceback_kept_from_the_client(self):
        async with open_socket(APPLICATION) as socket:
            with self.assertLogs("playground.wire.consumer", "ERROR") as log:
                await socket.send_text('{"event": "break", "id": "1"}')
                text = await socket.communicator.receive_from(timeout=5)
            self.assertIn("internal_error", text)
            for secret in ("secret-detail", "Traceback", "ZeroDivision", ".py"):
                self.assertNotIn(secret, text)
            self.assertIn("secret-detail", log.output[0])
            await self.assert_alive(socket)

    async def test_a_message_that_the_consumer_does_not_declare_is_never_sent(self):
        async with open_socket(APPLICATION) as socket:
            with self.assertLogs("playground.wire.consumer", "ERROR"):
                self.assertEqual((await socket.ask("whisper"))["data"]["code"], "internal_error")

    async def test_a_thousand_frames_in_a_second_are_all_answered_and_most_refused(self):
        async with open_socket(APPLICATION) as socket:
            began = time.monotonic()
            for number in range(1_000):
                await socket.send("echo", number=number)
            self.assertLess(time.monotonic() - began, 5)
            frames = [await socket.receive() for _ in range(1_000)]
            refused = [frame for frame in frames if frame["event"] == "error"]
            answered = [frame["data"]["number"] for frame in frames if frame["event"] == "echoed"]
            self.assertEqual({frame["data"]["code"] for frame in refused}, {"rate_limited"})
            self.assertGreaterEqual(len(answered), 100)
            self.assertGreater(len(refused), 300)
            self.assertEqual(answered, sorted(answered))
            self.assertEqual(len({frame["reply_to"] for frame in frames}), 1_000)
            await asyncio.sleep(0.1)  # for a token to come back: time itself is what is waited for
            await self.assert_alive(socket)

    @patch.multiple("playground.wire.consumer", FRAMES_PER_SECOND=1, FRAME_BURST=1, ABUSE_SECONDS=1)
    async def test_a_client_that_keeps_on_is_closed_with_4429(self):
        async with open_socket(APPLICATION) as socket:
            deadline = time.monotonic() + 15
            while time.monotonic() < deadline:
                await socket.send("echo", number=1)
                output = await socket.communicator.receive_output(timeout=5)
                if output["type"] == "websocket.close":
                    self.assertEqual(output["code"], 4429)
                    return
                await asyncio.sleep(0.05)  # twenty frames a second where one is allowed
            self.fail("the socket was never closed")

    @patch("playground.wire.consumer.HEARTBEAT_SECONDS", 0)
    async def test_heartbeats_come_by_themselves(self):
        async with open_socket(APPLICATION) as socket:
            self.assertEqual(json.loads(await socket.communicator.receive_from(timeout=5))["event"], "heartbeat")

    async def test_frontend_lines_are_in_the_log_escaped_and_unanswered(self):
        async with open_socket(APPLICATION) as socket:
            with self.assertLogs("frontend", "WARNING") as log:
                await socket.send("frontendLog", level="warning", message="line\nERROR forged \x1b[31m é")
                await self.assert_alive(socket)  # the very next frame: there was no answer between
            self.assertEqual(len(log.records), 1)
            self.assertIn("line\\nERROR forged \\x1b[31m \\xe9", log.records[0].getMessage())
            self.assertNotIn("\n", log.records[0].getMessage())

    async def test_frontend_lines_are_bounded(self):
        async with open_socket(APPLICATION) as socket:
            frame = await socket.ask("frontendLog", message="x" * 2_001)
            self.assertEqual(frame["data"]["where"], "message")

    async def test_a_guest_without_a_session_is_given_one_in_the_handshake(self):
        communicator = WebsocketCommunicator(APPLICATION, "/ws/training/")
        await communicator.send_input({"type": "websocket.connect"})
        accepted = await communicator.receive_output(timeout=5)
        cookie = dict(accepted["headers"])[b"set-cookie"].decode()
        self.assertRegex(cookie, r"^sessionid=\w+; Max-Age=\d+; Path=/; HttpOnly; SameSite=Lax$")
        await communicator.disconnect()
