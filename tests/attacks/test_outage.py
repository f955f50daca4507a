"""While Redis or the database is away or hangs, every page and every socket answers, and says what to do."""

from __future__ import annotations

import json
import signal
import time
from contextlib import contextmanager
from typing import Any

from websockets.exceptions import ConnectionClosed

from tests.attacks.outside import OutsideTestCase
from tests.attacks.visitor import Reply, Visitor
from tests.server import Talk

SOCKETS = {
    "/ws/training/": "listTrainings",
    "/ws/progress/": "getUserProgressData",
    "/ws/notifications/": "getUserSettings",
}
PAGES = ("/", "/runs/", "/learn/", "/account/sign-in/", "/account/sign-up/", "/settings/", "/admin/login/")
PATIENCE = 90.0  # seconds until all works again


class RedisOutageTests(OutsideTestCase):
    def test_pages_and_open_sockets_work_without_redis(self):
        self.make_user("outage-redis", is_staff=True, email="outage-redis@example.org")
        talks = {path: self.guest(path) for path in SOCKETS}
        self.redis.kill()
        try:
            self.use_everything("outage-redis", talks)
        finally:
            self.redis.start()

    def test_pages_and_open_sockets_work_while_redis_hangs(self):
        self.make_user("outage-hangs", is_staff=True, email="outage-hangs@example.org")
        talks = {path: self.guest(path) for path in SOCKETS}
        self.redis._process.send_signal(signal.SIGSTOP)
        try:
            self.use_everything("outage-hangs", talks)
        finally:
            self.redis._process.send_signal(signal.SIGCONT)

    def use_everything(self, name: str, talks: dict[str, Talk]) -> None:
        for path in PAGES:
            self.assert_served(path, self.visitor().get(path, timeout=25))
        self.visitor().sign_up(f"{name}-new")
        for path in ("/account/sign-in/", "/admin/login/?next=/admin/"):
            visitor = self.visitor()
            visitor.get("/")
            self.assert_served(path, visitor.sign_in(name, path=path))
            self.assertTrue(visitor.is_signed_in(), path)
        self.assert_served(
            "reset", self.visitor().post("/account/password/forgotten/", {"email": f"{name}@example.org"})
        )
        self.assertEqual(self.visitor().upload(b"a,b\n1,2\n2,3\n3,4\n").status, 201)
        for path, event in SOCKETS.items():
            self.assertNotEqual(talks[path].ask(event)["event"], "error", path)
            self.assert_answered_or_told_to_come_back(path, event)

    def assert_answered_or_told_to_come_back(self, path: str, event: str) -> None:
        """A new socket needs a channel of its own, which there may be none of just now."""
        with self.visitor().talk(path) as fresh:
            try:
                self.assertNotEqual(fresh.ask(event)["event"], "error", path)
            except ConnectionClosed as closed:
                assert closed.rcvd is not None
                self.assertEqual(closed.rcvd.code, 4503)

    def assert_served(self, path: str, reply: Reply) -> None:
        self.assertLess(reply.status, 400, path)


class DatabaseOutageTests(OutsideTestCase):
    def test_everything_says_that_the_database_is_away_and_works_again_after(self):
        self.make_user("outage-database")
        visitor = self.visitor()
        visitor.sign_in("outage-database")
        talks = {path: visitor.talk(path) for path in SOCKETS}
        with self.database_away():
            for path in PAGES:
                self.assert_unavailable(path, visitor.get(path, timeout=25))
            fields = {"username": "outage-database", "password": "x", "password1": "x", "password2": "x", "email": ""}
            for path in ("/account/sign-in/", "/account/sign-up/", "/account/delete/", "/admin/login/"):
                self.assert_unavailable(path, visitor.post(path, fields))
            reply = visitor.upload(b"a,b\n1,2\n")
            self.assertEqual((reply.status, reply.json()["code"]), (503, "unavailable"))
            for path, event in SOCKETS.items():
                self.assert_unavailable_event(talks[path].ask(event))
                self.assert_closed_as_unavailable(visitor, path)
        deadline = time.monotonic() + PATIENCE
        while visitor.get("/account/").status != 200:
            self.assertLess(time.monotonic(), deadline)
        for path, event in SOCKETS.items():
            with visitor.talk(path) as talk:
                self.assertNotEqual(talk.ask(event)["event"], "error", path)

    @contextmanager
    def database_away(self) -> Any:
        self.postgres.kill()
        try:
            yield
        finally:
            self.postgres.start()

    def assert_unavailable(self, path: str, reply: Reply) -> None:
        self.assertEqual(reply.status, 503, f"{path}: {reply.text[:300]}")
        self.assertIn("Try again in a few seconds", reply.text, path)
        self.assertIn("retry-after", reply.headers, path)
        self.assertNotIn("Traceback", reply.text)

    def assert_unavailable_event(self, frame: dict[str, Any]) -> None:
        self.assertEqual(frame["event"], "error")
        self.assertIn(frame["data"]["code"], ("unavailable", "storage_unavailable"), frame)
        self.assertTrue(frame["data"]["hint"])

    def assert_closed_as_unavailable(self, visitor: Visitor, path: str) -> None:
        with visitor.talk(path) as talk:
            self.assertEqual(json.loads(talk.connection.recv(timeout=20))["data"]["code"], "unavailable")
            with self.assertRaises(ConnectionClosed) as closed:
                talk.connection.recv(timeout=20)
        assert closed.exception.rcvd is not None
        self.assertEqual(closed.exception.rcvd.code, 4503)
