"""Answers from Celery workers to servers: each server process has a list in Redis, and a thread that reads it."""

from __future__ import annotations

import logging
import threading
import uuid
from concurrent.futures import Future
from functools import cache
from time import monotonic
from typing import Any

import redis
from django.conf import settings

from playground.wire.errors import PlaygroundError
from training.exceptions import AnswerTimeout, EngineUnavailable
from training.jobs.serialization import parse_answer

KEPT_SECONDS = 60  # that answers outlive a server process that has gone
WAIT_SECONDS = 1.0  # between checks for answers that are overdue
PREFIX = "playground:reply:"

logger = logging.getLogger(__name__)


def send(address: str, number: str, text: str) -> None:
    """Send the answer to question `number` to the process whose mailbox has this address. Raises redis.RedisError."""
    pipeline = _connect().pipeline()
    pipeline.rpush(PREFIX + address, f"{number} {text}")
    pipeline.expire(PREFIX + address, KEPT_SECONDS)
    pipeline.execute()


class Mailbox:
    """Receives the answers to the questions of this process. Its thread waits only while an answer is due."""

    def __init__(self) -> None:
        self.address = uuid.uuid4().hex
        self._due: dict[str, tuple[Future[Any], float]] = {}
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def expect(self, future: Future[Any], seconds: float) -> str:
        """Register the future of an answer. Return the number that the answer must name."""
        number = uuid.uuid4().hex
        with self._changed:
            self._due[number] = (future, monotonic() + seconds)
            if self._thread is None:
                self._thread = threading.Thread(target=self._receive, name="answers", daemon=True)
                self._thread.start()
            self._changed.notify()
        return number

    def fail(self, number: str, error: PlaygroundError) -> None:
        """Give an error instead of the answer to question `number`, if it is still due."""
        future = self._pop(number)
        if future is not None and future.set_running_or_notify_cancel():
            future.set_exception(error)

    def _receive(self) -> None:
        while True:
            with self._changed:
                while not self._due:
                    self._changed.wait()
            try:
                arrived: Any = _connect(WAIT_SECONDS).blpop([PREFIX + self.address], timeout=WAIT_SECONDS)
                if arrived:
                    self._open(arrived[1])
            except redis.RedisError:
                logger.warning("answers could not be received", exc_info=True)
                for number in list(self._due):
                    self.fail(number, EngineUnavailable("The workers cannot be reached just now. Nothing is lost."))
            except Exception:
                logger.exception("an answer could not be read")
            now = monotonic()
            for number in [number for number, (_, deadline) in list(self._due.items()) if now > deadline]:
                self.fail(number, AnswerTimeout("The answer took too long."))

    def _open(self, reply: bytes) -> None:
        number, _, text = reply.decode().partition(" ")
        future = self._pop(number)
        if future is None or not future.set_running_or_notify_cancel():
            return
        try:
            future.set_result(parse_answer(text))
        except PlaygroundError as error:
            future.set_exception(error)
        except Exception as error:
            logger.exception("an answer could not be read")
            future.set_exception(error)

    def _pop(self, number: str) -> Future[Any] | None:
        with self._changed:
            future, _ = self._due.pop(number, (None, 0.0))
        return None if future is None or future.done() else future


@cache
def _connect(timeout: float = 5) -> redis.Redis:
    """Return a pool of connections that wait a little longer than `timeout` seconds."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=timeout + 5, socket_connect_timeout=5)
