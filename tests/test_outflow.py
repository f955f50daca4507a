"""A client that asks and does not read: under daphne and uvicorn it costs bounded memory, and is dropped."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import unittest

import psutil

from tests.constants import with_constants
from tests.server import ROOT, Server, Talk, find_free_port

LIMIT_MB = 4
CONSTANTS = {
    "playground.wire.outflow.MAX_UNSENT_BYTES": LIMIT_MB * 1_000_000,
    "playground.wire.outflow.SEND_SECONDS": 3,
}


class SilentClient:
    """A WebSocket by hand: sends masked frames, and never takes anything off the line."""

    def __init__(self, host: str, port: int, cookie: str) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        self._socket.settimeout(60)
        self._socket.connect((host, port))
        key = "dGhlIHNhbXBsZSBub25jZQ=="
        lines = [
            "GET /ws/training/ HTTP/1.1",
            f"Host: {host}:{port}",
            f"Origin: http://{host}:{port}",
            f"Cookie: {cookie}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
        ]
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode())
        assert b"101" in self._socket.recv(100)

    def send(self, event: str, **data: object) -> None:
        text = json.dumps({"event": event, "data": data}).encode()
        head = (
            bytes([0x81, 0x80 | len(text)]) if len(text) < 126 else bytes([0x81, 0xFE]) + len(text).to_bytes(2, "big")
        )
        self._socket.sendall(head + bytes(4) + text)  # masked with zeros

    def close(self) -> None:
        self._socket.close()


class OutflowTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.server = Server(TRAINING_WORKERS="1", **with_constants(CONSTANTS))
        cls.addClassCleanup(cls.server.close)
        cls.server.start()
        with Talk(cls.server) as talk:
            cls.cookie = talk.cookie
            cls.run_id = talk.ask("runTraining", default="IRIS", epochs=5_000)["data"]["run_id"]
            frames = talk.receive_until("trainingArtifacts")
        cls.log_bytes = sum(len(json.dumps(frame)) for frame in frames)

    def flood(self, port: int, pid: int) -> None:
        """Asks for the whole log of a run again and again: far more than may wait."""
        process = psutil.Process(pid)
        before = process.memory_info().rss
        client = SilentClient("127.0.0.1", port, self.cookie)
        self.addCleanup(client.close)
        asked, most = 0, before
        deadline = time.monotonic() + 60
        with self.assertRaises(OSError, msg="the client was not dropped"):
            while time.monotonic() < deadline:
                client.send("watchTraining", run_id=self.run_id, after_seq=0)
                asked += 1
                most = max(most, process.memory_info().rss)
                time.sleep(0.05)  # within the rate of frames
        self.assertLess((most - before) / 1e6, 100, f"{asked} logs of {self.log_bytes:,} bytes were asked for")

    def test_daphne_drops_it(self):
        self.flood(self.server.port, self.server.pid)
        self.assertIn("a client that does not read is dropped", self.server.log())

    def test_uvicorn_drops_it(self):
        port = find_free_port()
        command = [sys.executable, "-m", "uvicorn", "playground.asgi:application", "--port", str(port)]
        environment = {**self.server.environment, "TRAINING_WORKERS": "1"}
        with open(self.server.data_dir / "uvicorn.log", "wb") as log:
            process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        self.addCleanup(process.wait, 30)
        self.addCleanup(process.kill)
        wait_for_port(port, process)
        self.flood(port, process.pid)
        self.assertIn("a client that does not read is dropped", (self.server.data_dir / "uvicorn.log").read_text())


def wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert time.monotonic() < deadline and process.poll() is None, "uvicorn did not start"
        time.sleep(0.05)  # it has no other way to say that it listens
