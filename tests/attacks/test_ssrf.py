"""A link leads to no address of the server's own network, however it is written."""

from __future__ import annotations

import socket
import threading
from typing import Any, ClassVar

from tests.attacks.cases import AttackTestCase
from tests.training.test_addresses import REACHABLE, REFUSED, addresses_of
from training.datasets.addresses import find_block


class Canary:
    """Listens on the loopback addresses and counts connections."""

    def __init__(self) -> None:
        self.connections = 0
        self._listener = socket.create_server(("", 0), family=socket.AF_INET6, dualstack_ipv6=True)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connected, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            connected.close()

    def close(self) -> None:
        self._listener.close()


class LinkTestCase(AttackTestCase):
    def describe(self, talk: Any, url: str) -> tuple[str, str]:
        answer = talk.ask("describeDataset", fileURL=url)
        return answer["event"], answer["data"].get("code", "")

    def assert_refused(self, urls: list[str]) -> None:
        talk = self.guest()
        for url in urls:
            with self.subTest(url=url):
                self.assertEqual(self.describe(talk, url), ("error", "link_refused"))


class OwnMachineTests(LinkTestCase):
    """The canary's port is open to links, so that nothing but the check of addresses keeps them from it."""

    canary: ClassVar[Canary]

    @classmethod
    def setUpClass(cls) -> None:
        cls.canary = Canary()
        cls.addClassCleanup(cls.canary.close)
        cls.environment = {"LINK_PORTS": f"80,443,{cls.canary.port}", "TRAINING_WORKERS": "1"}
        super().setUpClass()

    def test_the_own_machine_is_not_reached_by_any_spelling(self):
        for host in (
            "127.0.0.1", "127.1", "0x7f.1", "0x7f000001", "2130706433", "017700000001", "0177.0.0.1", "0", "0.0.0.0",
            "localhost", "LOCALHOST", "localhost.", "127.0.0.1.", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]",
            "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[::1%25lo]", "[64:ff9b::127.0.0.1]",
            "①②⑦.⓪.⓪.①", "127。0。0。1", "１２７.0.0.1", "127.0.0.1%00.example.org", "example.org@127.0.0.1",
            "127.0.0.1:80@127.0.0.1", "example.org\\@127.0.0.1", "127.0.0.1\t", "127.0.0.1\n", "127.0.0.1 ",
        ):  # fmt: skip
            talk = self.guest()
            with self.subTest(host=host):
                event, code = self.describe(talk, f"http://{host}:{self.canary.port}/t.csv")
                # Some systems' resolvers do not know some of these spellings.
                self.assertEqual(event, "error")
                self.assertIn(code, ("link_refused", "link_unreachable"))
        self.assertEqual(self.canary.connections, 0)


class LinkTests(LinkTestCase):
    def test_no_block_that_is_not_globally_reachable_is_reached(self):
        found = [address for block in REFUSED for address in addresses_of(block)]
        addresses = dict.fromkeys(address for address in found if find_block(address) not in REACHABLE)
        self.assert_refused(
            [
                f"http://{address}/t.csv" if address.version == 4 else f"http://[{address}]/t.csv"
                for address in addresses
            ]
        )

    def test_only_links_of_the_web_are_followed(self):
        self.assert_refused(
            [
                "",
                "x",
                "//example.org/",
                "file:///etc/passwd",
                "ftp://example.org/",
                "gopher://127.0.0.1:6379/_INFO",
                "dict://127.0.0.1:6379/",
                "data:text/csv,a,b",
                "jar:http://example.org!/",
                "http:example.org",
                "http://",
                "http://[::1",
                "http://[",
                "http://]",
                "http://a:b@example.org/",
                "http://example.org:99999/",
                "http://example.org:-1/",
                "http://8.8.8.8:22/",
                "http://8.8.8.8:25/",
                "https://8.8.8.8:6379/",
                "http://example.org/\r\nHost: localhost",
                "http://\u2100.example.org/",
            ]
        )

    def test_training_and_checks_refuse_the_same_links(self):
        for event in ("checkTraining", "runTraining"):
            for url in ("http://192.0.0.192/t.csv", "http://[fec0::1]/t.csv", "http://[3fff::1]/t.csv"):
                answer = self.guest().ask(event, fileURL=url)
                self.assertEqual((answer["event"], answer["data"].get("code")), ("error", "link_refused"), (event, url))
