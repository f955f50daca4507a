"""Reports whose moment was missed: the server was killed between the end of a run and the news of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from unittest import mock
from uuid import UUID

from django.db import DatabaseError
from django.test import TransactionTestCase

from notifications.models import EmailMessage, MailStatus
from playground.accounts import user_settings
from playground.accounts.preferences import Preferences
from tests.notifications.people import create_user, end_run
from tests.notifications.smtp import SmtpServer
from tests.notifications.test_killed import deliverer_process
from tests.server import ROOT
from tests.services import find_database_url
from tests.together import at_once
from tests.training.cases import ALICE, catch_up, create_run, grow_older, wait_for_receivers, wait_until
from training.messages.runs import RunStatus
from training.models import TrainingRun
from training.runs.finish_signal import send_finished

ADA = "ada@example.org"


def kill_at_the_end_of(run_id: UUID) -> int:
    """The exit code of the process that trained it."""
    environment = {**os.environ, "DATABASE_URL": find_database_url()}
    script = [sys.executable, "-m", "tests.notifications.die", str(run_id)]
    return subprocess.run(script, cwd=ROOT, env=environment, timeout=60).returncode


def find_reported() -> list[UUID | None]:
    return list(EmailMessage.objects.filter(kind="report").order_by("created").values_list("run_id", flat=True))


class MissedReportTests(TransactionTestCase):
    def setUp(self) -> None:
        self.user = create_user(confirmed=ADA)

    def end_unheard(self, **fields) -> UUID:
        """End a run as `end_run` does, without calling the receivers of the signal."""
        with mock.patch("training.runs.recording.send_finished"):
            return end_run(self.user, **fields)

    def test_the_report_of_a_run_whose_server_was_killed_at_its_end_comes_once(self):
        for wish in ("of this run", "of every run"):
            with self.subTest(wish), SmtpServer() as server:
                if wish == "of every run":
                    user_settings.update(self.user, Preferences(notify_when_finished=True))
                run_id = create_run(self.user, notify=wish == "of this run")
                self.assertEqual(kill_at_the_end_of(run_id), -signal.SIGKILL)
                self.assertEqual(TrainingRun.objects.get(pk=run_id).status, RunStatus.SUCCEEDED)
                self.assertNotIn(run_id, find_reported())
                grow_older()
                catch_up()
                with deliverer_process(server, **{"notifications.letter.MAX_FILES_WAIT": 0}):
                    wait_until(lambda server=server: server.received, "the report")
                    wait_until(lambda: not EmailMessage.objects.exclude(status=MailStatus.SENT).exists(), "the note")
                catch_up()
                send_finished(run_id, RunStatus.SUCCEEDED).result(timeout=30)
                self.assertEqual(find_reported().count(run_id), 1)
                self.assertEqual(len(server.received), 1)
                self.assertEqual(server.recipients, [ADA])

    def test_of_many_who_catch_up_at_once_each_report_is_queued_by_one(self):
        run_ids = [self.end_unheard(notify=True) for _ in range(5)]
        grow_older()
        at_once([catch_up] * 6)
        self.assertCountEqual(find_reported(), run_ids)

    def test_what_nobody_wished_to_hear_of_is_not_reported(self):
        self.end_unheard()
        self.end_unheard(notify=False)
        run_id = create_run(self.user, notify=True)
        TrainingRun.objects.filter(pk=run_id).update(status=RunStatus.CANCELLED)
        grow_older()
        catch_up()
        self.assertEqual(find_reported(), [])

    def test_what_has_just_ended_is_left_to_whoever_heard_of_it(self):
        run_id = self.end_unheard(notify=True)
        catch_up()
        self.assertEqual(find_reported(), [])
        grow_older()
        catch_up()
        self.assertEqual(find_reported(), [run_id])

    def test_an_end_is_gone_through_once_whatever_is_wished_for_later(self):
        self.end_unheard()
        grow_older()
        catch_up()
        user_settings.update(self.user, Preferences(notify_when_finished=True))
        catch_up()
        self.assertEqual(find_reported(), [])

    def test_a_run_that_cannot_be_reported_keeps_no_other_from_it(self):
        broken, whole = self.end_unheard(notify=True), self.end_unheard(notify=True)
        grow_older()
        TrainingRun.objects.filter(pk=broken).update(spec=[])
        with self.assertLogs("django.dispatch", "ERROR"):
            catch_up()
        self.assertEqual(find_reported(), [whole])

    def test_what_the_database_did_not_take_is_gone_through_again(self):
        run_id = self.end_unheard(notify=True)
        grow_older()
        failing = mock.patch("notifications.submission.mail_queue.add", side_effect=DatabaseError)
        with failing, self.assertLogs("django.dispatch", "ERROR"):
            catch_up()
        self.assertEqual(find_reported(), [])
        grow_older()
        catch_up()
        self.assertEqual(find_reported(), [run_id])

    def test_guests_and_users_without_an_address_are_passed_over(self):
        with mock.patch("training.runs.recording.send_finished"):
            end_run(ALICE, notify=True)
        wait_for_receivers()
        grow_older()
        catch_up()
        self.assertEqual(find_reported(), [])
