"""With ACCOUNTS_ONLY guests read and nothing else, whichever way they try."""

from __future__ import annotations

from uuid import uuid4

from tests.attacks.cases import AttackTestCase

RUN = str(uuid4())
SPEC = {"default": "IRIS", "epochs": 1}
REFUSED = {
    "/ws/training/": {
        "runTraining": SPEC,
        "checkTraining": SPEC,
        "runSweep": {"spec": SPEC, "vary": {"seed": [1, 2]}},
        "checkSweep": {"spec": SPEC, "vary": {"seed": [1, 2]}},
        "compareTraining": {"run_id": RUN, "other_run_id": RUN},
        "predict": {"run_id": RUN, "rows": [{}]},
        "describeDataset": {"fileURL": "https://example.org/table.csv"},
        "shareTraining": {"run_id": RUN},
    },
    "/ws/progress/": {
        "submitAnswer": {"moduleID": "1", "sectionID": "1", "questionID": "1", "answer": 1},
        "updateUserProgressData": {"moduleID": "1", "sectionID": "1", "questionID": "1"},
    },
    "/ws/notifications/": {"sendEmail": {"email_address": "ada@example.org", "run_id": RUN}},
}
READ = {
    "/ws/training/": {"listDatasets": {}, "describeDataset": {"default": "IRIS"}, "listTrainings": {}},
    "/ws/progress/": {"listModules": {}, "getUserProgressData": {}},
}


class AccountsOnlyTests(AttackTestCase):
    environment = {"ACCOUNTS_ONLY": "1", "TRAINING_WORKERS": "1"}

    def test_guests_are_told_to_sign_in_for_everything_that_costs_work(self):
        for path, events in REFUSED.items():
            talk = self.guest(path)
            for event, data in events.items():
                with self.subTest(event):
                    answer = talk.ask(event, **data)
                    self.assertEqual((answer["event"], answer["data"].get("code")), ("error", "account_needed"), answer)
                    self.assertIn("/account/sign-in/", answer["data"]["hint"])

    def test_guests_read_tables_modules_and_pages(self):
        for path, events in READ.items():
            talk = self.guest(path)
            for event, data in events.items():
                self.assertNotEqual(talk.ask(event, **data)["event"], "error", event)
        page = self.visitor().get("/")
        self.assertEqual(page.status, 200)
        self.assertIn('id="only-looks"', page.text)
        self.assertNotIn("without an account", self.visitor().get("/account/sign-in/").text)

    def test_a_guests_upload_is_refused_before_it_is_read(self):
        reply = self.visitor().upload(b"a,b\n1,2\n")
        self.assertEqual((reply.status, reply.json()["code"]), (401, "account_needed"))

    def test_an_account_trains(self):
        visitor = self.visitor()
        visitor.sign_up("accounts-only")
        self.assertNotIn('id="only-looks"', visitor.get("/").text)
        self.assertEqual(visitor.upload(b"a,b\n" + b"1,2\n2,3\n" * 5).status, 201)
        talk = visitor.talk()
        self.addCleanup(talk.connection.close)
        self.assertEqual(talk.ask("runTraining", **SPEC)["event"], "trainingQueued")
