"""The way back of an answer: a list in Redis that one asker waits for. Used at both ends by the Celery engine."""

from __future__ import annotations

from functools import cache
from typing import Any

import redis
from django.conf import settings

KEPT_SECONDS = 60  # that an answer outlives whoever asked for it and has gone

PREFIX = "playground:reply:"


def send(address: str, text: str) -> None:
    """`address` is a hexadecimal name that the asker has drawn."""
    pipeline = _connect().pipeline()
    pipeline.rpush(PREFIX + address, text)
    pipeline.expire(PREFIX + address, KEPT_SECONDS)
    pipeline.execute()


def receive(address: str, timeout: float) -> bytes | None:
    """None where nothing has come in `timeout` seconds. Raises redis.RedisError."""
    arrived: Any = _connect(timeout).blpop([PREFIX + address], timeout=timeout)
    return arrived[1] if arrived else None


@cache
def _connect(timeout: float = 5) -> redis.Redis:
    """A pool of connections that wait a little longer than `timeout` seconds."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=timeout + 5, socket_connect_timeout=5)
