"""Owners who ask slow questions without end do not keep others waiting."""

from __future__ import annotations

import contextlib
import itertools
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from websockets.exceptions import ConnectionClosed

from tests.attacks.cases import AttackTestCase
from tests.server import Talk

PATIENCE = 2.0  # seconds that an answer may take while others attack
SLOW_TABLE = "number,word,target\n" + "".join(f"{row * 7 % 1013},word{row},{row % 3}\n" for row in range(400_000))


class StarvationTests(AttackTestCase):
    def test_three_guests_who_loop_slow_questions_do_not_delay_a_fourth(self):
        victim = self.guest()
        with contextlib.ExitStack() as attacks:
            for _ in range(3):
                visitor = self.visitor()
                dataset_id = visitor.upload(SLOW_TABLE.encode()).json()["dataset_id"]
                for ask in (_ask_slow_check, _ask_slow_sweep):
                    attacks.enter_context(attacking(visitor.talk(), ask, dataset_id))
            seconds = []
            for seed in range(15):
                began = time.monotonic()
                queued = victim.ask("runTraining", default="IRIS", epochs=1, seed=seed)
                seconds.append(time.monotonic() - began)
                self.assertEqual(queued["event"], "trainingQueued", queued)
                began = time.monotonic()
                checked = victim.ask("checkTraining", default="WINE", seed=seed)
                seconds.append(time.monotonic() - began)
                self.assertEqual(checked["event"], "trainingChecked", checked)
        self.assertLess(max(seconds), PATIENCE, sorted(seconds))


class SlowLinkTests(AttackTestCase):
    environment: ClassVar[dict[str, str]] = {"LINK_NETWORKS": "127.0.0.1/32"}

    def test_links_that_send_a_byte_at_a_time_delay_neither_uploads_nor_checks(self):
        with dripping() as url, contextlib.ExitStack() as attacks:
            for number in range(8):
                talk = self.guest()
                talk.send("describeDataset", fileURL=f"{url}/{number}")
            victim = self.visitor()
            talk = victim.talk()
            self.addCleanup(talk.connection.close)
            seconds = []
            for number in range(5):
                began = time.monotonic()
                reply = victim.upload(f"a,b\n{number},2\n".encode())
                seconds.append(time.monotonic() - began)
                self.assertEqual(reply.status, 201, reply.text)
                began = time.monotonic()
                listed = talk.ask("listTrainings", limit=1)  # needs one of the threads that all sockets share
                self.assertEqual(listed["event"], "trainings", listed)
                checked = talk.ask("checkTraining", default="IRIS", seed=number)
                self.assertEqual(checked["event"], "trainingChecked", checked)
                seconds.append(time.monotonic() - began)
            attacks.close()
        self.assertLess(max(seconds), PATIENCE, sorted(seconds))


def _ask_slow_check(talk: Talk, dataset_id: str, number: int) -> None:
    """Ask for a check that splits and examines the table anew each time."""
    talk.send("checkTraining", dataset_id=dataset_id, target="target", seed=number)


def _ask_slow_sweep(talk: Talk, dataset_id: str, number: int) -> None:
    """Ask for the check of a sweep whose combinations each split the table anew, trained for a moment."""
    spec = {"dataset_id": dataset_id, "target": "target", "epochs": 1}
    talk.send(
        "checkSweep", spec=spec, vary={"seed": [number * 100 + step for step in range(20)], "test_size": [0.2, 0.3]}
    )


@contextlib.contextmanager
def attacking(talk: Talk, ask: Callable[[Talk, str, int], Any], dataset_id: str) -> Iterator[None]:
    """Ask one question after the other in a thread, until the block ends."""

    def attack() -> None:
        with contextlib.suppress(ConnectionClosed, TimeoutError):
            for number in itertools.count():
                ask(talk, dataset_id, number)
                talk.receive()

    thread = threading.Thread(target=attack, daemon=True)
    thread.start()
    try:
        yield
    finally:
        talk.connection.close()
        thread.join(timeout=10)


class Drip(socketserver.StreamRequestHandler):
    """Answers with a table that grows by a byte twice a second."""

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            self.rfile.readline()
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\n\r\na,b\n")
            while not self.server.over.wait(0.5):  # type: ignore[attr-defined]
                self.wfile.write(b"1")


@contextlib.contextmanager
def dripping() -> Iterator[str]:
    """Serve tables that never end, at the address that this yields."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Drip) as server:
        server.daemon_threads = True
        server.over = threading.Event()  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.over.set()  # type: ignore[attr-defined]
        server.shutdown()
