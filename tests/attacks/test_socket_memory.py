"""The memory that sockets use is bounded, and it is released after an attack."""

from __future__ import annotations

import http.client
import re
import threading
import time
import urllib.parse
from collections.abc import Callable

import psutil

from tests.attacks.cases import ATTACKED, AttackTestCase
from tests.attacks.raw_socket import COMPRESSED, RawSocket, deflate, encode_frame
from tests.server import UVICORN, UVICORN_OPTIONS, Server, Talk

SOURCE = "127.0.0.4"
MOST_MB = 200
"""Growth of the server while it is attacked. An address may hold 64 MB; the rest is its own work."""
LEFT_MB = 60
CLOSE_TRY_LATER, CLOSE_TOO_MANY_SOCKETS = 1013, 4430


class SocketMemoryTests(AttackTestCase):
    def setUp(self) -> None:
        self.process = psutil.Process(self.server.pid)
        self.cookie = self.visitor().begin_session()

    def attackers(self, count: int, extensions: str = "") -> list[RawSocket]:
        sockets = [RawSocket(self.server, self.cookie, source=SOURCE, extensions=extensions) for _ in range(count)]
        for attacker in sockets:
            self.addCleanup(attacker.close)
        return sockets

    def flood(self, attackers: list[RawSocket], data: bytes, seconds: float) -> None:
        """Send the data on all sockets at once, and check the server's memory meanwhile and afterwards."""
        before = most = self._read_mb()
        threads = [threading.Thread(target=attacker.send, args=(data, seconds)) for attacker in attackers]
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and any(thread.is_alive() for thread in threads):
            most = max(most, self._read_mb())
            time.sleep(0.05)
        for attacker in attackers:
            attacker.close()
        for thread in threads:
            thread.join()
        self.assertLess(most - before, MOST_MB)
        self.wait_for(lambda: self._read_mb() - before < LEFT_MB, "the memory was not given back")

    def test_compressed_frames_are_not_unpacked(self):
        attackers = self.attackers(4, extensions="permessage-deflate")
        self.assertNotIn("permessage-deflate", attackers[0].handshake)
        self.flood(attackers, encode_frame(deflate(b" " * 16_000_000), reserved=COMPRESSED) * 25, seconds=5)

    def test_large_frames_wait_in_the_network_and_not_in_memory(self):
        frame = encode_frame(b'{"event":"listTrainings","data":{"x":"' + b"x" * 999_000 + b'"}}')
        self.flood(self.attackers(10), frame * 30, seconds=6)

    def test_frames_of_many_small_objects_count_as_what_they_take_when_parsed(self):
        frame = encode_frame(b'{"event":"checkTraining","data":{"csvData":[' + b",".join([b"{}"] * 320_000) + b"]}}")
        self.flood(self.attackers(10), frame * 10, seconds=6)

    def test_unfinished_messages_of_one_address_are_bounded_together(self):
        cookies = [self.visitor().begin_session() for _ in range(4)]
        attackers = [RawSocket(self.server, cookie, source=SOURCE) for cookie in cookies for _ in range(25)]
        for attacker in attackers:
            self.addCleanup(attacker.close)
        unfinished = encode_frame(b"x" * 999_000, length=1_000_000)
        self.flood(attackers, unfinished, seconds=10)
        with Talk(self.server) as honest:
            self.assertEqual(honest.ask("listDatasets")["event"], "datasets")

    def test_one_owner_has_a_limited_number_of_sockets(self):
        attackers = self.attackers(30)
        one_more = self.attackers(1)[0]
        self.assertEqual(one_more.receive_error()["code"], "too_many_sockets")
        self.assertEqual(one_more.receive_close(), CLOSE_TOO_MANY_SOCKETS)
        with Talk(self.server) as honest:
            self.assertEqual(honest.ask("listDatasets")["event"], "datasets")
        attackers[0].close()
        self.wait_for(self._can_open_a_socket, "the closed socket still counts")

    def test_the_documented_command_needs_no_correction(self):
        self.assertNotIn("uvicorn would accept", self.server.log())

    def wait_for(self, is_true: Callable[[], bool], message: str) -> None:
        deadline = time.monotonic() + 20
        while not is_true():
            self.assertLess(time.monotonic(), deadline, message)
            time.sleep(0.2)

    def _can_open_a_socket(self) -> bool:
        with Talk(self.server, self.cookie) as talk:
            return bool(talk.ask("listDatasets")["event"] == "datasets")

    def _read_mb(self) -> float:
        return float(self.process.memory_info().rss / 1e6)


class WrongOptionsTests(AttackTestCase):
    """A server that is started with none of the documented options, and a small bound of sockets per address."""

    @classmethod
    def setUpClass(cls) -> None:
        super(AttackTestCase, cls).setUpClass()
        command = tuple(word for word in UVICORN if word not in UVICORN_OPTIONS)
        options = {} if ATTACKED == "daphne" else {"command": command}
        cls.server = Server(
            **options,  # type: ignore[arg-type]
            WIRE_MAX_SOCKETS_PER_ADDRESS="3",
            TRAINING_WORKERS="1",
            PUBLIC_URL="http://lab.example.org:8080",
            ALLOWED_HOSTS="127.0.0.1,lab.example.org",
        )
        cls.addClassCleanup(cls.server.close)
        cls.server.launch()
        cls.server.wait_until_it_answers()

    def test_they_are_corrected_and_named_in_the_log(self):
        cookie = self.visitor().begin_session()
        attacker = RawSocket(self.server, cookie, source=SOURCE, extensions="permessage-deflate")
        self.addCleanup(attacker.close)
        self.assertNotIn("permessage-deflate", attacker.handshake)
        attacker.send(encode_frame(b"x" * 2_000_000), timeout=5)
        self.assertIn(attacker.receive_close(), (1009, 1006))
        if ATTACKED == "uvicorn":
            self.assertIn("--ws-max-size 1050000 --ws-per-message-deflate false", self.server.log())

    def test_one_address_has_a_limited_number_of_sockets(self):
        attackers = [RawSocket(self.server, self.visitor().begin_session(), source="127.0.0.5") for _ in range(4)]
        for attacker in attackers:
            self.addCleanup(attacker.close)
        self.assertEqual(attackers[3].receive_error()["code"], "too_many_sockets")
        self.assertEqual(attackers[3].receive_close(), CLOSE_TOO_MANY_SOCKETS)
        elsewhere = RawSocket(self.server, self.visitor().begin_session(), source="127.0.0.6")
        self.addCleanup(elsewhere.close)
        elsewhere.send(encode_frame(b"{}"))
        self.assertEqual(elsewhere.receive_error()["code"], "bad_frame")

    def test_forms_work_behind_a_proxy_that_drops_the_port_of_host(self):
        for origin, is_accepted in (("http://lab.example.org:8080", True), ("http://lab.example.org:8081", False)):
            connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
            self.addCleanup(connection.close)
            connection.request("GET", "/account/sign-in/", headers={"Host": "lab.example.org"})
            page = connection.getresponse()
            cookie = "; ".join(value.split(";")[0] for value in page.headers.get_all("Set-Cookie") or [])
            token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.read().decode())
            assert token
            body = urllib.parse.urlencode({"csrfmiddlewaretoken": token[1], "username": "a", "password": "b"})
            headers = {"Host": "lab.example.org", "Origin": origin, "Cookie": cookie}
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            connection.request("POST", "/account/sign-in/", body, headers)
            answer = connection.getresponse()
            answer.read()
            self.assertEqual(answer.status != 403, is_accepted, origin)
