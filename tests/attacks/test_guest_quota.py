"""Guests who drop their cookies get no more than their address may have, and never shut others out."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tests.attacks.cases import AttackTestCase
from tests.server import Talk

ENDLESS = {"default": "IRIS", "epochs": 10_000, "trainer": "autograd"}


class GuestQuotaTests(AttackTestCase):
    environment = {
        "GUEST_SESSIONS_PER_ADDRESS_PER_HOUR": "50",
        "TRAINING_MAX_QUEUED": "24",
        "TRAINING_MAX_ACTIVE_RUNS_PER_ADDRESS": "3",
        "UPLOAD_MAX_DATASETS_PER_ADDRESS": "3",
        "TRAINING_WORKERS": "1",
    }

    def tearDown(self) -> None:
        self.server.manage(
            "shell",
            "--no-imports",
            "-c",
            "from training import runs; from training.models import TrainingRun; "
            "[runs.request_cancel(run.pk) for run in TrainingRun.objects.filter(status__in=runs.ACTIVE)]",
        )
        super().tearDown()

    def start(self, talk: Talk) -> tuple[str, dict[str, Any]]:
        """Ask for a run that does not end; return the answer's event or code, and its data."""
        answer = talk.ask("runTraining", **ENDLESS)
        return answer["data"].get("code") or answer["event"], answer["data"]

    def sign_up(self, name: str, address: str) -> Talk:
        visitor = self.visitor(address)
        visitor.sign_up(name)
        talk = visitor.talk()
        self.addCleanup(talk.connection.close)
        return talk

    def test_cookies_of_one_address_share_one_bound_and_others_get_in(self):
        greedy = self.guest(address="127.0.1.1")
        answers = Counter(self.start(greedy)[0] for _ in range(10))
        self.assertEqual(answers, {"trainingQueued": 3, "too_many_runs": 7})
        # Guests without a run get in until the address has twice as many.
        answers = Counter(self.start(self.guest(address="127.0.1.1"))[0] for _ in range(20))
        self.assertEqual(answers, {"trainingQueued": 3, "too_many_runs": 17})
        code, data = self.start(self.guest(address="127.0.1.1"))
        self.assertEqual(code, "too_many_runs")
        self.assertIn("sign in", data["hint"])
        self.assertEqual(self.start(self.guest(address="127.0.1.2"))[0], "trainingQueued")
        self.assertEqual(self.start(self.sign_up("quota-one", "127.0.1.1"))[0], "trainingQueued")

    def test_guests_of_many_addresses_leave_room_for_accounts(self):
        answers = Counter(
            self.start(self.guest(address=f"127.0.2.{address}"))[0] for address in range(1, 7) for _ in range(4)
        )
        self.assertGreaterEqual(answers["queue_full"], 24 - 12 - 1)  # half of the queue, and one that trains
        self.assertEqual(set(answers), {"queue_full", "trainingQueued"})
        self.assertEqual(self.start(self.sign_up("quota-two", "127.0.2.1"))[0], "trainingQueued")

    def test_visits_without_cookies_store_a_bounded_number_of_sessions(self):
        visitors = [self.visitor("127.0.4.1") for _ in range(60)]
        self.assertEqual({visitor.get("/").status for visitor in visitors}, {200})
        kept = sum("sessionid" in visitor.cookie for visitor in visitors)
        self.assertEqual(kept, 50)
        self.assertEqual(self.start(self.guest(address="127.0.4.1"))[0], "trainingQueued")
        other = self.visitor("127.0.4.2")
        other.get("/")
        self.assertIn("sessionid", other.cookie)

    def test_cookies_of_one_address_share_one_bound_on_uploads(self):
        table = b"a,b\n" + b"1,2\n2,3\n" * 5
        replies = [self.visitor("127.0.3.1").upload(table) for _ in range(8)]
        self.assertEqual([reply.status for reply in replies], [201] * 6 + [429] * 2)  # the first of each: twice as many
        error = replies[-1].json()
        self.assertEqual(error["code"], "too_many_datasets")
        self.assertIn("sign in", error["hint"])
        self.assertEqual(self.visitor("127.0.3.2").upload(table).status, 201)
