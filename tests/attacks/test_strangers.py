"""A stranger's requests reach nothing that belongs to others."""

from __future__ import annotations

from tests.attacks.cases import AttackTestCase


class StrangerTests(AttackTestCase):
    def test_a_guest_cannot_watch_cancel_or_use_a_run_of_another(self):
        owner, stranger = self.guest(), self.guest()
        queued = owner.ask("runTraining", default="IRIS", epochs=1)
        run_id = queued["data"]["run_id"]
        owner.receive_until("trainingArtifacts")
        for event, data in (
            ("watchTraining", {"after_seq": 0}),
            ("cancelTraining", {}),
            ("deleteTraining", {}),
            ("listTestRows", {}),
            ("predict", {"rows": [{}]}),
        ):
            answer = stranger.ask(event, run_id=run_id, **data)
            self.assertEqual((answer["event"], answer["data"].get("code")), ("error", "run_not_found"), event)

    def test_a_learner_does_not_reach_the_admin(self):
        visitor = self.visitor()
        visitor.sign_up("stranger")
        self.assertTrue(visitor.is_signed_in())
        self.assertIn("/admin/login/", visitor.get("/admin/").url)
