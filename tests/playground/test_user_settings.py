"""The settings page and the link that confirms an address: the form, forged, old and used links."""

from __future__ import annotations

import re
from unittest import mock
from unittest.mock import patch

from django.core import mail as django_mail
from django.core import signing
from django.test import Client, TransactionTestCase, override_settings

from notifications.models import EmailMessage
from playground.accounts import user_settings
from playground.accounts.links import CONFIRMATION_SALT, Confirmation, build_confirmation_token
from playground.accounts.preferences import Preferences
from playground.models import UserSettings
from playground.theme import Theme
from playground.wire.identity import Identity
from tests.notifications.people import confirm_address, create_user, read_link, visit_as

FORM = {"display_name": "Ada", "email": "", "theme": "system"}


def new_browser(**options) -> Client:
    return Client(headers={"host": "localhost"}, **options)


class FormTests(TransactionTestCase):
    def setUp(self) -> None:
        self.user = create_user()
        self.client = visit_as(self.user)

    def save(self, **fields):
        return self.client.post("/settings/", FORM | fields, follow=True)

    def test_what_is_saved_is_shown_again(self):
        self.save(beginner_mode="true")
        page = self.save(display_name="Ada L.", theme="dark", notify_when_finished="true")
        self.assertContains(page, "Saved.")
        self.assertContains(page, 'value="Ada L."')
        self.assertContains(page, '<option value="dark" selected>')
        self.assertRegex(page.content.decode(), r'name="notify_when_finished" value="true" checked')
        settings = user_settings.get(self.user)
        self.assertEqual((settings.theme, settings.notify_when_finished), (Theme.DARK, True))
        self.assertFalse(settings.beginner_mode)  # a box that is not ticked is not sent

    def test_a_guest_has_settings_too(self):
        browser = new_browser()
        browser.post("/settings/", FORM)
        self.assertContains(browser.get("/settings/"), 'value="Ada"')
        self.assertNotContains(new_browser().get("/settings/"), 'value="Ada"')

    def test_bad_values_are_told_at_their_field_and_nothing_changes(self):
        for field, value in {
            "display_name": "x" * 61, "email": "no address", "theme": "pink", "is_staff": "1",
        }.items():  # fmt: skip
            page = self.client.post("/settings/", FORM | {"notify_when_finished": "true", field: value})
            self.assertIn(page.status_code, (400, 403))
            self.assertContains(page, 'role="alert"', status_code=page.status_code)
            self.assertFalse(user_settings.get(self.user).notify_when_finished, field)
        page = self.client.post("/settings/", FORM | {"email": "no address"})
        self.assertRegex(page.content.decode(), r'id="email"[^>]*value="no address"[^>]*aria-invalid="true"')

    def test_what_is_typed_is_shown_escaped(self):
        page = self.save(display_name='"><script>alert(1)</script>')
        self.assertNotContains(page, "<script>alert")
        self.assertContains(page, "&lt;script&gt;alert(1)")

    def test_a_form_from_elsewhere_is_refused(self):
        browser = new_browser(enforce_csrf_checks=True)
        page = browser.get("/settings/")
        self.assertEqual(browser.post("/settings/", FORM).status_code, 403)
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.content.decode()).group(1)
        self.assertEqual(browser.post("/settings/", FORM | {"csrfmiddlewaretoken": token}).status_code, 302)

    def test_saving_again_sends_no_second_link_but_the_button_does(self):
        self.save(email="ada@example.org")
        page = self.save(email="ada@example.org", theme="light")
        self.assertEqual(EmailMessage.objects.count(), 1)
        self.assertContains(page, "<strong>ada@example.org</strong> is not confirmed yet")
        first = read_link()
        page = self.client.post("/settings/", {"send_link_again": "1"}, follow=True)
        self.assertContains(page, 'value="Ada"')
        second = read_link()
        self.assertEqual(EmailMessage.objects.count(), 2)
        self.assertEqual(new_browser().post(first).status_code, 403)  # the latest alone works
        self.assertEqual(new_browser().post(second).status_code, 200)
        self.client.post("/settings/", {"send_link_again": "1"})  # no link waits any more: nothing changes
        self.assertEqual(user_settings.get(self.user).email, "ada@example.org")
        self.assertEqual(EmailMessage.objects.count(), 2)

    def test_the_confirmed_address_stays_while_a_new_one_waits(self):
        confirm_address(self.user, "ada@example.org")
        self.save(email="new@example.org")
        settings = user_settings.get(self.user)
        self.assertEqual((settings.email, settings.pending_email), ("ada@example.org", "new@example.org"))
        self.assertContains(self.client.get("/settings/"), 'value="new@example.org"')
        self.save(email="ada@example.org")
        self.assertEqual(user_settings.get(self.user).pending_email, "")
        self.save(email="")
        self.assertEqual(user_settings.get(self.user).email, "")


class LookTests(TransactionTestCase):
    def test_pages_are_in_the_colours_that_their_visitor_set(self):
        one, other = new_browser(), new_browser()
        for browser in (one, other):
            browser.get("/")
        one.post("/settings/", FORM | {"theme": "dark", "display_name": "<Ada>"})
        page = one.get("/")
        self.assertContains(page, 'data-dark-when="all"')
        self.assertContains(page, '<meta name="color-scheme" content="dark">')
        self.assertContains(page, "Settings (&lt;Ada&gt;)")
        self.assertNotContains(page, "steps beginner")  # its box was not ticked
        page = other.get("/")
        self.assertContains(page, 'data-dark-when="(prefers-color-scheme: dark)"')
        self.assertContains(page, "steps beginner")

    def test_who_has_never_been_here_is_given_no_session_to_find_out(self):
        browser = new_browser()
        self.assertContains(browser.get("/developers/"), "prefers-color-scheme")
        self.assertNotIn("sessionid", browser.cookies)


class ConfirmationTests(TransactionTestCase):
    def setUp(self) -> None:
        self.user = create_user()

    def get_address(self) -> str:
        return user_settings.get(self.user).email

    def ask(self, address: str = "ada@example.org") -> str:
        user_settings.update(self.user, Preferences(email=address, display_name="Eve says: buy pills"))
        return read_link()

    def test_the_link_shows_a_button_and_the_button_confirms_from_any_browser(self):
        link = self.ask()
        page = new_browser().get(link)
        self.assertContains(page, "ada@example.org")
        self.assertContains(page, "csrfmiddlewaretoken")
        self.assertEqual(self.get_address(), "")  # programs that look at links in mails confirm nothing
        self.assertContains(new_browser().post(link), "is confirmed")
        self.assertEqual(self.get_address(), "ada@example.org")

    def test_the_mail_holds_no_words_of_whoever_gave_the_address(self):
        self.ask()
        self.assertNotIn("pills", django_mail.outbox[-1].message().as_string())
        self.assertEqual(django_mail.outbox[-1].to, ["ada@example.org"])

    def test_a_link_works_once(self):
        link = self.ask()
        new_browser().post(link)
        user_settings.update(self.user, Preferences(email=""))
        for answer in (new_browser().post(link), new_browser().get(link)):
            self.assertContains(answer, "has been used", status_code=403)
        self.assertEqual(self.get_address(), "")

    def test_a_link_is_overtaken_by_a_later_one_even_for_the_same_address(self):
        first, _, third = self.ask(), self.ask("new@example.org"), self.ask()
        self.assertNotEqual(first, third)
        self.assertEqual(new_browser().post(first).status_code, 403)
        self.assertEqual(self.get_address(), "")

    def test_a_link_that_is_too_old_is_refused(self):
        link = self.ask()
        with patch("playground.accounts.links.CONFIRM_HOURS", 0):
            answer = new_browser().post(link)
        self.assertContains(answer, "has expired", status_code=403)
        self.assertEqual(self.get_address(), "")

    def test_forged_links_are_refused(self):
        token = self.ask().removeprefix("/settings/email/").removesuffix("/")
        row = UserSettings.objects.get(owner=self.user.owner)
        content, stamp, signature = token.split(":")
        with override_settings(SECRET_KEY="another installation"):
            elsewhere = build_confirmation_token(Confirmation(row.pk, row.pending_email, row.pending_key))
        forged = [
            f"{content}:{stamp}:{signature[:-2]}AA", f"{content}x:{stamp}:{signature}", f"{content}::{signature}",
            content, "x", "a:b:c", "%00", "é", "." * 5_000, elsewhere,
            signing.dumps([row.pk, row.pending_email, row.pending_key], salt="another purpose"),
            build_confirmation_token(Confirmation(row.pk, "eve@example.org", row.pending_key)),
            build_confirmation_token(Confirmation(row.pk, row.pending_email, "guessed")),
            build_confirmation_token(Confirmation(row.pk + 1, row.pending_email, row.pending_key)),
            build_confirmation_token(Confirmation(row.pk, "", "")),
        ]  # fmt: skip
        for link in forged:
            answer = new_browser().post(f"/settings/email/{link}/")
            self.assertEqual(answer.status_code, 403, link)
            self.assertEqual(self.get_address(), "", link)
        self.assertEqual(signing.loads(token, salt=CONFIRMATION_SALT)[1], "ada@example.org")
        self.assertEqual(new_browser().post(f"/settings/email/{token}/").status_code, 200)

    def test_a_guests_name_is_not_in_the_link(self):
        guest = Identity("guest:secret-name-of-a-session")
        user_settings.update(guest, Preferences(email="ada@example.org"))
        link = read_link()
        self.assertNotIn("secret-name", str(signing.loads(link.split("/")[3], salt=CONFIRMATION_SALT)))

    def test_a_link_is_not_stored_when_the_mail_cannot_be_queued(self):
        with (
            mock.patch("notifications.submission.mail_queue.add", side_effect=RuntimeError),
            self.assertRaises(RuntimeError),
        ):
            user_settings.update(self.user, Preferences(email="ada@example.org"))
        self.assertEqual(user_settings.get(self.user).pending_email, "")
