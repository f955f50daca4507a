"""A client as a browser is one: watches a run to its end, comes back when the line is cut, and counts what it sees."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from websockets.exceptions import WebSocketException

from tests.server import Server, Talk

PAUSE = 0.2  # seconds between attempts to connect


@dataclass
class Seen:
    """The events that arrived of one run. `lost` and `twice` count events and epochs by their numbers."""

    frames: list[dict[str, Any]] = field(default_factory=list)
    last_seq: int = 0
    epochs: list[int] = field(default_factory=list)
    lost: int = 0
    twice: int = 0
    reconnects: int = 0

    def take(self, frame: dict[str, Any]) -> None:
        seq = frame["data"]["seq"]
        self.twice += seq <= self.last_seq
        self.lost += max(0, seq - self.last_seq - 1)
        self.last_seq = max(seq, self.last_seq)
        self.frames.append(frame)
        for row in frame["data"].get("epochs", ()):
            last = self.epochs[-1] if self.epochs else 0
            self.twice += row["epoch"] <= last
            self.lost += max(0, row["epoch"] - last - 1)
            self.epochs.append(row["epoch"])


class Watcher(threading.Thread):
    """Watches until the run's files are there, or it has failed. `cut` breaks its connection."""

    def __init__(self, server: Server, cookie: str, run_id: str) -> None:
        super().__init__(daemon=True)
        self.run_id = run_id
        self.seen = Seen()
        self.over = threading.Event()
        self.failed = ""
        self._server, self._cookie = server, cookie
        self._talk: Talk | None = None
        self.start()

    def cut(self) -> None:
        """Without a word, as when the network goes."""
        talk = self._talk
        if talk is not None:
            with contextlib.suppress(OSError):  # cut already
                talk.connection.socket.shutdown(socket.SHUT_RDWR)

    def run(self) -> None:
        while not self.over.is_set():
            try:
                self._watch()
            except (WebSocketException, OSError, TimeoutError, EOFError):
                self.seen.reconnects += 1
                time.sleep(PAUSE + random.random() * PAUSE)

    def _watch(self) -> None:
        with Talk(self._server, cookie=self._cookie) as talk:
            self._talk = talk
            talk.send("watchTraining", run_id=self.run_id, after_seq=self.seen.last_seq)
            while not self.over.is_set():
                frame = talk.receive(timeout=30)
                if frame["event"] == "error":
                    raise TimeoutError(frame["data"]["message"])  # the database is away, say: ask again
                self.seen.take(frame)
                if frame["event"] == "trainingResult" and not frame["data"]["success"]:
                    self.failed = f"{frame['data']['code']}: {frame['data']['message']}"
                if self.failed or frame["event"] in ("trainingArtifacts", "trainingCancelled"):
                    self.over.set()
