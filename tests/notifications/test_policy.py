"""Who may send to whom, and how often: users, guests, strangers' addresses, and owners with many sockets at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from unittest.mock import patch

from django.core import mail as django_mail
from django.core.checks import run_checks
from django.core.mail import EmailMultiAlternatives
from django.test import SimpleTestCase, TransactionTestCase, override_settings
from django.utils import timezone

from notifications import submission
from notifications.delivery import deliver_due
from notifications.exceptions import GuestsMayNotSend, MailLimitReached, RecipientNotAllowed, RunNeeded
from notifications.messages import SendEmail
from notifications.models import CountedMail, EmailMessage
from playground.accounts import user_settings
from playground.accounts.preferences import Preferences
from playground.wire.identity import Identity
from tests.notifications.people import confirm_address, create_user, end_run
from tests.together import at_once
from tests.training.cases import ALICE, BOB
from training.models import RunEvent, TrainingRun

ADA, OTHER = "ada@example.org", "bob@example.org"


def send(identity: Identity, recipient: str = ADA, **fields) -> EmailMessage:
    given = {"body_text": "Hello"} if "run_id" not in fields else {}
    result = submission.send(identity, SendEmail(email_address=recipient, attachment_array=(), **given | fields))
    return EmailMessage.objects.get(pk=result.email_id)


def read_all(letter: EmailMultiAlternatives) -> str:
    """Subject, text and HTML."""
    return f"{letter.subject}\n{letter.body}\n{letter.html}"


def grow_older(**age: int) -> None:
    for model in (EmailMessage, CountedMail):
        model.objects.update(created=timezone.now() - timedelta(**age))


def send_at_once(pairs: list[tuple[Identity, str]]) -> list[str]:
    """Send all messages at the same moment. Return the outcome of each sender and recipient, sorted."""

    def press(identity: Identity, recipient: str) -> str:
        try:
            send(identity, recipient)
        except MailLimitReached:
            return "refused"
        return "sent"

    return sorted(at_once([partial(press, *pair) for pair in pairs]))


class UserTests(TransactionTestCase):
    def test_a_user_without_an_address_sends_to_nobody(self):
        user = create_user()
        with self.assertRaises(RecipientNotAllowed):
            send(user)
        self.assertFalse(EmailMessage.objects.exists())

    def test_an_address_that_is_not_confirmed_does_not_count(self):
        user = create_user()
        user_settings.update(user, Preferences(email=ADA))
        with self.assertRaises(RecipientNotAllowed):
            send(user)
        self.assertEqual(EmailMessage.objects.get().kind, "confirmation")

    def test_a_user_sends_to_the_confirmed_address_in_any_case(self):
        user = create_user()
        confirm_address(user, ADA)
        self.assertEqual(send(user, "Ada@Example.org").subject, "")
        self.assertEqual(send(user, subject="Mine").subject, "Mine")
        with self.assertRaises(RecipientNotAllowed):
            send(user, OTHER)

    def test_the_address_given_at_sign_up_does_not_count(self):
        with self.assertRaises(RecipientNotAllowed):
            send(create_user(email=ADA))

    def test_a_confirmed_address_counts_until_another_is_confirmed(self):
        user = create_user(confirmed=ADA)
        send(user)
        confirm_address(user, OTHER)
        send(user, OTHER)
        with self.assertRaises(RecipientNotAllowed):
            send(user, ADA)

    @override_settings(EMAIL_PER_USER_PER_HOUR=3)
    def test_a_user_sends_so_many_an_hour_and_more_in_the_next(self):
        user, other = create_user(confirmed=ADA), create_user(confirmed=OTHER)
        for _ in range(3):
            send(user)
        with self.assertRaises(MailLimitReached):
            send(user)
        send(other, OTHER)  # each has an hour of their own
        grow_older(minutes=61)
        send(user)

    @override_settings(EMAIL_TO_ANYONE=True, EMAIL_GUEST_WORDS=True)
    @patch("notifications.policy.PER_STRANGER_PER_DAY", 2)
    def test_an_address_that_asked_for_nothing_gets_little_however_many_send(self):
        for _ in range(2):
            send(create_user(), OTHER)
        with self.assertRaises(MailLimitReached):
            send(create_user(), "BOB@example.org")
        send(create_user(), "eve@example.org")
        send(create_user(confirmed=OTHER), OTHER)  # it is their own

    def test_an_account_asks_for_five_confirmations_a_day(self):
        user = create_user()
        for number in range(5):
            user_settings.update(user, Preferences(email=f"{number}@example.org"))
        with self.assertRaisesMessage(MailLimitReached, "not confirmed, you have sent 5"):
            user_settings.update(user, Preferences(email="5@example.org"))
        user_settings.update(create_user(), Preferences(email="5@example.org"))  # others go on
        grow_older(hours=25)
        user_settings.update(user, Preferences(email="5@example.org"))

    @override_settings(EMAIL_TO_ANYONE=True, EMAIL_GUEST_WORDS=True)
    @patch("notifications.policy.TO_STRANGERS_PER_USER_PER_DAY", 2)
    def test_messages_to_strangers_count_and_those_to_the_own_address_do_not(self):
        user = create_user(confirmed=ADA)
        for number in range(2):
            send(user, f"{number}@example.org")
        with self.assertRaises(MailLimitReached):
            send(user, OTHER)
        for _ in range(3):
            send(user)

    @override_settings(EMAIL_TO_STRANGERS_PER_HOUR=10)
    def test_accounts_at_one_address_share_a_fifth_of_the_mails_to_strangers(self):
        here = [replace(create_user(), address="a" * 32) for _ in range(3)]
        for number, user in enumerate(here[:2]):
            user_settings.update(user, Preferences(email=f"{number}@example.org"))
        with self.assertRaisesMessage(MailLimitReached, "your network has sent 2"):
            user_settings.update(here[2], Preferences(email=ADA))
        user_settings.update(replace(create_user(), address="b" * 32), Preferences(email=ADA))

    @override_settings(EMAIL_PER_HOUR=2)
    def test_the_server_sends_so_many_an_hour_in_all(self):
        for _ in range(2):
            send(create_user(confirmed=ADA))
        with self.assertRaises(MailLimitReached):
            send(create_user(confirmed=ADA))

    @override_settings(EMAIL_PER_USER_PER_HOUR=3)
    def test_twelve_sockets_at_once_get_no_further_than_one(self):
        user = create_user(confirmed=ADA)
        self.assertEqual(send_at_once([(user, ADA)] * 12), ["refused"] * 9 + ["sent"] * 3)
        self.assertEqual(EmailMessage.objects.count(), 3)

    @override_settings(EMAIL_TO_ANYONE=True, EMAIL_GUEST_WORDS=True)
    @patch("notifications.policy.PER_STRANGER_PER_DAY", 3)
    def test_twelve_senders_at_once_send_no_more_to_an_address_than_one(self):
        senders = [(create_user(), OTHER) for _ in range(12)]
        self.assertEqual(send_at_once(senders), ["refused"] * 9 + ["sent"] * 3)

    @override_settings(EMAIL_PER_HOUR=3)
    def test_twelve_senders_at_once_send_no_more_than_the_server_may(self):
        senders = [(create_user(confirmed=ADA), ADA) for _ in range(12)]
        self.assertEqual(send_at_once(senders), ["refused"] * 9 + ["sent"] * 3)


class GuestTests(TransactionTestCase):
    def setUp(self) -> None:
        self.run_id = end_run(ALICE)

    def test_a_guest_sends_what_came_of_a_run_to_one_address(self):
        send(ALICE, run_id=self.run_id)
        send(ALICE, "ADA@example.org", run_id=self.run_id)
        with self.assertRaises(RecipientNotAllowed):
            send(ALICE, OTHER, run_id=self.run_id)
        send(BOB, OTHER, run_id=end_run(BOB))  # another session, another address

    def test_a_guest_sends_nothing_that_is_about_no_run(self):
        with self.assertRaises(RunNeeded):
            send(ALICE)

    def test_a_guests_words_are_theirs_where_a_setting_says_so_or_the_address_is_proven(self):
        words = {"run_id": self.run_id, "subject": "Pills", "body_text": "Buy"}
        self.assertEqual(send(ALICE, **words).subject, "")
        with override_settings(EMAIL_GUEST_WORDS=True):
            self.assertEqual(send(ALICE, **words).subject, "Pills")
        confirm_address(ALICE, ADA)
        self.assertEqual(send(ALICE, **words).subject, "Pills")
        self.assertEqual(send(ALICE).body_text, "Hello")

    def test_a_guest_slips_no_words_into_the_names_of_a_run_its_table_and_columns(self):
        run_id = end_run(ALICE, custom_model_name="Cheap pills")
        TrainingRun.objects.filter(pk=run_id).update(spec={"csvData": []}, data="pills.csv")
        RunEvent.objects.filter(run_id=run_id).update(
            data={**RunEvent.objects.get(run_id=run_id).data, "message": "Buy pills"}
        )
        with patch("notifications.letter.MAX_FILES_WAIT", 0):
            send(ALICE, run_id=run_id)
            deliver_due()
            neutral = read_all(django_mail.outbox[-1])
            confirm_address(ALICE, ADA)
            send(ALICE, run_id=run_id)
            deliver_due()
        self.assertNotIn("pills", neutral)
        self.assertNotIn("species", neutral)
        self.assertIn("96.0%", neutral)
        for words in ("Cheap pills", "pills.csv", "Buy pills", "species"):
            self.assertIn(words, read_all(django_mail.outbox[-1]))

    @override_settings(EMAIL_FROM_GUESTS=False)
    def test_guests_may_be_turned_off_for_mails_and_confirmations(self):
        with self.assertRaises(GuestsMayNotSend):
            send(ALICE, run_id=self.run_id)
        with self.assertRaises(GuestsMayNotSend):
            user_settings.update(ALICE, Preferences(email=ADA))

    @patch("notifications.policy.PER_GUEST_PER_DAY", 2)
    def test_a_guest_sends_so_many_a_day(self):
        for _ in range(2):
            send(ALICE, run_id=self.run_id)
        with self.assertRaises(MailLimitReached):
            send(ALICE, run_id=self.run_id)
        grow_older(hours=25)
        send(ALICE, run_id=self.run_id)

    @override_settings(EMAIL_FROM_GUESTS_PER_HOUR=2)
    def test_new_sessions_bring_no_more_than_all_guests_together_have(self):
        for number in range(2):
            guest = Identity(f"guest:{number}")
            send(guest, f"{number}@example.org", run_id=end_run(guest))
        with self.assertRaises(MailLimitReached):
            send(ALICE, run_id=self.run_id)
        user = create_user(confirmed=ADA)
        send(user)  # who has an account is not held up by those who have none

    def test_links_that_confirm_are_counted_like_mails(self):
        with patch("notifications.policy.PER_GUEST_PER_DAY", 2):
            for address in (ADA, OTHER):
                user_settings.update(ALICE, Preferences(email=address))
            with self.assertRaises(MailLimitReached):
                user_settings.update(ALICE, Preferences(email="eve@example.org", display_name="Eve"))
        self.assertEqual(user_settings.get(ALICE).display_name, "")
        self.assertEqual(user_settings.get(ALICE).pending_email, OTHER)

    def test_one_address_is_not_flooded_with_links_from_many_sessions(self):
        with patch("notifications.policy.PER_STRANGER_PER_DAY", 3):
            for number in range(3):
                user_settings.update(Identity(f"guest:{number}"), Preferences(email=ADA))
            with self.assertRaises(MailLimitReached):
                user_settings.update(BOB, Preferences(email=ADA))


class CheckTests(SimpleTestCase):
    def find_warnings(self) -> list[str | None]:
        return [message.id for message in run_checks() if str(message.id).startswith("notifications.")]

    def test_the_defaults_make_no_relay_and_what_makes_one_is_warned_of(self):
        self.assertEqual(self.find_warnings(), [])
        with override_settings(EMAIL_GUEST_WORDS=True):
            self.assertEqual(self.find_warnings(), ["notifications.W001"])
            with override_settings(EMAIL_FROM_GUESTS=False):
                self.assertEqual(self.find_warnings(), [])
                with override_settings(EMAIL_TO_ANYONE=True):
                    self.assertEqual(self.find_warnings(), ["notifications.W001"])
