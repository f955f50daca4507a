"""Delivery: `deliver_due` as threads, tasks and shells call it, and which failures are tried again."""

from __future__ import annotations

import os
import smtplib
import socket
import ssl
import subprocess
import sys
import threading
import time
from unittest.mock import patch

from django.core import mail as django_mail
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import BadHeaderError
from django.db import connection
from django.test import SimpleTestCase, TransactionTestCase, override_settings

from notifications import mail_queue
from notifications.delivery import deliver_due, describe_failure, is_permanent
from notifications.exceptions import PermanentFailure, TemporaryFailure
from notifications.mail_queue import email_queued
from notifications.models import EmailMessage, MailStatus
from tests.notifications.cases import queue_text
from tests.notifications.smtp import Fault, SmtpServer
from tests.server import ROOT
from tests.training.cases import wait_until
from training.exceptions import RunNotFound

PERMANENT = (
    smtplib.SMTPRecipientsRefused({"ada@example.org": (550, b"5.1.1 No such user")}),
    smtplib.SMTPDataError(554, b"5.7.1 Spam"),
    smtplib.SMTPSenderRefused(552, b"5.3.4 Too large", "lab@example.org"),
    PermanentFailure("SES rejects it."),
    BadHeaderError("Header values can't contain newlines"),
    UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"),
    RunNotFound("There is no such run."),
)
PASSING = (
    smtplib.SMTPRecipientsRefused({"ada@example.org": (450, b"4.2.0 Greylisted")}),
    smtplib.SMTPRecipientsRefused({"ada@example.org": (450, b"Later"), "bob@example.org": (550, b"Never")}),
    smtplib.SMTPDataError(451, b"4.3.0 Later"),
    smtplib.SMTPSenderRefused(530, b"5.7.0 Authentication required", "lab@example.org"),
    smtplib.SMTPSenderRefused(550, b"5.7.1 Sender not allowed", "lab@example.org"),
    smtplib.SMTPAuthenticationError(535, b"5.7.8 Wrong password"),
    smtplib.SMTPConnectError(554, b"No service for you today"),
    smtplib.SMTPHeloError(501, b"Who are you?"),
    smtplib.SMTPNotSupportedError("STARTTLS extension not supported by server."),
    smtplib.SMTPServerDisconnected("Connection unexpectedly closed"),
    ConnectionRefusedError(111, "Connection refused"),
    socket.gaierror(-2, "Name or service not known"),
    ssl.SSLError("certificate has expired"),
    TimeoutError("timed out"),
    OSError(28, "No space left on device"),
    TemporaryFailure("The gateway was not reached."),
    ImproperlyConfigured("EMAIL_GATEWAY_URL is missing."),
    RuntimeError(),
)


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
        mail_queue.resend(EmailMessage.objects.values_list("pk", flat=True), lambda _: True)
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
            patch.object(mail_queue, "LEASE_SECONDS", 0.4),
            self.assertLogs("notifications.delivery", "WARNING"),
        ):
            task = threading.Thread(target=lambda: (deliver_due(at_most=1), connection.close()))
            task.start()
            wait_until(lambda: server.happened[Fault.HANG], "the server to hang")
            first = EmailMessage.objects.get(pk=message.pk).lease_until
            wait_until(lambda: EmailMessage.objects.get(pk=message.pk).lease_until > first, "the lease to be renewed")
            time_of_lapse = time.monotonic() + 0.5
            wait_until(
                lambda: mail_queue.claim_next("thief") is not None or time.monotonic() > time_of_lapse, "the lapse"
            )
            self.assertEqual(EmailMessage.objects.get(pk=message.pk).attempts, 1, "it was taken away")
            server.stop()  # which ends the wait of the one that hangs
            task.join(30)
        message.refresh_from_db()
        self.assertEqual((message.status, message.attempts), (MailStatus.QUEUED, 1))


class FailureTests(SimpleTestCase):
    def test_what_is_the_messages_own_fault_is_not_tried_again(self):
        for error in PERMANENT:
            self.assertTrue(is_permanent(error), repr(error))

    def test_what_passes_or_can_be_mended_is_tried_again(self):
        for error in PASSING:
            self.assertFalse(is_permanent(error), repr(error))

    def test_each_is_described_in_words_for_the_outbox(self):
        for error in PERMANENT + PASSING:
            self.assertTrue(describe_failure(error).strip(), repr(error))
        self.assertEqual(describe_failure(PERMANENT[0]), "550 5.1.1 No such user")
        self.assertEqual(describe_failure(RuntimeError()), "RuntimeError")


class CeleryTests(SimpleTestCase):
    def test_the_task_keeps_its_name_and_goes_to_the_queue_of_mail(self):
        """Brokers hold messages with this name, and workers take this queue."""
        script = (
            "import django; django.setup(); from celery import current_app as app; "
            "from notifications.delivery import TASK, WorkerNotifier, get_delivery; "
            "app.loader.import_default_modules(); assert isinstance(get_delivery(), WorkerNotifier); "
            "print(TASK, TASK in app.tasks, app.amqp.router.route({}, TASK)['queue'].name)"
        )
        celery = {"DJANGO_SETTINGS_MODULE": "playground.settings", "TRAINING_ENGINE": "celery"}
        environment = {**os.environ, **celery, "REDIS_URL": "redis://127.0.0.1:1/0"}
        done = subprocess.run(
            [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120
        )
        self.assertEqual(done.stdout.split(), ["notifications.deliver", "True", "mail"], done.stderr)
