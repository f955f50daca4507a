"""The link that ends the reports of every run: in which mails it stands, and what opening and pressing it do."""

from __future__ import annotations

import email
import email.policy
import re
from email.message import EmailMessage as Mime
from unittest.mock import patch

from django.core import mail as django_mail
from django.core import signing
from django.test import Client, TransactionTestCase, override_settings

from notifications.delivery import deliver_due
from notifications.submission import submit
from playground.accounts import user_settings
from playground.accounts.links import build_stop_reports_link
from playground.accounts.preferences import Preferences
from tests.notifications.people import confirm_address, create_user, end_run
from tests.training.cases import ALICE

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
ADA = "ada@example.org"


def deliver() -> Mime:
    deliver_due()
    content = django_mail.outbox[-1].message().as_bytes()
    return email.message_from_bytes(content, policy=email.policy.default)  # type: ignore[return-value]


def read_link(letter: Mime) -> str:
    """The path of the link in its header, which may be folded."""
    found = re.fullmatch(r"<https?://[^/]+(/\S+)>", letter["List-Unsubscribe"].strip())
    assert found, letter["List-Unsubscribe"]
    return found.group(1)


def new_mailbox() -> Client:
    """A mail program's, or its provider's: no cookies, no CSRF token."""
    return Client(headers={"host": "localhost"}, enforce_csrf_checks=True)


@override_settings(PUBLIC_URL="https://lab.example.org")
@patch("notifications.letter.MAX_FILES_WAIT", 0)
class UnsubscribeTests(TransactionTestCase):
    def setUp(self) -> None:
        self.user = create_user(confirmed=ADA)
        user_settings.update(self.user, Preferences(notify_when_finished=True))

    def wants_reports(self) -> bool:
        return user_settings.get(self.user).notify_when_finished

    def read_link(self) -> str:
        """The path of the link in the report of a run."""
        end_run(self.user)
        return read_link(deliver())

    def test_a_report_of_every_run_holds_the_link_in_headers_text_and_html(self):
        link = "https://lab.example.org" + self.read_link()
        letter = deliver()
        self.assertEqual(letter["List-Unsubscribe-Post"], "List-Unsubscribe=One-Click")
        for kind in ("plain", "html"):
            self.assertIn(link, letter.get_body((kind,)).get_content())

    def test_one_click_of_a_mail_program_ends_the_reports(self):
        link = self.read_link()
        for _ in range(2):  # providers may post more than once
            self.assertEqual(new_mailbox().post(link, ONE_CLICK).status_code, 200)
            self.assertFalse(self.wants_reports())
        sent = len(django_mail.outbox)
        end_run(self.user)
        deliver_due()
        self.assertEqual(len(django_mail.outbox), sent)

    def test_opening_the_link_changes_nothing_and_its_button_does(self):
        link = self.read_link()
        page = new_mailbox().get(link)
        self.assertContains(page, "Stop reports")
        self.assertTrue(self.wants_reports())  # programs that look at links in mails end nothing
        self.assertContains(new_mailbox().post(link), "Reports are stopped")
        self.assertFalse(self.wants_reports())

    def test_mails_that_one_asked_for_hold_none(self):
        run_id = end_run(self.user, notify=True)  # for this run, whatever else is set
        self.assertIsNone(deliver()["List-Unsubscribe"])
        submit(self.user, recipient=ADA, run_id=run_id)
        self.assertIsNone(deliver()["List-Unsubscribe"])
        confirm_address(self.user, "other@example.org")
        letter = deliver()
        self.assertIsNone(letter["List-Unsubscribe"])
        self.assertNotIn("/settings/reports/", letter.as_string())

    @override_settings(PUBLIC_URL="http://localhost:8000")
    def test_without_tls_there_is_the_link_and_no_one_click(self):
        end_run(self.user)
        letter = deliver()
        self.assertIn(f"http://localhost:8000{read_link(letter)}", letter.get_body(("plain",)).get_content())
        self.assertIsNone(letter["List-Unsubscribe-Post"])

    def test_a_guest_ends_their_reports_and_nobody_elses(self):
        confirm_address(ALICE, "alice@example.org")
        user_settings.update(ALICE, Preferences(notify_when_finished=True))
        end_run(ALICE)
        link = read_link(deliver())
        self.assertNotIn("alice", str(signing.loads(link.split("/")[3], salt="notifications.unsubscription")))
        new_mailbox().post(link, ONE_CLICK)
        self.assertFalse(user_settings.get(ALICE).notify_when_finished)
        self.assertTrue(self.wants_reports())

    def test_forged_links_end_nothing(self):
        token = self.read_link().split("/")[3]
        content, stamp, signature = token.split(":")
        with override_settings(SECRET_KEY="another installation"):
            elsewhere = build_stop_reports_link(1).split("/")[-2]
        forged = [
            f"{content}:{stamp}:{signature[:-2]}AA", f"{content}x:{stamp}:{signature}", content, "x", "%00", elsewhere,
            signing.dumps(1, salt="notifications.confirmation"),
        ]  # fmt: skip
        for forgery in forged:
            for ask in (new_mailbox().get, new_mailbox().post):
                self.assertEqual(ask(f"/settings/reports/{forgery}/").status_code, 403, forgery)
        self.assertTrue(self.wants_reports())
        self.assertEqual(new_mailbox().post(f"/settings/reports/{token}/").status_code, 200)
