"""Mail over SMTP, to a server that refuses, hangs, drops the line, goes away and comes back."""

from __future__ import annotations

from django.test import TransactionTestCase

from notifications.models import EmailMessage, MailStatus
from tests.notifications.cases import delivering, queue_text, wait_until_delivered
from tests.notifications.smtp import Fault, SmtpServer
from tests.training.cases import wait_until


class SmtpTests(TransactionTestCase):
    def test_a_message_arrives_under_its_message_id(self):
        with SmtpServer() as server, delivering(**server.settings):
            message = queue_text()
            wait_until_delivered()
        (received,) = server.received
        self.assertEqual(received["Message-ID"], message.message_id)
        self.assertEqual(received["Subject"], "No. 0")
        self.assertEqual(server.recipients, ["ada0@example.org"])
        message.refresh_from_db()
        self.assertEqual((message.status, message.attempts, message.last_error), (MailStatus.SENT, 1, ""))
        self.assertIsNotNone(message.sent)

    def test_temporary_faults_are_tried_again_and_nothing_arrives_twice(self):
        for fault in (Fault.LATER, Fault.HANG, Fault.DROP):
            with self.subTest(fault=fault), SmtpServer([fault, fault]) as server, delivering(**server.settings):
                message = queue_text()
                wait_until_delivered()
                message.refresh_from_db()
                self.assertEqual((message.status, message.attempts), (MailStatus.SENT, 3))
                self.assertEqual(server.message_ids, {message.message_id: 1})
                self.assertEqual(server.happened[fault], 2)

    def test_a_line_dropped_after_the_message_was_kept_is_the_case_that_sends_twice_under_one_message_id(self):
        with SmtpServer([Fault.DROP_KEPT]) as server, delivering(**server.settings):
            message = queue_text()
            wait_until_delivered()
        self.assertEqual(server.message_ids, {message.message_id: 2})

    def test_a_permanent_refusal_fails_at_once_with_the_servers_words(self):
        with SmtpServer([Fault.NEVER]) as server, delivering(**server.settings):
            message = queue_text()
            wait_until_delivered()
        message.refresh_from_db()
        self.assertEqual((message.status, message.attempts), (MailStatus.FAILED, 1))
        self.assertIn("We do not want this", message.last_error)
        self.assertEqual(server.received, [])

    def test_a_server_that_is_away_gets_its_mail_when_it_is_back(self):
        server = SmtpServer()
        with delivering({"RETRY_SECONDS": 0.001}, **server.settings):
            message = queue_text()
            wait_until(
                lambda: EmailMessage.objects.filter(attempts__gte=2, last_error__contains="refused").exists(),
                "two attempts to be refused",
            )
            with server:
                wait_until_delivered()
        self.assertEqual(server.message_ids, {message.message_id: 1})

    def test_a_message_that_is_refused_too_often_fails_and_says_so(self):
        with SmtpServer([Fault.LATER] * 3) as server, delivering({"MAX_ATTEMPTS": 3}, **server.settings):
            message = queue_text()
            wait_until_delivered()
        message.refresh_from_db()
        self.assertEqual((message.status, message.attempts), (MailStatus.FAILED, 3))
        self.assertIn("3 attempts", message.last_error)
        self.assertIn("Try again later", message.last_error)

    def test_a_server_that_hangs_does_not_hold_up_what_it_would_take(self):
        with SmtpServer([Fault.HANG]) as server, delivering(**server.settings, EMAIL_TIMEOUT=30):
            first = queue_text()
            wait_until(lambda: server.happened[Fault.HANG], "the server to hang")
            others = [queue_text(number) for number in range(1, 20)]
            wait_until(lambda: len(server.received) == len(others), "the others to arrive")
            first.refresh_from_db()
            self.assertEqual(first.status, MailStatus.SENDING)
            server.stop()  # which ends the wait of the one that hangs

    def test_every_message_arrives_through_a_mixture_of_faults_and_none_twice(self):
        faults = [Fault.LATER, Fault.NONE, Fault.DROP, Fault.HANG, Fault.NONE] * 12
        with SmtpServer(faults) as server, delivering(**server.settings):
            messages = [queue_text(number) for number in range(60)]
            wait_until_delivered(60)
        self.assertEqual(server.message_ids, dict.fromkeys((message.message_id for message in messages), 1))
        for fault in (Fault.LATER, Fault.DROP, Fault.HANG):
            self.assertEqual(server.happened[fault], 12)
