"""The queue of mail in the admin: permissions to view, read, send again and cancel. Nobody may edit."""

from __future__ import annotations

from uuid import uuid4

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client, TransactionTestCase, override_settings

from notifications import mail_queue
from notifications.models import EmailMessage
from notifications.submission import submit
from playground.accounts import user_settings
from playground.accounts.password_reset import request_reset
from playground.accounts.preferences import Preferences
from tests.notifications.people import create_user, end_run
from tests.training.cases import ALICE

LIST = "/admin/notifications/emailmessage/"
SETTINGS = "/admin/playground/usersettings/"
BODY = "Words between <b>two</b> people"


def client_of(*permissions: str, staff: bool = True) -> Client:
    user = get_user_model().objects.create_user(f"teacher-{uuid4().hex[:8]}", is_staff=staff)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    return client


class OutboxAdminTests(TransactionTestCase):
    def setUp(self) -> None:
        user = create_user(confirmed="ada@example.org")
        self.sent = submit(user, recipient="ada@example.org", subject="A title", body_text=BODY)
        self.failed = submit(ALICE, recipient="bob@example.org", subject="A title", body_text=BODY)
        mail_queue.record_sent(mail_queue.claim_next("test"))
        mail_queue.record_failure(mail_queue.claim_next("test"), "550 <no such user>")
        self.queued = submit(ALICE, recipient="eve@example.org", subject="A title", body_text=BODY)

    def act(self, client: Client, action: str):
        chosen = [str(message.pk) for message in (self.sent, self.failed, self.queued)]
        return client.post(LIST, {"action": action, "_selected_action": chosen}, follow=True)

    def states(self) -> list[str]:
        return list(EmailMessage.objects.order_by("created").values_list("status", flat=True))

    def test_staff_see_attempts_and_errors_escaped_and_filter_by_state(self):
        client = client_of("view_emailmessage")
        page = client.get(LIST)
        self.assertContains(page, "550 &lt;no such user&gt;")
        self.assertContains(page, "eve@example.org")
        page = client.get(f"{LIST}?status__exact=failed")
        self.assertContains(page, "bob@example.org")
        self.assertNotContains(page, "eve@example.org")
        self.assertContains(client.get(f"{LIST}?q=eve@example.org"), "1 result")

    def test_what_it_says_is_shown_to_those_alone_who_may_read_it(self):
        address = f"{LIST}{self.queued.pk}/change/"
        page = client_of("view_emailmessage").get(address)
        self.assertContains(page, "eve@example.org")
        for text in ("Words between", "A title"):
            self.assertNotContains(page, text)
        page = client_of("view_emailmessage", "read_emailmessage").get(address)
        self.assertContains(page, "Words between")
        self.assertContains(page, '<iframe sandbox=""')
        self.assertNotContains(page, "<b>two</b>")
        self.assertNotContains(client_of("read_emailmessage").get(LIST), "Words between", status_code=403)

    def test_a_search_does_not_tell_what_messages_say(self):
        page = client_of("view_emailmessage").get(f"{LIST}?q=Words")
        self.assertContains(page, "0 results")

    def test_a_message_whose_run_is_gone_is_shown_without_it(self):
        run_id = end_run(ALICE)
        message = submit(ALICE, recipient="ada@example.org", run_id=run_id)
        client = client_of("view_emailmessage", "read_emailmessage")
        address = f"{LIST}{message.pk}/change/"
        self.assertContains(client.get(address), "waits for files")
        EmailMessage.objects.filter(pk=message.pk).update(owner="guest:somebody")
        self.assertContains(client.get(address), "cannot be composed")

    def test_nobody_edits_adds_or_deletes(self):
        client = client_of("view_emailmessage", "add_emailmessage", "change_emailmessage")
        self.assertEqual(client.get(f"{LIST}add/").status_code, 403)
        response = client.post(f"{LIST}{self.queued.pk}/change/", {"recipient": "eve@example.com"})
        self.assertEqual(response.status_code, 403)
        self.assertEqual(client.get(f"{LIST}{self.queued.pk}/delete/").status_code, 403)

    def test_who_may_resend_resends_what_is_over(self):
        response = self.act(client_of("view_emailmessage", "resend_emailmessage"), "resend_emails")
        self.assertContains(response, "1 of 3 e-mails are queued again")
        self.assertContains(response, "bob@example.org is not the sender&#x27;s confirmed address")
        self.assertEqual(self.states(), ["queued", "failed", "queued"])

    def test_resent_mail_counts_towards_the_limit_of_its_mailbox(self):
        client = client_of("view_emailmessage", "resend_emailmessage")
        with override_settings(EMAIL_PER_USER_PER_HOUR=2):
            self.assertContains(self.act(client, "resend_emails"), "1 of 3 e-mails are queued again")
            EmailMessage.objects.filter(pk=self.sent.pk).update(status="sent")
            response = self.act(client, "resend_emails")
        self.assertContains(response, "0 of 3 e-mails are queued again")
        self.assertContains(response, "This address was sent 2 e-mails already")

    def test_secret_links_are_shown_to_nobody(self):
        user_settings.update(create_user(), Preferences(email="eve@example.org"))
        get_user_model().objects.create_user("adam", email="adam@example.org", password="secret")
        request_reset("adam@example.org")
        client = client_of("view_emailmessage", "read_emailmessage")
        for kind, path in (("confirmation", "/settings/email/"), ("reset", "/account/password/new/")):
            message = EmailMessage.objects.get(kind=kind)
            page = client.get(f"{LIST}{message.pk}/change/")
            self.assertContains(page, "a secret link, which only the sent e-mail contains")
            self.assertNotContains(page, path)
            for value in EmailMessage.objects.filter(pk=message.pk).values_list()[0]:
                self.assertNotIn(path, str(value))

    def test_who_may_cancel_cancels_what_still_waits(self):
        response = self.act(client_of("view_emailmessage", "cancel_emailmessage"), "cancel_emails")
        self.assertContains(response, "1 of 3 e-mails were still queued")
        self.assertEqual(self.states(), ["sent", "failed", "cancelled"])

    def test_who_may_only_look_does_neither(self):
        for permissions in (("view_emailmessage",), ("view_emailmessage", "read_emailmessage", "change_emailmessage")):
            client = client_of(*permissions)
            for action in ("resend_emails", "cancel_emails", "delete_selected"):
                self.act(client, action)
        self.assertEqual(self.states(), ["sent", "failed", "queued"])

    def test_others_are_sent_to_the_login(self):
        for client in (client_of("view_emailmessage", staff=False), Client(headers={"host": "localhost"})):
            for address in (LIST, SETTINGS):
                self.assertRedirects(client.get(address), f"/admin/login/?next={address}")

    def test_settings_are_looked_at_and_not_changed(self):
        user_settings.update(ALICE, Preferences(display_name="<i>Ada</i>"))
        client = client_of("view_usersettings", "change_usersettings")
        page = client.get(SETTINGS)
        self.assertContains(page, "&lt;i&gt;Ada")
        self.assertNotContains(page, "guest:alice")
        self.assertEqual(client.get(f"{SETTINGS}add/").status_code, 403)

    def test_the_list_needs_no_query_per_message(self):
        client = client_of("view_emailmessage")
        client.get(LIST)
        with self.assertNumQueries(FewerThan(12)):
            client.get(LIST)
        for _ in range(10):
            submit(create_user(), recipient="ada@example.org", body_text="Hello")
        with self.assertNumQueries(FewerThan(12)):
            client.get(LIST)


class FewerThan(int):
    """Equal to every smaller number, for assertNumQueries."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, int) and other < int(self)

    __hash__ = int.__hash__
