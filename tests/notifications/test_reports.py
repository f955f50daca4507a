"""Reports of runs: to whom, once, without harm to the run, and also when the server was killed at its end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from functools import partial
from unittest import mock
from uuid import UUID

from django.core import mail as django_mail
from django.db import DatabaseError
from django.test import SimpleTestCase, TransactionTestCase, override_settings

from notifications.delivery import deliver_due
from notifications.models import EmailMessage, MailStatus
from notifications.submission import submit
from playground.accounts import user_settings
from playground.accounts.preferences import Preferences
from playground.wire.identity import Identity
from tests.notifications.people import confirm_address, create_user, end_of, end_run
from tests.notifications.smtp import SmtpServer
from tests.notifications.test_killed import deliverer_process
from tests.server import ROOT
from tests.services import find_database_url
from tests.together import at_once
from tests.training.cases import (
    ALICE,
    EngineTestCase,
    RunTestCase,
    catch_up,
    create_run,
    grow_older,
    wait_for_receivers,
    wait_until,
    wait_until_files,
)
from training import runs
from training.messages.runs import RunStatus
from training.models import TrainingRun
from training.runs.finish_signal import send_finished
from training.signals import run_finished
from training.spec import TrainingSpec

ADA = "ada@example.org"


def find_reported() -> list[UUID | None]:
    return list(EmailMessage.objects.filter(kind="report").order_by("created").values_list("run_id", flat=True))


class ReportTests(RunTestCase):
    def setUp(self) -> None:
        self.user = create_user()
        confirm_address(self.user, ADA)

    def test_a_run_that_asks_for_it_is_reported_and_others_are_not(self):
        end_run(self.user)
        end_run(self.user, notify=False)
        run_id = end_run(self.user, notify=True)
        self.assertEqual(find_reported(), [run_id])
        message = EmailMessage.objects.get(kind="report")
        self.assertEqual((message.recipient, message.owner, message.user_id), (ADA, self.user.owner, self.user.user_id))

    def test_every_run_is_reported_to_those_who_set_so(self):
        user_settings.update(self.user, Preferences(notify_when_finished=True))
        first, second = end_run(self.user), end_run(self.user, success=False)
        end_run(ALICE)
        self.assertEqual(find_reported(), [first, second])

    def test_a_failed_run_is_reported_with_what_to_change(self):
        end_run(self.user, success=False, notify=True)
        deliver_due()
        self.assertIn("Learn slower.", str(django_mail.outbox[-1].body))

    def test_a_cancelled_run_is_not_reported(self):
        run_id = create_run(self.user, notify=True)
        runs.request_cancel(run_id)
        wait_for_receivers()
        self.assertEqual(TrainingRun.objects.get(pk=run_id).status, RunStatus.CANCELLED)
        self.assertEqual(find_reported(), [])

    def test_it_is_sent_once_however_many_processes_hear_of_the_end(self):
        run_id = end_run(self.user, notify=True)
        EmailMessage.objects.filter(kind="report").delete()
        hear = partial(run_finished.send, sender=TrainingRun, run_id=run_id, status=RunStatus.SUCCEEDED)
        at_once([hear] * 8)
        self.assertEqual(find_reported(), [run_id])
        hear()
        self.assertEqual(find_reported(), [run_id])

    def test_nobody_without_a_proven_address_gets_one(self):
        user = create_user()
        user_settings.update(user, Preferences(email="eve@example.org", notify_when_finished=True))
        end_run(user, notify=True)
        end_run(ALICE, notify=True)
        self.assertEqual(find_reported(), [])

    def test_a_guest_gets_it_where_they_have_sent_to_before(self):
        submit(ALICE, recipient=ADA, body_text="Hello")
        run_id = end_run(ALICE, notify=True)
        self.assertEqual(find_reported(), [run_id])
        self.assertEqual(EmailMessage.objects.get(kind="report").recipient, ADA)

    @override_settings(EMAIL_PER_USER_PER_HOUR=2)
    def test_beyond_the_limit_runs_end_all_the_same(self):
        with self.assertLogs("notifications.reports", "WARNING"):
            for _ in range(3):  # the link that confirmed was the first of the hour
                end_run(self.user, notify=True)
        self.assertEqual(len(find_reported()), 1)

    def test_a_fault_of_mail_is_none_of_the_runs(self):
        with (
            mock.patch("notifications.submission.mail_queue.add", side_effect=RuntimeError("no outbox")),
            self.assertLogs("django.dispatch", "ERROR"),
        ):
            run_id = end_run(self.user, notify=True)
        self.assertEqual(TrainingRun.objects.get(pk=run_id).status, RunStatus.SUCCEEDED)
        self.assertEqual(find_reported(), [])

    def test_the_end_is_reported_only_when_it_is_stored(self):
        run_id = create_run(self.user, notify=True)
        claim = runs.claim_next("engine")
        with (
            mock.patch("training.runs.recording.update", side_effect=RuntimeError("not stored")),
            self.assertRaises(RuntimeError),
        ):
            runs.record(claim, [end_of(run_id)])
        wait_for_receivers()
        self.assertEqual(find_reported(), [])


class NumbersTests(SimpleTestCase):
    def test_asking_for_the_report_is_no_part_of_what_data_depend_on(self):
        from training.work.prepared import build_cache_key

        self.assertEqual(
            build_cache_key(TrainingSpec(default="IRIS", notify=True)), build_cache_key(TrainingSpec(default="IRIS"))
        )


class WholeWayTests(EngineTestCase):
    def test_a_trained_run_comes_by_mail_with_its_model_and_the_same_numbers(self):
        user: Identity = create_user(confirmed=ADA)
        asked, plain = (
            create_run(user, epochs=5, seed=3, notify=True),
            create_run(user, epochs=5, seed=3),
        )
        for run_id in (asked, plain):
            wait_until_files(run_id)
        wait_for_receivers()
        one, other = (runs.read_result(run_id).auxiliary_outputs for run_id in (asked, plain))
        self.assertEqual(one.metrics, other.metrics)
        self.assertEqual(one.spec, other.spec)
        self.assertEqual(find_reported(), [asked])
        deliver_due()
        (letter,) = django_mail.outbox
        self.assertEqual(letter.to, [ADA])
        names = {attachment[0] for attachment in letter.attachments}
        self.assertLessEqual({"model.pt", "model.onnx", "loss.png"}, names)


def kill_at_the_end_of(run_id: UUID) -> int:
    """The exit code of the process that trained it."""
    environment = {**os.environ, "DATABASE_URL": find_database_url()}
    script = [sys.executable, "-m", "tests.notifications.die", str(run_id)]
    return subprocess.run(script, cwd=ROOT, env=environment, timeout=60).returncode


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
