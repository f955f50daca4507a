"""Staff on sockets: an event grants what the admin grants, and an open socket loses its rights with its account."""

from __future__ import annotations

import json
import time
from uuid import uuid4

from websockets.exceptions import ConnectionClosed

from tests.attacks.cases import AttackTestCase
from tests.attacks.visitor import PASSWORD, Visitor
from tests.server import Talk

LOSES_RIGHTS_WITHIN = 5.0  # seconds
CLOSE_RIGHTS_CHANGED = 4401
ROWS = [{"income": 1000 + number, "bought": number % 2} for number in range(40)]
ASSISTANT_EVENTS = (
    ("watchTraining", {"after_seq": 0}),
    ("describeTraining", {}),
    ("cancelTraining", {}),
    ("renameTraining", {"name": "taken over"}),
    ("deleteTraining", {}),
    ("shareTraining", {}),
    ("unshareTraining", {}),
    ("predict", {"rows": [{"income": 1}]}),
    ("listTestRows", {}),
)


class StaffTests(AttackTestCase):
    def sign_in(self, name: str, **fields) -> Visitor:
        username = f"{name}-{uuid4().hex[:6]}"
        self.make_user(username, **fields)
        visitor = self.visitor()
        visitor.sign_in(username)
        self.assertTrue(visitor.is_signed_in())
        visitor.username = username  # type: ignore[attr-defined]
        return visitor

    def open(self, visitor: Visitor, path: str = "/ws/training/") -> Talk:
        talk = visitor.talk(path)
        self.addCleanup(talk.connection.close)
        return talk

    def train(self, talk: Talk) -> str:
        talk.send("runTraining", csvData=ROWS, target="bought", epochs=1)
        frames = talk.receive_until("trainingArtifacts")
        return str(frames[-1]["data"]["run_id"])

    def test_an_assistant_reaches_no_run_of_a_learner(self):
        learner = self.open(self.sign_in("learner"))
        run_id = self.train(learner)
        assistant = self.sign_in("assistant", is_staff=True, groups=["Teaching assistants"])
        talk = self.open(assistant)
        for event, data in ASSISTANT_EVENTS:
            answer = talk.ask(event, run_id=run_id, **data)
            self.assertEqual(answer["data"].get("code"), "run_not_found", (event, answer))
        answer = talk.ask("compareTraining", run_id=run_id, other_run_id=run_id)
        self.assertEqual(answer["data"].get("code"), "run_not_found")
        for path in (f"/runs/{run_id}/", f"/runs/{run_id}/artifacts/predictions.csv"):
            self.assertEqual(assistant.get(path).status, 404, path)

    def test_an_assistant_cannot_train_on_a_table_of_a_learner(self):
        learner = self.sign_in("learner")
        dataset_id = learner.upload(b"income,bought\n" + b"".join(b"%d,%d\n" % (n, n % 2) for n in range(40))).json()[
            "dataset_id"
        ]
        talk = self.open(self.sign_in("assistant", is_staff=True, groups=["Teaching assistants"]))
        for event, data in (
            ("describeDataset", {"dataset_id": dataset_id}),
            ("checkTraining", {"dataset_id": dataset_id, "target": "bought"}),
            ("runTraining", {"dataset_id": dataset_id, "target": "bought"}),
        ):
            self.assertEqual(talk.ask(event, **data)["data"].get("code"), "dataset_not_found", event)

    def test_to_view_runs_is_not_to_view_rows_nor_to_cancel(self):
        run_id = self.train(self.open(self.sign_in("learner")))
        viewer = self.sign_in("viewer", is_staff=True)
        self.grant(viewer, "view_trainingrun")
        talk = self.open(viewer)
        talk.send("watchTraining", run_id=run_id, after_seq=0)
        shown = talk.receive_until("trainingArtifacts")
        self.assertNotIn("predictions.csv", json.dumps(shown[-1]))
        self.assertEqual(viewer.get(f"/runs/{run_id}/artifacts/predictions.csv").status, 404)
        self.assertEqual(viewer.get(f"/runs/{run_id}/artifacts/loss.png").status, 200)
        self.assertNotIn("csvData", json.dumps(talk.ask("describeTraining", run_id=run_id)))
        for event in ("listTestRows", "cancelTraining"):
            self.assertEqual(talk.ask(event, run_id=run_id)["data"].get("code"), "run_not_found", event)

    def test_a_learner_with_permissions_who_is_no_staff_has_none(self):
        run_id = self.train(self.open(self.sign_in("learner")))
        other = self.sign_in("other")
        self.grant(other, "view_trainingrun", "cancel_trainingrun")
        self.assertEqual(self.open(other).ask("watchTraining", run_id=run_id)["data"].get("code"), "run_not_found")

    # --- open sockets ------------------------------------------------------------------------------------------------

    def test_a_signed_out_browser_loses_its_open_sockets(self):
        visitor = self.sign_in("learner")
        talks = [self.open(visitor, f"/ws/{app}/") for app in ("training", "progress", "notifications")]
        self.assertEqual(talks[0].ask("listTrainings")["event"], "trainings")
        self.lose(talks, lambda: visitor.sign_out())

    def test_a_changed_password_ends_the_sockets_of_other_browsers(self):
        visitor = self.sign_in("learner")
        talk = self.open(visitor)
        other = self.visitor()
        other.sign_in(visitor.username)  # type: ignore[attr-defined]
        new = f"{PASSWORD} anew"
        fields = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
        self.lose([talk], lambda: other.post("/account/password/", fields))
        self.assertTrue(other.is_signed_in())

    def test_a_deactivated_account_loses_its_open_sockets(self):
        visitor = self.sign_in("learner")
        talk = self.open(visitor)
        self.lose([talk], lambda: self.change(visitor, "user.is_active = False; user.save()"))

    def test_a_deleted_account_loses_its_open_sockets(self):
        visitor = self.sign_in("learner")
        talk = self.open(visitor)
        self.lose([talk], lambda: self.change(visitor, "user.delete()"))

    def test_a_role_that_is_taken_away_closes_the_socket_and_its_stream(self):
        run_id = self.train(self.open(self.sign_in("learner")))
        viewer = self.sign_in("viewer", is_staff=True)
        self.grant(viewer, "view_trainingrun")
        talk = self.open(viewer)
        talk.send("watchTraining", run_id=run_id)
        talk.receive_until("trainingArtifacts")
        self.lose([talk], lambda: self.change(viewer, "user.user_permissions.clear()"))
        again = self.open(viewer)
        self.assertEqual(again.ask("watchTraining", run_id=run_id)["data"].get("code"), "run_not_found")

    def grant(self, visitor: Visitor, *codenames: str) -> None:
        self.change(
            visitor,
            "from django.contrib.auth.models import Permission; "
            f"user.user_permissions.set(Permission.objects.filter(codename__in={list(codenames)!r}))",
        )

    def change(self, visitor: Visitor, code: str) -> None:
        """Run code with `user` in the server's environment."""
        username = visitor.username  # type: ignore[attr-defined]
        self.operate(
            f"from django.contrib.auth.models import User; user = User.objects.get(username={username!r}); {code}"
        )

    def lose(self, talks: list[Talk], act) -> None:
        """Check that `act` closes all these sockets in time, whatever they are sent."""
        act()
        deadline = time.monotonic() + LOSES_RIGHTS_WITHIN
        for talk in talks:
            try:
                while True:
                    talk.connection.recv(timeout=max(0.01, deadline - time.monotonic()))
            except ConnectionClosed as closed:
                self.assertEqual(closed.rcvd and closed.rcvd.code, CLOSE_RIGHTS_CHANGED)
            except TimeoutError:
                self.fail("the socket kept its rights")
