"""Five attackers for `tests.attacks.load`. Each runs in a process of its own, for a given time, against this machine.

They are cheap for themselves: what they send is made once, and one of them never waits long for one answer.
"""

from __future__ import annotations

import contextlib
import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from websockets.exceptions import WebSocketException

from tests.attacks.raw_socket import COMPRESSED, CONTINUATION, PING, RawSocket, deflate, encode_frame
from tests.attacks.visitor import Visitor
from tests.server import Talk

SOCKETS = 15
GUESTS = 4
COOKIES = 110
TRICKLES = 20
FAILURES = (OSError, WebSocketException, AssertionError)
"""What an attacker meets when it is refused. It goes on."""


@dataclass(frozen=True)
class Target:
    """The attacked server, as another process needs to know it."""

    port: int
    username: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def flood(target: Any, seconds: float) -> None:
    """Send large, compressed, fragmented and very many frames on several sockets at once."""
    many = ",".join(["{}"] * 300_000)
    payloads = [
        encode_frame(b'{"event":"listTrainings","data":{"x":"' + b"x" * 999_000 + b'"}}') * 5,
        encode_frame(f'{{"event":"checkTraining","data":{{"csvData":[{many}]}}}}'.encode()) * 5,
        encode_frame(deflate(b" " * 16_000_000), reserved=COMPRESSED) * 25,
        encode_frame(b'{"event":"listTrainings"}') * 5_000,
        encode_frame(b"", fin=False) + encode_frame(b"", CONTINUATION, fin=False) * 50_000,
        encode_frame(b"x", PING) * 50_000,
        encode_frame(b"x" * 900_000, length=1_000_000),
    ]
    cookie = Visitor(target).begin_session()
    sockets: list[RawSocket | None] = [None] * SOCKETS
    for turn, _ in enumerate(_until(seconds, pause=0.02)):
        place = turn % SOCKETS
        with contextlib.suppress(*FAILURES):
            attacker = sockets[place] = sockets[place] or RawSocket(target, cookie, extensions="permessage-deflate")
            if not attacker.send(payloads[turn % len(payloads)], timeout=0.05):
                attacker.close()
                sockets[place] = None
            continue
        sockets[place] = None


def ask_slow_questions(target: Any, seconds: float) -> None:
    """Ask for the largest sweeps and slow checks, as several guests in a loop."""
    sweep = {
        "spec": {"default": "DIGITS", "user_arch": ["Linear(256)", "ReLU()", "Linear(10)"]},
        "vary": {"learning_rate": [number / 1_000 for number in range(1, 26)], "batch_size": list(range(8, 28))},
    }
    slow = {"default": "CALIFORNIAHOUSING", "user_arch": ["Linear(512)", "ReLU()"] * 12}
    _loop(target, seconds, [("checkSweep", sweep), ("checkTraining", slow), ("describeDataset", {"default": "DIGITS"})])


def bomb_memory(target: Any, seconds: float) -> None:
    """Send tables that take far more memory than their text, as several guests in a loop."""
    different_keys = [{f"k{number}": 1} for number in range(14_000)]
    wide = [{f"c{number}": number for number in range(4_000)} for _ in range(15)]
    texts = [{"text": f"{number} " * 20, "y": number % 2} for number in range(7_000)]
    frames = [("checkTraining", {"csvData": table, "target": "y"}) for table in (different_keys, wide, texts)]
    _loop(target, seconds, frames)


def fill_queue(target: Any, seconds: float) -> None:
    """Queue long runs as very many guests, and keep their sockets open."""
    talks: list[Talk] = []
    for turn, _ in enumerate(_until(seconds, pause=0.02)):
        if turn < COOKIES:
            with contextlib.suppress(*FAILURES):
                talks.append(Visitor(target).talk())
        for talk in talks[-2:]:
            with contextlib.suppress(*FAILURES):
                for _ in range(10):
                    talk.send("runTraining", default="DIGITS", epochs=10_000)


def guess_passwords(target: Any, seconds: float) -> None:
    """Guess a password, ask for resets, and let a link and uploads trickle a byte at a time."""
    trickle = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_serve_trickle, args=(trickle, seconds), daemon=True).start()
    link = f"http://127.0.0.1:{trickle.getsockname()[1]}/table.csv"
    guests = []
    with contextlib.suppress(*FAILURES):
        for _ in range(GUESTS):
            guests.append(Visitor(target).talk())
    uploads = [_begin_upload(target) for _ in range(TRICKLES)]
    visitor = Visitor(target)

    def guess() -> None:
        for _ in _until(seconds, pause=0.01):
            with contextlib.suppress(*FAILURES):
                visitor.sign_in(target.username, "wrong")
            with contextlib.suppress(*FAILURES):
                visitor.post("/account/password/forgotten/", {"email": f"{target.username}@example.org"})

    threads = [threading.Thread(target=guess) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in _until(seconds, pause=0.5):
        for guest in guests:
            with contextlib.suppress(*FAILURES):
                guest.send("describeDataset", fileURL=f"{link}?{time.monotonic()}")
        for upload in uploads:
            with contextlib.suppress(OSError):
                upload.sendall(b"1")
    for thread in threads:
        thread.join()


ATTACKERS: tuple[Callable[[Any, float], None], ...] = (
    flood,
    ask_slow_questions,
    bomb_memory,
    fill_queue,
    guess_passwords,
)


def run(attack: Callable[[Any, float], None], target: Target, seconds: float) -> None:
    """Run one attacker in this process. Log output of its client libraries is suppressed."""
    logging.disable()
    attack(target, seconds)


def _until(seconds: float, pause: float) -> Iterator[None]:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        yield
        time.sleep(pause)


def _loop(target: Any, seconds: float, frames: list[tuple[str, dict[str, Any]]]) -> None:
    texts = [json.dumps({"event": event, "data": data, "id": "1"}) for event, data in frames]

    def ask(number: int) -> None:
        talk: Talk | None = None
        for turn, _ in enumerate(_until(seconds, pause=0.05)):
            try:
                talk = talk or Visitor(target).talk()
                talk.connection.send(texts[(turn + number) % len(texts)])
                while json.loads(talk.connection.recv(timeout=30)).get("reply_to") != "1":
                    pass
            except FAILURES:
                talk = None

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(GUESTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _begin_upload(target: Any) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", target.port), timeout=5)
    connection.sendall(
        f"POST /datasets/ HTTP/1.1\r\nHost: 127.0.0.1:{target.port}\r\nContent-Length: 1000000\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\n\r\n".encode()
    )
    return connection


def _serve_trickle(listener: socket.socket, seconds: float) -> None:
    connections: list[socket.socket] = []
    listener.settimeout(0.2)
    for _ in _until(seconds, pause=0.3):
        with contextlib.suppress(OSError):
            connection, _ = listener.accept()
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\nContent-Type: text/csv\r\n\r\na,b\n")
            connections.append(connection)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.sendall(b"1")
