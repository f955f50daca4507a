"""Hostile addresses, subjects and names: each is refused in words, and what passes arrives as it was written."""

from __future__ import annotations

import email
import email.policy
import unicodedata
from unittest.mock import patch

from django.core import mail as django_mail
from django.test import SimpleTestCase, TransactionTestCase, override_settings

from notifications import submission
from notifications.delivery import deliver_due
from notifications.messages import SendEmail
from notifications.models import Attachment, EmailMessage
from playground.wire.errors import PlaygroundError
from tests.notifications.hostile import ADDRESSES, DIRECTIONS, FINE_ADDRESSES, FINE_SUBJECTS, NAMES, SUBJECTS
from tests.notifications.people import create_user, end_run
from tests.notifications.test_socket import APPLICATION, PATH
from tests.sockets import open_socket

ADDRESS_CODES = {"address_refused", "header_injection"}
SUBJECT_CODES = {"text_refused", "header_injection"}
NAME_CODES = {"attachment_refused", "attachment_not_found"}


class ListTests(SimpleTestCase):
    def test_there_are_two_hundred_and_each_is_another(self):
        for hostile in (ADDRESSES, SUBJECTS, NAMES):
            self.assertEqual(len(set(hostile)), len(hostile))
        self.assertGreaterEqual(len(ADDRESSES) + len(SUBJECTS) + len(NAMES), 200)


# Neither the policy nor the limits may be what refuses: the texts themselves are.
@override_settings(EMAIL_TO_ANYONE=True, EMAIL_GUEST_WORDS=True, EMAIL_PER_USER_PER_HOUR=10_000, EMAIL_PER_HOUR=10_000)
@override_settings(EMAIL_TO_STRANGERS_PER_HOUR=10_000)
@patch("notifications.letter.MAX_FILES_WAIT", 0)
@patch.multiple("notifications.policy", PER_STRANGER_PER_DAY=10_000, TO_STRANGERS_PER_USER_PER_DAY=10_000)
class HostileTests(TransactionTestCase):
    def setUp(self) -> None:
        self.user = create_user()

    def refuse(self, codes: set[str], where: str, **fields) -> str:
        """The error's sentence."""
        given = {"email_address": "ada@example.org", "body_text": "Hello", "attachment_array": ()} | fields
        try:
            submission.send(self.user, SendEmail.model_construct(**{"subject": "", "run_id": None} | given))
        except PlaygroundError as error:
            self.assertIn(error.data.code, codes, fields)
            self.assertEqual(error.data.where, where, fields)
            self.assertTrue(error.data.hint, fields)
            categories = {unicodedata.category(letter) for letter in error.message}
            self.assertTrue(categories.isdisjoint({"Cc", "Cs", "Zl", "Zp"}), ascii(error.message))
            self.assertTrue(set(DIRECTIONS).isdisjoint(error.message), ascii(error.message))
            self.assertLess(len(error.message), 250)
            return error.message
        self.fail(f"sent: {ascii(fields)[:300]}")

    def test_hostile_addresses_are_refused(self):
        for address in ADDRESSES:
            with self.subTest(address=ascii(address)[:80]):
                self.refuse(ADDRESS_CODES, "email_address", email_address=address)
        self.assertFalse(EmailMessage.objects.exists())

    def test_hostile_subjects_are_refused(self):
        for subject in SUBJECTS:
            with self.subTest(subject=ascii(subject)[:80]):
                self.refuse(SUBJECT_CODES, "subject", subject=subject)
        self.assertFalse(EmailMessage.objects.exists())

    def test_hostile_names_of_files_are_refused_by_name(self):
        run_id = end_run(self.user)
        for name in NAMES:
            with self.subTest(name=ascii(name)[:80]):
                message = self.refuse(
                    NAME_CODES, "attachment_array[1]", attachment_array=("model.pt", name), run_id=run_id
                )
                if name.isascii() and name.isprintable() and name.strip():
                    self.assertIn(name.strip()[:40], message)
        self.assertFalse(Attachment.objects.exists())

    def test_files_without_a_run_are_refused(self):
        self.refuse({"attachment_refused"}, "run_id", attachment_array=("model.pt",))

    def test_strange_subjects_arrive_as_they_were_written_and_add_no_header(self):
        for subject in FINE_SUBJECTS:
            with self.subTest(subject=subject):
                submission.send(
                    self.user, SendEmail(email_address="ada@example.org", subject=subject, body_text=f"{subject}\n.\n")
                )
                deliver_due()
                sent = email.message_from_bytes(
                    django_mail.outbox[-1].message().as_bytes(), policy=email.policy.default
                )
                self.assertEqual(sent["Subject"].strip(), subject.strip())  # folding may leave a blank before it
                self.assertEqual(sent.get_all("To"), ["ada@example.org"])
                self.assertEqual((sent["Bcc"], sent["Cc"], sent.defects), (None, None, []))
                self.assertIn(subject.strip(), sent.get_body(("plain",)).get_content())

    def test_strange_addresses_that_are_right_are_written_to(self):
        for address in FINE_ADDRESSES:
            with self.subTest(address=address):
                submission.send(self.user, SendEmail(email_address=address, body_text="Hello"))
                deliver_due()
                (recipient,) = django_mail.outbox[-1].recipients()
                self.assertTrue(recipient.isascii())
                self.assertEqual(recipient.partition("@")[0], address.partition("@")[0])


# Halves of a character: JSON can carry them, UTF-8 cannot.
HALVES = tuple(address for address in ADDRESSES if "\ud800" in address)


class HostileFrameTests(TransactionTestCase):
    async def test_the_socket_answers_each_and_stays_open(self):
        async with open_socket(APPLICATION, PATH) as socket:
            asked = [{"email_address": address} for address in ADDRESSES[::8] + HALVES]
            names = (*NAMES[::8], "\ud800")
            asked += [{"email_address": "ada@example.org", "attachment_array": [name]} for name in names]
            for fields in asked:
                answer = await socket.ask("sendEmail", **fields)
                self.assertEqual(answer["event"], "error", fields)
                self.assertNotEqual(answer["data"]["code"], "internal_error", fields)
            self.assertEqual((await socket.ask("getUserSettings"))["event"], "userSettings")
