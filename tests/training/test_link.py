"""Links: fetched from where anybody may, refused everywhere else, whichever way the address is written."""

from __future__ import annotations

import gzip
import http.server
import io
import os
import socket
import threading
import time
from unittest import mock

from django.test import SimpleTestCase, override_settings

from playground.routing import build_application
from tests.sockets import new_guest, open_socket
from tests.training.cases import EngineTestCase
from training.datasets.link import LinkLimits, fetch
from training.exceptions import LinkRefused, LinkUnreachable, UploadTooLarge
from training.models import Dataset

CSV = b"x,y\n" + b"".join(b"%d,%s\n" % (n, b"ab"[n % 2 : n % 2 + 1]) for n in range(60))


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.seen.append((self.path, self.headers["Host"]))  # type: ignore[attr-defined]
        port = self.server.server_address[1]
        if self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/to/").replace("PORT", str(port)))
            self.end_headers()
        elif self.path == "/missing":
            self.send_error(404)
        elif self.path == "/bomb":
            self.send_response(200)
            self.send_header("Content-Encoding", "gzip")
            self.end_headers()
            self.wfile.write(gzip.compress(b"1,2\n" * 1_000_000))
        elif self.path == "/short":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"1,2\n")
        elif self.path == "/headers":
            self.drip(b"HTTP/1.1 200 OK\r\n", b"X-Waiting: 1\r\n")
        elif self.path == "/continue":
            self.drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n")
        elif self.path == "/trailers":
            self.drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nx\n\r\n0\r\n", b"X-Waiting: 1\r\n")
        elif self.path == "/chunks":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for line in CSV.splitlines(keepends=True):
                self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
            self.wfile.write(b"0\r\n\r\n")
        elif self.path == "/endless":
            self.send_response(200)
            self.end_headers()
            for _ in range(10_000):
                try:
                    self.wfile.write(b"1,2\n" * 1_000)
                except OSError:
                    return
        elif self.path == "/slow":
            self.send_response(200)
            self.end_headers()
            try:
                for _ in range(100):
                    self.wfile.write(b"1,2\n")
                    time.sleep(0.1)  # a slow server is what this is about
            except OSError:
                return
        else:
            self.send_response(200)
            self.send_header("Content-Length", str(len(CSV)))
            self.end_headers()
            self.wfile.write(CSV)

    def drip(self, beginning: bytes, piece: bytes) -> None:
        """Send a piece every 50 ms for 10 s, as a server does that wants to keep the connection."""
        try:
            self.wfile.write(beginning)
            for _ in range(200):
                self.wfile.write(piece)
                time.sleep(0.05)  # a slow server is what this is about
        except OSError:
            return

    def log_message(self, *_: object) -> None:
        pass


class LinkServer:
    def __init__(self) -> None:
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.seen = []  # type: ignore[attr-defined]
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def seen(self) -> list[tuple[str, str]]:
        return self._server.seen  # type: ignore[attr-defined]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


LOCAL = LinkLimits(max_bytes=100_000, seconds=3, networks=("127.0.0.1/32",))


class FetchTests(SimpleTestCase):
    def setUp(self) -> None:
        self.server = LinkServer()
        self.addCleanup(self.server.close)

    def fetch(self, url: str, limits: LinkLimits = LOCAL) -> bytes:
        sink = io.BytesIO()
        self.assertEqual(fetch(url, sink, limits), len(sink.getvalue()))
        return sink.getvalue()

    def test_a_table_is_fetched_also_through_a_redirect(self):
        self.assertEqual(self.fetch(f"{self.server.url}/data.csv?a=1&b=2"), CSV)
        self.assertEqual(self.server.seen[-1][0], "/data.csv?a=1&b=2")
        self.assertEqual(self.fetch(f"{self.server.url}/to/{self.server.url}/data.csv"), CSV)

    def test_every_redirect_is_checked_anew(self):
        for target in (
            "http://127.0.0.2:PORT/x",
            "http://169.254.169.254/latest/meta-data",
            "http://[::1]:PORT/x",
            "file:///etc/passwd",
        ):
            with self.subTest(target=target), self.assertRaises(LinkRefused):
                self.fetch(f"{self.server.url}/to/{target}")

    def test_without_leave_the_own_machine_is_refused_by_every_name(self):
        public_only = LinkLimits(max_bytes=1_000, seconds=3)
        port = self.server.url.rsplit(":", 1)[1]
        for host in (
            "127.0.0.1",
            "localhost",
            "0.0.0.0",
            "2130706433",
            "0x7f000001",
            "127.1",
            "[::1]",
            "[::ffff:127.0.0.1]",
        ):
            with self.subTest(host=host), self.assertRaises((LinkRefused, LinkUnreachable)):
                self.fetch(f"http://{host}:{port}/", public_only)
        self.assertEqual(self.server.seen, [])

    def test_what_is_no_web_link_is_refused(self):
        for url in (
            "",
            "x",
            "ftp://example.org/a.csv",
            "file:///etc/passwd",
            "//example.org/a",
            "http://",
            "http://[::1",
            "javascript:alert(1)",
            "http://user:secret@example.org/a.csv",
            "http://example.org:99999/",
            "gopher://example.org",
            "http://@example.org/",
            "http://example.org@127.0.0.1/",
            "http://example.org\\@127.0.0.1/",
            "http://example.org\\.evil.example/",
            "http://exa\tmple.org/",
            "http://example.org/a\r\nHost: evil.example",
            " http://example.org/",
            "http://example.org:80 /",
            "http://[fe80::1%25lo]/",
            "http://[2606:4700::1111%25lo]/",
            "http://[example.org]/",
            "http://[v1.x]/",
            "http://exa%6dple.org/",
            "http://example.org:0/",
            "http://*/",
        ):
            with self.subTest(url=url), self.assertRaises(LinkRefused):
                self.fetch(url)

    def test_the_connection_goes_to_the_address_that_was_checked(self):
        port = int(self.server.url.rsplit(":", 1)[1])
        answers = iter([("127.0.0.1", port), ("127.0.0.2", port), ("127.0.0.3", port)])
        real = socket.getaddrinfo

        def rebind(host, *args, **kwargs):
            # DNS rebinding: an allowed address for the check, another one for the connection.
            return (
                [(socket.AF_INET, socket.SOCK_STREAM, 6, "", next(answers))]
                if host == "tricky.example"
                else real(host, *args, **kwargs)
            )

        with mock.patch("socket.getaddrinfo", rebind):
            self.assertEqual(self.fetch(f"http://tricky.example:{port}/data.csv"), CSV)
        self.assertEqual(self.server.seen, [("/data.csv", f"tricky.example:{port}")])

    def test_a_name_with_one_forbidden_address_is_refused_whole(self):
        both = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)) for address in ("8.8.8.8", "10.0.0.1")]
        with mock.patch("socket.getaddrinfo", lambda *_, **__: both), self.assertRaises(LinkRefused):
            self.fetch("http://example.org/")

    def test_sizes_and_times_are_bounded(self):
        with self.assertRaises(UploadTooLarge):
            self.fetch(f"{self.server.url}/endless")
        began = time.monotonic()
        with self.assertRaises(LinkUnreachable):
            self.fetch(f"{self.server.url}/slow", LinkLimits(100_000, 1, LOCAL.networks))
        self.assertLess(time.monotonic() - began, 3)

    def test_no_part_of_an_answer_outlasts_the_deadline(self):
        for path in ("/headers", "/continue", "/trailers"):
            began = time.monotonic()
            with self.subTest(path), self.assertRaises(LinkUnreachable):
                self.fetch(self.server.url + path, LinkLimits(100_000, 1, LOCAL.networks))
            self.assertLess(time.monotonic() - began, 3)

    def test_a_slow_name_server_does_not_outlast_the_deadline(self):
        release = threading.Event()
        self.addCleanup(release.set)
        began = time.monotonic()
        slow = mock.patch("socket.getaddrinfo", lambda *_, **__: release.wait(20) and [])
        with slow, self.assertRaises(LinkUnreachable):
            self.fetch("http://example.org/", LinkLimits(100_000, 0.2))
        self.assertLess(time.monotonic() - began, 3)

    def test_an_answer_in_chunks_is_put_together(self):
        self.assertEqual(self.fetch(f"{self.server.url}/chunks"), CSV)

    def test_compressed_and_incomplete_answers_are_refused(self):
        for path, words in (("/bomb", "compressed"), ("/short", "broke")):
            with self.subTest(path), self.assertRaises(LinkUnreachable) as caught:
                self.fetch(self.server.url + path)
            self.assertIn(words, str(caught.exception))

    def test_proxies_of_the_environment_are_not_used(self):
        proxy = LinkServer()
        self.addCleanup(proxy.close)
        names = ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY")
        with mock.patch.dict(os.environ, dict.fromkeys(names, proxy.url)):
            self.fetch(f"{self.server.url}/data.csv")
        self.assertEqual(proxy.seen, [])

    def test_public_addresses_are_asked_on_the_ports_of_the_web_alone(self):
        for url in (
            "http://8.8.8.8:22/",
            "http://8.8.8.8:25/",
            "https://8.8.8.8:6379/",
            "http://[2606:4700::1111]:53/",
        ):
            with (
                self.subTest(url),
                mock.patch("socket.create_connection", side_effect=AssertionError("connected")),
                self.assertRaises(LinkRefused),
            ):
                self.fetch(url)

    def test_the_next_address_of_a_name_is_tried_where_one_does_not_answer(self):
        port = int(self.server.url.rsplit(":", 1)[1])
        real = socket.getaddrinfo

        def two(host, *args, **kwargs):
            if host != "two.example":
                return real(host, *args, **kwargs)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in ("127.0.0.9", "127.0.0.1")]

        with mock.patch("socket.getaddrinfo", two):
            limits = LinkLimits(100_000, 3, ("127.0.0.1/32", "127.0.0.9/32"))
            self.assertEqual(self.fetch(f"http://two.example:{port}/data.csv", limits), CSV)

    def test_what_does_not_answer_as_it_should_is_said(self):
        loop = f"{self.server.url}/to//to//to//to//to//to//to//to//to//to//x"
        for url in (f"{self.server.url}/missing", loop, "http://127.0.0.1:9/closed", "http://no-such-name.invalid/"):
            with self.subTest(url=url), self.assertRaises(LinkUnreachable) as caught:
                self.fetch(url)
            self.assertTrue(caught.exception.data.hint)


@override_settings(LINK_NETWORKS=["127.0.0.1/32"])
class LinkOnTheSocketTests(EngineTestCase):
    def setUp(self) -> None:
        self.server = LinkServer()
        self.addCleanup(self.server.close)

    async def test_a_link_is_described_checked_and_trained_on_and_fetched_once(self):
        url = f"{self.server.url}/flowers.csv"
        async with open_socket(build_application()) as socket:
            described = await socket.ask("describeDataset", fileURL=url)
            self.assertEqual((described["data"]["name"], described["data"]["rows"]), ("flowers.csv", 60))
            checked = await socket.ask("checkTraining", fileURL=url)
            self.assertEqual(checked["data"]["rows"], 60)
            await socket.send("runTraining", file_URL=url, epochs=2)
            result = (await socket.receive_until("trainingResult"))[-1]
            self.assertTrue(result["data"]["success"])
        self.assertEqual(len(self.server.seen), 1)
        self.assertEqual((await Dataset.objects.aget()).url, url)

    async def test_what_is_refused_is_said_on_every_event_and_nothing_is_kept(self):
        async with open_socket(build_application(), client=await new_guest()) as socket:
            for event in ("describeDataset", "checkTraining", "runTraining"):
                for url, code in (
                    ("http://169.254.169.254/latest/meta-data", "link_refused"),
                    ("file:///etc/passwd", "link_refused"),
                    (f"{self.server.url}/missing", "link_unreachable"),
                ):
                    frame = await socket.ask(event, fileURL=url)
                    self.assertEqual((frame["event"], frame["data"]["code"]), ("error", code))
        self.assertEqual(await Dataset.objects.acount(), 0)

    async def test_links_can_be_turned_off(self):
        with override_settings(LINKS_ENABLED=False):
            async with open_socket(build_application()) as socket:
                frame = await socket.ask("describeDataset", fileURL=f"{self.server.url}/flowers.csv")
                self.assertEqual(frame["data"]["code"], "links_disabled")
        self.assertEqual(self.server.seen, [])
