"""The report when a run has ended: to whom it was asked for, once, and without any harm to the run."""

from __future__ import annotations

from functools import partial
from unittest import mock
from uuid import UUID

from django.core import mail as django_mail
from django.test import SimpleTestCase, override_settings

from notifications.delivery import deliver_due
from notifications.models import EmailMessage
from notifications.submission import submit
from playground.accounts import user_settings
from playground.accounts.preferences import Preferences
from playground.wire.identity import Identity
from tests.notifications.people import confirm_address, create_user, end_of, end_run
from tests.together import at_once
from tests.training.cases import ALICE, EngineTestCase, RunTestCase, create_run, wait_for_receivers, wait_until_files
from training import runs
from training.messages.runs import RunStatus
from training.models import TrainingRun
from training.signals import run_finished
from training.spec import TrainingSpec

ADA = "ada@example.org"


def reports() -> list[UUID | None]:
    return list(EmailMessage.objects.filter(kind="report").order_by("created").values_list("run_id", flat=True))


class ReportTests(RunTestCase):
    def setUp(self) -> None:
        self.user = create_user()
        confirm_address(self.user, ADA)

    def test_a_run_that_asks_for_it_is_reported_and_others_are_not(self):
        end_run(self.user)
        end_run(self.user, notify=False)
        run_id = end_run(self.user, notify=True)
        self.assertEqual(reports(), [run_id])
        message = EmailMessage.objects.get(kind="report")
        self.assertEqual((message.recipient, message.owner, message.user_id), (ADA, self.user.owner, self.user.user_id))

    def test_every_run_is_reported_to_those_who_set_so(self):
        user_settings.update(self.user, Preferences(notify_when_finished=True))
        first, second = end_run(self.user), end_run(self.user, success=False)
        end_run(ALICE)
        self.assertEqual(reports(), [first, second])

    def test_a_failed_run_is_reported_with_what_to_change(self):
        end_run(self.user, success=False, notify=True)
        deliver_due()
        self.assertIn("Learn slower.", str(django_mail.outbox[-1].body))

    def test_a_cancelled_run_is_not_reported(self):
        run_id = create_run(self.user, notify=True)
        runs.request_cancel(run_id)
        wait_for_receivers()
        self.assertEqual(TrainingRun.objects.get(pk=run_id).status, RunStatus.CANCELLED)
        self.assertEqual(reports(), [])

    def test_it_is_sent_once_however_many_processes_hear_of_the_end(self):
        run_id = end_run(self.user, notify=True)
        EmailMessage.objects.filter(kind="report").delete()
        hear = partial(run_finished.send, sender=TrainingRun, run_id=run_id, status=RunStatus.SUCCEEDED)
        at_once([hear] * 8)
        self.assertEqual(reports(), [run_id])
        hear()
        self.assertEqual(reports(), [run_id])

    def test_nobody_without_a_proven_address_gets_one(self):
        user = create_user()
        user_settings.update(user, Preferences(email="eve@example.org", notify_when_finished=True))
        end_run(user, notify=True)
        end_run(ALICE, notify=True)
        self.assertEqual(reports(), [])

    def test_a_guest_gets_it_where_they_have_sent_to_before(self):
        submit(ALICE, recipient=ADA, body_text="Hello")
        run_id = end_run(ALICE, notify=True)
        self.assertEqual(reports(), [run_id])
        self.assertEqual(EmailMessage.objects.get(kind="report").recipient, ADA)

    @override_settings(EMAIL_PER_USER_PER_HOUR=2)
    def test_beyond_the_limit_runs_end_all_the_same(self):
        with self.assertLogs("notifications.reports", "WARNING"):
            for _ in range(3):  # the link that confirmed was the first of the hour
                end_run(self.user, notify=True)
        self.assertEqual(len(reports()), 1)

    def test_a_fault_of_mail_is_none_of_the_runs(self):
        with (
            mock.patch("notifications.submission.mail_queue.add", side_effect=RuntimeError("no outbox")),
            self.assertLogs("django.dispatch", "ERROR"),
        ):
            run_id = end_run(self.user, notify=True)
        self.assertEqual(TrainingRun.objects.get(pk=run_id).status, RunStatus.SUCCEEDED)
        self.assertEqual(reports(), [])

    def test_the_end_is_reported_only_when_it_is_stored(self):
        run_id = create_run(self.user, notify=True)
        claim = runs.claim_next("engine")
        with (
            mock.patch("training.runs.recording.update", side_effect=RuntimeError("not stored")),
            self.assertRaises(RuntimeError),
        ):
            runs.record(claim, [end_of(run_id)])
        wait_for_receivers()
        self.assertEqual(reports(), [])


class NumbersTests(SimpleTestCase):
    def test_asking_for_the_report_is_no_part_of_what_data_depend_on(self):
        from training.work.prepared import only_data

        self.assertEqual(only_data(TrainingSpec(default="IRIS", notify=True)), only_data(TrainingSpec(default="IRIS")))


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
        self.assertEqual(reports(), [asked])
        deliver_due()
        (letter,) = django_mail.outbox
        self.assertEqual(letter.to, [ADA])
        names = {attachment[0] for attachment in letter.attachments}
        self.assertLessEqual({"model.pt", "model.onnx", "loss.png"}, names)
