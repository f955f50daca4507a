"""Frames that break the protocol or cost more to read than to send: each is refused, and others do not wait for it."""

from __future__ import annotations

import json
import time

from tests.attacks.cases import AttackTestCase
from tests.attacks.raw_socket import COMPRESSED, CONTINUATION, PING, RawSocket, deflate, encode_frame
from tests.server import Talk

SOURCE = "127.0.0.3"
PROTOCOL, INVALID_TEXT, POLICY, TOO_BIG = 1002, 1007, 1008, 1009
HOSTILE = {
    "a frame of 2**63 - 1 bytes, as announced": (encode_frame(b"abc", length=2**63 - 1), TOO_BIG),
    "a frame of 2 MB": (encode_frame(b"a" * 2_000_000), TOO_BIG),
    "a message of 1.8 MB in two fragments": (
        encode_frame(b"a" * 900_000, fin=False) + encode_frame(b"a" * 900_000, CONTINUATION),
        TOO_BIG,
    ),
    "a message in 20,000 empty fragments": (
        encode_frame(b"", fin=False) + encode_frame(b"", CONTINUATION, fin=False) * 20_000,
        POLICY,
    ),
    "20,000 pings": (encode_frame(b"x", PING) * 20_000, POLICY),
    "20,000 complete messages in two fragments each": (
        (encode_frame(b"", fin=False) + encode_frame(b"", CONTINUATION)) * 20_000,
        POLICY,
    ),
    "an unmasked frame": (b"\x81\x02{}", PROTOCOL),
    "a compressed frame": (encode_frame(deflate(b" " * 16_000_000), reserved=COMPRESSED), PROTOCOL),
    "a continuation of nothing": (encode_frame(b"x", CONTINUATION), PROTOCOL),
    "an unknown opcode": (encode_frame(b"", 3), PROTOCOL),
    "text that is not UTF-8": (encode_frame(b"\xff\xff"), INVALID_TEXT),
}
HOSTILE_JSON = {
    "deep": "[" * 900_000,
    "deep in an object": '{"a":' * 150_000,
    "a number of 900,000 digits": '{"event":"checkTraining","data":{"epochs":' + "1" * 900_000 + "}}",
    "an exponent": '{"event":"checkTraining","data":{"epochs":1e999999999}}',
    "300,000 empty objects": '{"event":"checkTraining","data":{"x":[' + ",".join(["{}"] * 300_000) + "]}}",
    "100,000 fields of one name": '{"event":"checkTraining","data":{' + ",".join(['"a":1'] * 100_000) + "}}",
    "80,000 unknown fields": '{"event":"checkTraining","data":{'
    + ",".join(f'"k{number}":1' for number in range(80_000))
    + "}}",
    "a name of 900,000 characters": '{"' + "a" * 900_000 + '":1}',
    "slightly too large": '{"event":"' + "a" * 1_010_000 + '"}',
}
LONGEST_SECONDS = 2


class HostileFrameTests(AttackTestCase):
    def attacker(self, cookie: str) -> RawSocket:
        attacker = RawSocket(self.server, cookie, source=SOURCE)
        self.addCleanup(attacker.close)
        return attacker

    def test_frames_that_break_the_protocol_close_their_socket_with_a_code(self):
        with Talk(self.server) as honest:
            for name, (data, code) in HOSTILE.items():
                with self.subTest(name):
                    attacker = self.attacker(honest.cookie)
                    attacker.send(data, timeout=5)
                    began = time.monotonic()
                    self.assertEqual(honest.ask("listDatasets")["event"], "datasets")
                    self.assertLess(time.monotonic() - began, LONGEST_SECONDS)
                    # 1006: the server closed while the client was still sending, and TCP dropped the close frame.
                    self.assertIn(attacker.receive_close(timeout=10), (code, 1006))
                    attacker.close()

    def test_hostile_json_gets_an_error_event_and_the_socket_stays_open(self):
        with Talk(self.server) as honest:
            attacker = self.attacker(honest.cookie)
            for name, text in HOSTILE_JSON.items():
                with self.subTest(name):
                    began = time.monotonic()
                    attacker.send(encode_frame(text.encode()))
                    self.assertEqual(honest.ask("listDatasets")["event"], "datasets")
                    self.assertLess(time.monotonic() - began, LONGEST_SECONDS)
                    self.assertIn(
                        attacker.receive_error()["code"],
                        ("bad_frame", "frame_too_large", "unknown_field", "invalid_data", "rate_limited"),
                    )
            attacker.send(encode_frame(json.dumps({"event": "listDatasets", "id": "last"}).encode()))
            opcode, payload = attacker.receive()
            self.assertEqual((opcode, json.loads(payload)["reply_to"]), (1, "last"))

    def test_a_flood_of_small_frames_neither_delays_others_nor_stays_open(self):
        with Talk(self.server) as honest:
            attackers = [self.attacker(honest.cookie) for _ in range(5)]
            flood = encode_frame(b"{}") * 50_000
            slowest = 0.0
            for attacker in attackers:
                attacker.send(flood, timeout=0.5)
            for _ in range(20):
                began = time.monotonic()
                self.assertEqual(honest.ask("listDatasets")["event"], "datasets")
                slowest = max(slowest, time.monotonic() - began)
            self.assertLess(slowest, LONGEST_SECONDS)
            self.assertIn(attackers[0].receive_close(timeout=30), (4429, 1006))
