"""Spellings of one mailbox, and secret links in what others read."""

from __future__ import annotations

import smtplib

from django.test import SimpleTestCase

from notifications.delivery import describe_failure
from notifications.policy import hash_mailbox
from playground.accounts.addresses import is_same_address, parse_address
from playground.accounts.exceptions import AddressRefused
from playground.logs import hide_links

TOKEN = "WzEsImFkYUBleGFtcGxlLm9yZyIsIngiXQ:1vPabc:QmFzZTY0LXNpZ25hdHVyZQ"


class MailboxTests(SimpleTestCase):
    def test_spellings_of_one_mailbox_share_a_key(self):
        for spelling in ("ADA@Example.ORG", "ada+shop@example.org", "Ada++x+y@example.org.", " ada@example.org"):
            self.assertEqual(hash_mailbox(spelling), hash_mailbox("ada@example.org"), spelling)
        self.assertEqual(hash_mailbox("ada@BÜCHER.example"), hash_mailbox("ada@xn--bcher-kva.example"))

    def test_other_mailboxes_have_other_keys(self):
        keys = {hash_mailbox(address) for address in ("ada@example.org", "a.da@example.org", "+ada@example.org")}
        self.assertEqual(len(keys), 3)

    def test_gmail_ignores_dots_and_has_two_domains(self):
        for spelling in ("a.d.a@gmail.com", "Ad.a+shop@GoogleMail.com", "ada@googlemail.com."):
            self.assertEqual(hash_mailbox(spelling), hash_mailbox("ada@gmail.com"), spelling)
        self.assertNotEqual(hash_mailbox("a.da@gmail.com.example.org"), hash_mailbox("ada@gmail.com.example.org"))
        self.assertFalse(is_same_address("a.da@gmail.com", "ada@gmail.com"))

    def test_a_tag_makes_another_address(self):
        self.assertTrue(is_same_address("Ada@bücher.example", "ada@XN--bcher-kva.example"))
        self.assertFalse(is_same_address("ada+x@example.org", "ada@example.org"))
        self.assertFalse(is_same_address("", ""))
        self.assertFalse(is_same_address("a@" + "ü" * 80 + ".org", "ada@example.org"))

    def test_letters_whose_other_case_is_ascii_are_refused(self):
        for address in ("mi\u212ae@example.org", "\u017fam@example.org", "m\u0131ke@example.org"):
            with self.assertRaises(AddressRefused):
                parse_address(address)


class SecretLinkTests(SimpleTestCase):
    def test_tokens_are_hidden_plain_and_encoded_and_other_paths_stay(self):
        secrets = (
            f"https://lab.example.org/settings/email/{TOKEN}/",
            f"GET /settings/reports/{TOKEN}/ HTTP/1.1",
            "/account/password/new/MQ/d0l2xv-0123456789abcdef0123456789abcdef/",
            f"body_text=https%3A%2F%2Flab.example.org%2Fsettings%2Femail%2F{TOKEN.replace(':', '%3A')}%2F",
        )
        for text in secrets:
            hidden = hide_links(text)
            for part in (TOKEN[:20], "0123456789abcdef"):
                self.assertNotIn(part, hidden)
            self.assertIn("…", hidden)
        for text in ("/runs/8c3a4bf8-3f60-4b9e-a3ef-9a2b2d8b9b8e/", "/settings/", "/a/shared/module.py"):
            self.assertEqual(hide_links(text), text)

    def test_an_error_of_a_mail_server_that_quotes_the_mail_holds_no_token(self):
        error = smtplib.SMTPDataError(554, f"spam: http://x/settings/email/{TOKEN}/ is listed".encode())
        self.assertEqual(describe_failure(error), "554 spam: http://x/settings/email/…/ is listed")
