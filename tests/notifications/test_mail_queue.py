"""The queue of mail: checks before a message is stored, claims, attempts, and the signals of its end."""

from __future__ import annotations

import threading
from datetime import timedelta
from unittest import mock
from unittest.mock import patch

from django.core import mail as django_mail
from django.db import connection, transaction
from django.test import TransactionTestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from notifications import mail_queue, submission
from notifications.delivery import deliver_due
from notifications.exceptions import MailLimitReached
from notifications.mail_queue import email_delivered, email_failed
from notifications.messages import SendEmail
from notifications.models import CountedMail, EmailMessage, MailStatus
from notifications.policy import hash_mailbox
from tests.notifications.cases import delivering, queue_text, wait_until_delivered
from tests.notifications.people import create_user


class OutboxTests(TransactionTestCase):
    def claim(self) -> mail_queue.Claim:
        claim = mail_queue.claim_next("one")
        assert claim is not None
        return claim

    def listen(self, signal) -> list:
        heard: list = []

        def hear(message, **_: object) -> None:
            heard.append((message.pk, message.status))

        signal.connect(hear)
        self.addCleanup(signal.disconnect, hear)
        return heard

    def test_whoever_was_overtaken_is_asked_again_before_anything_is_stored(self):
        asked: list[int] = []

        def check(message: EmailMessage) -> None:
            asked.append(EmailMessage.objects.count())
            if len(asked) <= 2:  # somebody else is faster
                queue_text(len(asked))

        message = queue_text(0, check=check)
        self.assertEqual(asked, [0, 1, 2])
        self.assertEqual(list(CountedMail.objects.order_by("pk").values_list("number", flat=True)), [1, 2, 3])
        self.assertEqual(CountedMail.objects.get(number=3).mailbox, hash_mailbox(message.recipient))

    def test_whoever_is_overtaken_without_end_is_sent_away(self):
        with mock.patch("notifications.policy.MAX_PAUSE", 0), self.assertRaises(MailLimitReached):
            queue_text(0, check=lambda message: queue_text(1) and None)

    def test_what_a_check_refuses_is_not_stored(self):
        def refuse(message: EmailMessage) -> None:
            raise MailLimitReached("No.")

        with self.assertRaises(MailLimitReached):
            queue_text(check=refuse)
        self.assertFalse(EmailMessage.objects.exists())

    def test_the_database_is_locked_for_no_longer_than_it_takes_to_store(self):
        user = create_user(confirmed="ada@example.org")
        message = SendEmail(email_address="ada@example.org", body_text="Hello")
        with CaptureQueriesContext(connection) as captured:
            submission.send(user, message)
        statements = [query["sql"] for query in captured]
        began = "BEGIN IMMEDIATE" if connection.vendor == "sqlite" else "BEGIN"
        begin, end = statements.index(began), statements.index("COMMIT")
        # Is the account closed? On PostgreSQL that is asked under a lock, which others share.
        asked = ["SELECT"] if connection.vendor == "sqlite" else ["SELECT", "SELECT"]
        self.assertEqual([sql.split()[0] for sql in statements[begin + 1 : end]], [*asked, "INSERT", "INSERT"])
        self.assertEqual(statements.count(began), 1)
        self.assertGreater(sum(sql.startswith("SELECT COUNT") for sql in statements[:begin]), 1)

    def test_a_second_deliverer_cannot_claim_a_message(self):
        message = queue_text()
        self.assertEqual(self.claim().message_id, message.pk)
        self.assertIsNone(mail_queue.claim_next("two"))

    def test_of_many_who_claim_at_once_each_message_has_one(self):
        messages = {queue_text(number).pk for number in range(20)}
        claimed: list = []

        def take() -> None:
            while (claim := mail_queue.claim_next(threading.current_thread().name)) is not None:
                claimed.append(claim.message_id)
            connection.close()

        threads = [threading.Thread(target=take) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)
        self.assertEqual(len(claimed), len(messages))
        self.assertEqual(set(claimed), messages)

    @patch.object(mail_queue, "LEASE_SECONDS", -1)
    def test_a_lapsed_claim_goes_to_another_and_the_first_can_record_nothing(self):
        message = queue_text()
        late, taken = self.claim(), self.claim()
        self.assertNotEqual(late, taken)
        self.assertIsNone(mail_queue.get_message(late))
        mail_queue.record_failure(late, "too late")
        mail_queue.retry_later(late, 1, "too late")
        mail_queue.renew([late])
        message.refresh_from_db()
        self.assertEqual((message.status, message.last_error), (MailStatus.SENDING, ""))
        mail_queue.record_sent(taken)
        message.refresh_from_db()
        self.assertEqual((message.status, message.attempts), (MailStatus.SENT, 2))

    def test_a_renewed_claim_does_not_lapse(self):
        queue_text()
        with patch.object(mail_queue, "LEASE_SECONDS", -1):
            claim = self.claim()
        mail_queue.renew([claim])
        self.assertIsNone(mail_queue.claim_next("two"))

    @patch.object(mail_queue, "RETRY_SECONDS", 5)
    def test_waits_double_up_to_an_hour_and_differ(self):
        for attempts, longest in ((1, 5), (2, 10), (5, 80), (30, 3_600), (1_000, 3_600)):
            waits = [mail_queue.compute_wait(attempts) for _ in range(200)]
            self.assertTrue(all(longest / 2 <= wait <= longest for wait in waits))
            self.assertGreater(max(waits) - min(waits), longest / 4)

    def test_a_message_is_not_tried_again_before_its_time(self):
        message = queue_text()
        mail_queue.retry_later(self.claim(), 1, "busy")
        self.assertIsNone(mail_queue.claim_next("two"))
        EmailMessage.objects.filter(pk=message.pk).update(next_attempt=timezone.now() - timedelta(seconds=1))
        self.assertEqual(self.claim().message_id, message.pk)

    def test_a_message_that_was_lost_with_its_deliverer_at_every_attempt_fails(self):
        message = queue_text()
        heard = self.listen(email_failed)
        EmailMessage.objects.filter(pk=message.pk).update(attempts=30)
        deliver_due()
        self.assertEqual(heard, [(message.pk, MailStatus.FAILED)])
        self.assertEqual(django_mail.outbox, [])

    def test_what_was_queued_in_a_transaction_that_failed_is_never_sent(self):
        class Undone(Exception):
            pass

        with delivering(EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend"):
            with self.assertRaises(Undone), transaction.atomic():
                queue_text(1)
                raise Undone
            queue_text(2)
            wait_until_delivered()
        self.assertEqual([sent.subject for sent in django_mail.outbox], ["No. 2"])

    def test_delivery_is_told_once_and_a_listener_that_fails_does_no_harm(self):
        def break_down(**_: object) -> None:
            raise RuntimeError

        email_delivered.connect(break_down)
        self.addCleanup(email_delivered.disconnect, break_down)
        heard = self.listen(email_delivered)
        message = queue_text()
        with self.assertLogs("django.dispatch", "ERROR"):
            deliver_due()
        deliver_due()
        self.assertEqual(heard, [(message.pk, MailStatus.SENT)])
        self.assertEqual(len(django_mail.outbox), 1)

    def test_what_waits_is_cancelled_and_what_is_on_its_way_is_not(self):
        queue_text(1)
        on_its_way = self.claim().message_id
        waiting = queue_text(2).pk
        self.assertEqual(mail_queue.cancel([on_its_way, waiting]), 1)
        self.assertEqual(EmailMessage.objects.get(pk=waiting).status, MailStatus.CANCELLED)
        self.assertEqual(deliver_due(), 0)

    def test_what_is_over_is_sent_again_under_the_same_message_id(self):
        message = queue_text()
        deliver_due()
        self.assertEqual(mail_queue.resend([message.pk], lambda _: True), (1, []))
        self.assertEqual(mail_queue.resend([message.pk], lambda _: True), (0, []), "it waits already")
        deliver_due()
        ids = [sent.message()["Message-ID"] for sent in django_mail.outbox]
        self.assertEqual(ids, [message.message_id] * 2)
