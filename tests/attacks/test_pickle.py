"""Whoever can write to Redis runs no code in the servers: pickles under every key, in every queue and channel."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import redis

from tests.attacks.outside import OutsideTestCase

PREFIX = "playground:1:"  # of the keys of Django's cache
QUEUES = ("training", "questions", "mail", "gpu")
SOCKETS = {
    "/ws/training/": "listTrainings",
    "/ws/progress/": "listModules",
    "/ws/notifications/": "getUserSettings",
}


class Pickled:
    """Writes a file where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return os.system, (f"touch {self.path}",)


class PickleTests(OutsideTestCase):
    def test_a_pickle_in_redis_runs_nothing_and_the_server_goes_on_answering(self):
        trace = self.server.data_dir / "unpickled"
        self.make_user("pickle-user")
        victim = self.visitor()
        victim.sign_in("pickle-user", "wrong")  # whatever is counted of it in Redis is a key to write to
        talks = [self.guest(path) for path in SOCKETS]
        self.write_everywhere(pickle.dumps(Pickled(trace)))
        victim.sign_in("pickle-user", "wrong")
        victim.sign_in("pickle-user")
        self.assertTrue(victim.is_signed_in())
        victim.get("/readyz")
        self.server.manage("shell", "--no-imports", "-c", self.read_cache())
        for path, event in SOCKETS.items():
            with self.visitor().talk(path) as talk:
                self.assertNotEqual(talk.ask(event)["event"], "error")
        self.assertFalse(trace.exists())
        self.assertEqual(len(talks), len(SOCKETS))

    def write_everywhere(self, content: bytes) -> None:
        with redis.Redis.from_url(self.redis.url) as connection:
            names = [f"{PREFIX}station.{queue}" for queue in QUEUES] + [f"{PREFIX}attacked"]
            for key in [*connection.keys("*"), *(name.encode() for name in names)]:
                if connection.type(key) in (b"string", b"none"):
                    connection.set(key, content)
            for queue in QUEUES:
                connection.lpush(f"playground:{queue}", content)
            for channel in connection.pubsub_channels("*"):
                connection.publish(channel, content)

    def read_cache(self) -> str:
        """Return code that reads the cache as the engine of Celery does, in a process with the server's settings."""
        return (
            "from django.core.cache import cache; "
            f"from training.queues import build_presence_key; "
            f"cache.get('attacked'); cache.get_many([build_presence_key(queue) for queue in {QUEUES!r}])"
        )
