"""Processes beside the one that measures a server: one that asks for many mails, and one that takes them.

In threads of the measuring process they would hold up its clock, and the server would be blamed.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from time import perf_counter
from types import SimpleNamespace

from tests.notifications.smtp import SmtpServer
from tests.server import Server, Talk

MAIL = "/ws/notifications/"
ADDRESS = "ada@example.org"

_processes = get_context("spawn")  # a fork would share the measuring process's sockets


class Mailbox:
    """An SMTP server that does nothing wrong."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self.port: int = pipe.recv()

    def count(self) -> int:
        """Of different messages that have arrived."""
        self._pipe.send("count")
        count: int = self._pipe.recv()
        return count


class Flood:
    """Asks for so many mails, evenly over so many seconds, about one run of the guest with this cookie."""

    def __init__(self, server: Server, cookie: str, run_id: str, *, mails: int, seconds: float) -> None:
        self._pipe, theirs = _processes.Pipe()
        self._process = _processes.Process(
            target=_ask_for_mails, args=(theirs, server.url, cookie, run_id, mails, seconds), daemon=True
        )

    def start(self) -> None:
        """Returns when the first is about to be asked for."""
        self._process.start()
        self._pipe.recv()

    def is_over(self) -> bool:
        return self._pipe.poll()

    def read_answers(self) -> list[float]:
        """Seconds that each took to be answered, once all are."""
        answers: list[float] = self._pipe.recv()
        self._process.join()
        return answers


@contextmanager
def serving_mailbox() -> Iterator[Mailbox]:
    pipe, theirs = _processes.Pipe()
    process = _processes.Process(target=_take_mails, args=(theirs,), daemon=True)
    process.start()
    try:
        yield Mailbox(pipe)
    finally:
        process.kill()
        process.join()


def ask_for_mail(talk: Talk, run_id: str) -> float:
    """Seconds until it is answered."""
    began = perf_counter()
    frame = talk.ask("sendEmail", email_address=ADDRESS, run_id=run_id, attachment_array=["loss.png"])
    assert frame["event"] == "emailResult", frame
    return perf_counter() - began


def _ask_for_mails(pipe: Connection, url: str, cookie: str, run_id: str, mails: int, seconds: float) -> None:
    with Talk(SimpleNamespace(url=url), cookie, MAIL) as talk:  # the server itself stays in its own process
        answers = []
        pipe.send("ready")
        began = perf_counter()
        for number in range(mails):
            time.sleep(max(0.0, began + number * seconds / mails - perf_counter()))
            answers.append(ask_for_mail(talk, run_id))
        pipe.send(answers)


def _take_mails(pipe: Connection) -> None:
    with SmtpServer() as server:
        pipe.send(server.port)
        while pipe.recv():
            pipe.send(server.count())
