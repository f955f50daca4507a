"""Delete an account while its runs, mails and uploads are under way: nothing remains, and no request ends in a
server error.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable

from websockets.exceptions import ConnectionClosed

from tests.attacks.cases import AttackTestCase
from tests.attacks.visitor import PASSWORD, Visitor

ROUNDS = 3
COUNT = """
from django.apps import apps
from django.contrib.auth.models import User
from django.db.models import CharField
found = {}
for model in apps.get_models():
    for field in model._meta.get_fields():
        if isinstance(field, CharField) and field.name in ("owner", "user_id") and model.__name__ != "ClosedAccount":
            found[model.__name__] = model.objects.filter(**{field.name: OWNER}).count()
assert {"TrainingRun", "Attempt", "Earned", "Dataset", "EmailMessage", "UserSettings"} <= found.keys(), found
print({name: count for name, count in found.items() if count} or "nothing", User.objects.filter(pk=NUMBER).count())
"""


class DeletionTests(AttackTestCase):
    def delete(self, visitor: Visitor) -> None:
        reply = visitor.post("/account/delete/", {"password": PASSWORD})
        self.assertEqual(reply.status, 200)
        self.assertIn("Your account is deleted", reply.text)

    def find_number(self, name: str) -> int:
        code = f"from django.contrib.auth.models import User; print(User.objects.get(username={name!r}).pk)"
        return int(self.server.manage("shell", "--no-imports", "-c", code))

    def assert_nothing_is_left(self, number: int) -> None:
        code = COUNT.replace("OWNER", repr(f"user:{number}")).replace("NUMBER", str(number))
        self.assertEqual(self.server.manage("shell", "--no-imports", "-c", code).split(), ["nothing", "0"])

    def test_a_user_who_trained_as_a_guest_before_deletes_the_account(self):
        visitor = self.visitor()
        with visitor.talk() as talk:
            talk.send("runTraining", default="IRIS", epochs=2)
            talk.receive_until("trainingResult")
            visitor.sign_up("deleted-guest")
            number = self.find_number("deleted-guest")
            with contextlib.suppress(ConnectionClosed):  # the guest's socket may be closed by the sign-in
                talk.send("runTraining", default="IRIS", epochs=2)
            self.delete(visitor)
        self.assert_nothing_is_left(number)

    def test_nothing_is_left_while_runs_end_answers_are_graded_and_files_come_in(self):
        for attempt in range(ROUNDS):
            name = f"deleted-busy-{attempt}"
            visitor = self.visitor()
            visitor.sign_up(name)
            number = self.find_number(name)
            self.delete_while_busy(visitor)
            self.assert_nothing_is_left(number)

    def delete_while_busy(self, visitor: Visitor) -> None:
        stop, errors = threading.Event(), list[object]()
        training, progress, mail = (
            visitor.talk(path) for path in ("/ws/training/", "/ws/progress/", "/ws/notifications/")
        )
        modules = progress.ask("listModules")["data"]["modules"]
        module = progress.ask("getModule", moduleID=modules[0]["moduleID"])["data"]
        section = next(section for section in module["sections"] if section["questions"])
        key = {
            "moduleID": module["moduleID"],
            "sectionID": section["sectionID"],
            "questionID": section["questions"][0]["questionID"],
        }
        for _ in range(3):
            training.send("runTraining", default="WINE", user_model="LogisticRegression()")

        def keep(act: Callable[[], object]) -> None:
            while not stop.is_set():
                try:
                    answer = act()
                except (ConnectionClosed, OSError):
                    return
                if isinstance(answer, dict) and answer["data"].get("code") == "internal_error":
                    errors.append(answer)

        acts = (
            lambda: progress.ask("submitAnswer", **key, answer="x"),
            lambda: mail.ask("updateUserSettings", theme="dark"),
            lambda: training.ask("runTraining", default="IRIS", epochs=1),
            lambda: visitor.upload(b"a,b\n1,2\n2,1\n3,5\n"),
        )
        threads = [threading.Thread(target=keep, args=(act,), daemon=True) for act in acts]
        for thread in threads:
            thread.start()
        deleter = Visitor(self.server)
        for cookie in visitor.cookies:
            deleter.cookies.set_cookie(cookie)
        try:
            self.delete(deleter)
            stop.wait(1)  # in which sockets that are still open go on writing
        finally:
            stop.set()
            for thread in threads:
                thread.join(30)
            for talk in (training, progress, mail):
                talk.connection.close()
        self.assertEqual(errors, [])
