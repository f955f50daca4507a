"""A guest keeps what they did: the session is prolonged while it is used, by pages and by sockets."""

from __future__ import annotations

from tests.attacks.cases import AttackTestCase
from tests.attacks.visitor import Visitor

DAY = 86_400
KEPT_DAYS = 90  # KEEP_GUEST_RUNS_DAYS


class GuestSessionTests(AttackTestCase):
    def find_key(self, visitor: Visitor) -> str:
        return next(cookie.value or "" for cookie in visitor.cookies if cookie.name == "sessionid")

    def shell(self, visitor: Visitor, code: str) -> str:
        start = (
            "from datetime import timedelta; from django.utils import timezone; "
            "from django.contrib.sessions.models import Session; "
            f"row = Session.objects.get(pk={self.find_key(visitor)!r}); "
        )
        return self.server.manage("shell", "--no-imports", "-c", start + code)

    def set_days_left(self, visitor: Visitor, days: int) -> None:
        self.shell(visitor, f"row.expire_date = timezone.now() + timedelta(days={days}); row.save()")

    def days_left(self, visitor: Visitor) -> int:
        return int(self.shell(visitor, "print((row.expire_date - timezone.now()).days)"))

    def test_a_visit_and_a_socket_prolong_the_session_and_its_cookie(self):
        visitor = self.visitor()
        visitor.get("/")
        self.assertGreaterEqual(self.days_left(visitor), KEPT_DAYS)
        self.set_days_left(visitor, 10)
        reply = visitor.get("/")
        self.assertIn("Max-Age", reply.headers["set-cookie"])
        self.assertGreaterEqual(self.days_left(visitor), KEPT_DAYS)
        self.set_days_left(visitor, 10)
        with visitor.talk() as talk:
            talk.ask("listTrainings")
        self.assertGreaterEqual(self.days_left(visitor), KEPT_DAYS)
