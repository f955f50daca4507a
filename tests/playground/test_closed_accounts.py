"""Delete accounts while other processes write for them: nothing remains, and no request ends in a server error."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client, TransactionTestCase

from notifications.models import EmailMessage
from playground.account_data.deletion import delete_account, finish_deletions
from playground.account_data.guest_transfer import transfer_guest
from playground.accounts import user_settings
from playground.accounts.preferences import Preferences
from playground.closed_accounts import AccountClosed, close, reopen, writing_for
from playground.models import ClosedAccount, UserSettings
from playground.theme import Theme
from playground.wire.errors import PlaygroundError
from playground.wire.identity import GUEST_KEY, Identity, owner_of
from progress import attempts, services
from progress.exceptions import StorageUnavailable
from progress.models import Attempt, Earned, Question, Standing
from progress.storage import get_storage
from tests.notifications.cases import queue_text
from tests.progress.lessons import key_of, load_lesson
from tests.together import at_once
from tests.training.cases import create_run
from training.models import Dataset, TrainingRun

PASSWORD = "correct horse battery"
EXPECTED = ("account_closed", "too_many_runs", "mail_limit_reached")
OWNED = (TrainingRun, Dataset, EmailMessage, UserSettings, Attempt)


class ClosingCase(TransactionTestCase):
    def setUp(self) -> None:
        load_lesson()
        self.user = User.objects.create_user("ada", password=PASSWORD)
        self.account = Identity(owner_of(self.user.pk), user_id=self.user.pk)

    def assert_nothing_is_left(self, owner: str) -> None:
        for model in OWNED:
            self.assertFalse(model.objects.filter(owner=owner).exists(), model)
        self.assertFalse(Earned.objects.filter(user_id=owner).exists())
        self.assertFalse(Standing.objects.exists())


class ClosingTests(ClosingCase):
    def write_everything(self) -> list[Any]:
        question = Question.objects.filter(slug="one").get()
        session = {GUEST_KEY: f"guest-{uuid4().hex}"}
        guest = Identity(f"guest:{session[GUEST_KEY]}")

        class Request:
            def __init__(self) -> None:
                self.session = session

        def adopt() -> None:
            create_run(guest)
            services.submit_answer(guest, key_of("one"), "a")
            transfer_guest(request=Request(), user=self.user)  # type: ignore[arg-type]

        return [
            lambda: create_run(self.account),
            lambda: services.submit_answer(self.account, key_of("one"), "a"),
            lambda: services.submit_answer(self.account, key_of("one"), "b"),
            lambda: attempts.record_attempt(self.account.owner, question.pk, {"run_id": "x"}, True),
            lambda: services.award(self.account.owner, key_of("one"), 10),
            lambda: user_settings.update(self.account, Preferences(theme=Theme.DARK)),
            lambda: queue_text(1, self.account),
            adopt,
        ]

    def test_nothing_can_be_written_for_a_closed_account_and_each_writer_is_told(self):
        delete_account(self.user)
        for write in self.write_everything():
            try:
                write()
            except PlaygroundError as error:
                self.assertEqual(error.code, "account_closed")
        self.assert_nothing_is_left(self.account.owner)

    def test_nothing_is_left_however_many_write_while_the_account_is_deleted(self):
        for _ in range(6):
            unexpected = self.delete_while_all_write()
            self.assertEqual([repr(error) for error in unexpected], [])
            self.assert_nothing_is_left(self.account.owner)
            self.user = User.objects.create_user("ada", password=PASSWORD)
            self.account = Identity(owner_of(self.user.pk), user_id=self.user.pk)

    def delete_while_all_write(self) -> list[Exception]:
        """Return what was raised besides refusals that are meant for people."""
        stop = threading.Event()
        unexpected: list[Exception] = []

        def keep_writing(write: Callable[[], Any]) -> None:
            for _ in range(30):
                if stop.is_set():
                    return
                try:
                    write()
                except PlaygroundError as error:
                    if error.code not in EXPECTED:
                        unexpected.append(error)
                except Exception as error:
                    # Any other is a server error to the user.
                    unexpected.append(error)

        def delete() -> None:
            delete_account(self.user)
            stop.wait(0.05)
            stop.set()

        at_once([*(partial(keep_writing, write) for write in self.write_everything()), delete])
        return unexpected

    def test_closing_waits_for_a_writer_that_has_begun(self):
        began, go_on = threading.Event(), threading.Event()

        def write() -> None:
            with writing_for(self.account.owner):
                began.set()
                go_on.wait(10)
                UserSettings.objects.create(owner=self.account.owner, user=self.user)

        def delete() -> None:
            began.wait(10)
            threading.Timer(0.3, go_on.set).start()
            delete_account(self.user)

        at_once([write, delete])
        self.assert_nothing_is_left(self.account.owner)

    def test_an_upload_that_comes_too_late_leaves_no_file(self):
        close(self.account.owner)
        browser = Client()
        browser.force_login(self.user)
        file = SimpleUploadedFile("late.csv", b"a,b\n1,2\n")
        with patch("training.uploads.discard") as discard, patch("training.views.get_engine") as engine:
            engine().answer.side_effect = AccountClosed("This account is deleted.")
            answer = browser.post("/datasets/", {"file": file})
        self.assertEqual(answer.status_code, 410)
        self.assertEqual(answer.json()["code"], "account_closed")
        discard.assert_called_once()

    def test_an_account_whose_points_cannot_be_deleted_stays_open(self):
        with (
            patch.object(services, "reset", side_effect=StorageUnavailable("away")),
            self.assertRaises(StorageUnavailable),
        ):
            delete_account(self.user)
        self.assertFalse(ClosedAccount.objects.exists())
        create_run(self.account)

    def test_a_deletion_that_was_interrupted_is_finished_by_clean(self):
        create_run(self.account)
        services.submit_answer(self.account, key_of("one"), "a")
        close(self.account.owner)
        ClosedAccount.objects.update(closed="2020-01-01T00:00:00Z")
        self.assertEqual(finish_deletions(dry_run=False), 1)
        self.assertFalse(User.objects.exists())
        self.assert_nothing_is_left(self.account.owner)

    def test_an_account_that_is_deleted_in_another_way_leaves_nothing_either(self):
        services.submit_answer(self.account, key_of("one"), "a")
        self.user.delete()
        self.assert_nothing_is_left(self.account.owner)
        with self.assertRaises(AccountClosed):
            services.submit_answer(self.account, key_of("one"), "b")

    def test_points_that_are_awarded_before_the_admin_commits_a_deletion_are_deleted_at_its_commit(self):
        with transaction.atomic():  # as a view of the admin
            delete_account(self.user)
            # Writes of another transaction that does not see the row of ClosedAccount yet:
            get_storage().award(self.account.owner, key_of("one"), 10)
        self.assert_nothing_is_left(self.account.owner)

    def test_a_guest_is_never_closed_and_an_account_can_be_opened_again(self):
        with writing_for("guest:somebody"):
            pass
        close(self.account.owner)
        reopen(self.account.owner)
        create_run(self.account)


class DeletionPageTests(ClosingCase):
    def test_a_user_who_trained_as_a_guest_before_deletes_the_account(self):
        browser = Client()
        browser.get("/")
        guest = Identity(f"guest:{browser.session[GUEST_KEY]}")
        create_run(guest)
        browser.post("/account/sign-in/", {"username": "ada", "password": PASSWORD})
        create_run(guest)  # by a page that was open all the while
        answer = browser.post("/account/delete/", {"password": PASSWORD}, follow=True)
        self.assertContains(answer, "Your account is deleted")
        self.assertFalse(User.objects.exists())
        self.assertFalse(TrainingRun.objects.exists())
