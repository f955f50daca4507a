"""`deliver_due` as anybody may call it: a thread of the server, a task of another engine, a shell."""

from __future__ import annotations

import threading
import time
from unittest.mock import patch

from django.core import mail as django_mail
from django.db import connection
from django.test import TransactionTestCase, override_settings

from notifications import outbox
from notifications.delivery import deliver_due
from notifications.models import EmailMessage, MailStatus
from notifications.signals import email_queued
from tests.notifications.cases import queue_text
from tests.notifications.smtp import Fault, SmtpServer
from tests.training.cases import wait_until


class DeliverDueTests(TransactionTestCase):
    def test_it_delivers_all_that_is_due_or_as_many_as_are_asked_for(self):
        for number in range(5):
            queue_text(number)
        self.assertEqual(deliver_due(at_most=2), 2)
        self.assertEqual(len(django_mail.outbox), 2)
        self.assertEqual(deliver_due(), 3)
        self.assertEqual(deliver_due(), 0)
        self.assertEqual(len(django_mail.outbox), 5)

    def test_a_task_that_is_started_for_each_message_needs_nothing_else(self):
        """As an engine with tasks does it: the signal starts one, `deliver_due` is what it does."""
        tasks: list[threading.Thread] = []

        def work() -> None:
            deliver_due()
            connection.close()

        def start_task(**_: object) -> None:
            tasks.append(threading.Thread(target=work))
            tasks[-1].start()

        email_queued.connect(start_task)
        self.addCleanup(email_queued.disconnect, start_task)
        for number in range(4):
            queue_text(number)
        for task in tasks:
            task.join(30)
        self.assertEqual(len(tasks), 4)
        self.assertEqual(sorted(sent.subject for sent in django_mail.outbox), [f"No. {number}" for number in range(4)])
        outbox.resend(EmailMessage.objects.values_list("pk", flat=True), lambda _: True)
        self.assertEqual(len(tasks), 8)
        for task in tasks:
            task.join(30)
        self.assertEqual(len(django_mail.outbox), 8)

    def test_a_message_is_stored_although_whoever_delivers_cannot_be_told(self):
        def fail(**_: object) -> None:
            raise ConnectionError("the broker is away")

        email_queued.connect(fail)
        self.addCleanup(email_queued.disconnect, fail)
        with self.assertLogs("django.dispatch", "ERROR"):
            queue_text()
        self.assertEqual(deliver_due(), 1)

    def test_what_is_on_its_way_for_long_keeps_its_lease_whoever_sends_it(self):
        message = queue_text()
        with (
            SmtpServer([Fault.HANG]) as server,
            override_settings(**server.settings, EMAIL_TIMEOUT=20),
            patch.object(outbox, "LEASE_SECONDS", 0.4),
            self.assertLogs("notifications.delivery", "WARNING"),
        ):
            task = threading.Thread(target=lambda: (deliver_due(at_most=1), connection.close()))
            task.start()
            wait_until(lambda: server.happened[Fault.HANG], "the server to hang")
            first = EmailMessage.objects.get(pk=message.pk).lease_until
            wait_until(lambda: EmailMessage.objects.get(pk=message.pk).lease_until > first, "the lease to be renewed")
            time_of_lapse = time.monotonic() + 0.5
            wait_until(lambda: outbox.claim_next("thief") is not None or time.monotonic() > time_of_lapse, "the lapse")
            self.assertEqual(EmailMessage.objects.get(pk=message.pk).attempts, 1, "it was taken away")
            server.stop()  # which ends the wait of the one that hangs
            task.join(30)
        message.refresh_from_db()
        self.assertEqual((message.status, message.attempts), (MailStatus.QUEUED, 1))
