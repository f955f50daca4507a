"""Requests whose bodies are large or endless are refused before they fill the disk or the memory."""

from __future__ import annotations

import socket

from tests.attacks.cases import AttackTestCase


class RequestBodyTests(AttackTestCase):
    def post(self, path: str, headers: str, piece: bytes = b"", times: int = 0) -> str:
        """Send a request with a body in pieces, and return the status line of the answer."""
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=30) as connection:
            head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.server.port}\r\n{headers}\r\n\r\n"
            connection.sendall(head.encode())
            try:
                for _ in range(times):
                    connection.sendall(piece)
                return connection.recv(1_000).decode().splitlines()[0]
            except (ConnectionError, IndexError):
                return "closed"

    def test_a_body_that_is_announced_too_large_is_refused_before_it_comes(self):
        for path in ("/", "/account/sign-in/", "/admin/login/", "/datasets/"):
            with self.subTest(path):
                self.assertIn(" 413 ", self.post(path, "Content-Length: 300000000"))

    def test_only_the_path_of_the_upload_takes_a_file(self):
        for path in ("/x/datasets/", "/datasets/x/datasets/", "/account/sign-in/?/datasets/"):
            with self.subTest(path):
                self.assertIn(" 413 ", self.post(path, "Content-Length: 3000000"))

    def test_a_body_without_a_length_is_cut_off_where_it_is_too_large(self):
        piece = b"40000\r\n" + b"x" * 0x40000 + b"\r\n"
        answer = self.post("/account/sign-in/", "Transfer-Encoding: chunked", piece, times=100)
        self.assertRegex(answer, " 413 |closed")
        self.assertEqual(self.visitor().get("/account/sign-in/").status, 200)

    def test_an_upload_may_be_larger_than_a_form(self):
        reply = self.visitor().upload(b"a,b\n" + b"1,2\n" * 900_000)
        self.assertEqual(reply.status, 201, reply.text[:300])
