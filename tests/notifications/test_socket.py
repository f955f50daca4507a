"""The socket at /ws/notifications/ from outside: mail asked for and told about, settings, and strangers."""

from __future__ import annotations

from unittest.mock import patch

from channels.db import database_sync_to_async
from django.core import mail as django_mail
from django.test import TransactionTestCase, override_settings

from notifications import mail_queue
from notifications.delivery import deliver_due
from notifications.models import EmailMessage
from playground.routing import build_application
from tests.notifications.people import confirm_address, create_user, end_run, visit_as
from tests.sockets import new_guest, open_socket
from tests.training.cases import BOB

APPLICATION = build_application()
PATH = "/ws/notifications/"

in_thread = database_sync_to_async


@patch("notifications.letter.MAX_FILES_WAIT", 0)  # no worker builds the files of these runs, so mails link to them
class SendEmailTests(TransactionTestCase):
    async def make_sender(self):
        """A user with a confirmed address, and their browser."""
        identity = await in_thread(create_user)()
        await in_thread(confirm_address)(identity, "ada@example.org")
        return identity, await in_thread(visit_as)(identity)

    async def test_it_is_answered_before_anything_is_delivered_and_told_when_it_is(self):
        identity, client = await self.make_sender()
        run_id = str(await in_thread(end_run)(identity))
        async with open_socket(APPLICATION, PATH, client=client) as socket:
            asked = {"email_address": "ada@example.org", "subject": "Mine", "body_text": "Look.", "run_id": run_id}
            answer = await socket.ask("sendEmail", **asked, attachment_array=[])
            self.assertEqual((answer["event"], answer["data"]["success"]), ("emailResult", True), answer)
            self.assertEqual((await EmailMessage.objects.alatest("created")).status, "queued")
            delivered = len(django_mail.outbox)
            await in_thread(deliver_due)()
            self.assertEqual(len(django_mail.outbox), delivered + 1)
            self.assertEqual(django_mail.outbox[-1].subject, "Mine")
            told = await socket.receive()
            self.assertEqual(told["event"], "emailDelivered")
            self.assertEqual(told["data"]["email_id"], answer["data"]["email_id"])

    async def test_both_tabs_hear_of_a_failure_and_nobody_else_does(self):
        _, client = await self.make_sender()
        stranger = await new_guest()
        async with (
            open_socket(APPLICATION, PATH, client=client) as one,
            open_socket(APPLICATION, PATH, client=client) as two,
            open_socket(APPLICATION, PATH, client=stranger) as other,
        ):
            await one.ask("sendEmail", email_address="ada@example.org", body_text="Hello")
            claim = await in_thread(mail_queue.claim_next)("test")
            await in_thread(mail_queue.record_failure)(claim, "550 secret detail of the server")
            for socket in (one, two):
                told = await socket.receive()
                self.assertEqual(told["event"], "emailFailed")
                self.assertTrue(told["data"]["hint"])
                self.assertNotIn("secret detail", str(told))
            # The very next frame of the other is the answer to its own.
            await other.send("getUserSettings")
            self.assertEqual((await other.receive())["event"], "userSettings")

    async def test_another_owners_run_does_not_exist_for_the_sender(self):
        _, client = await self.make_sender()
        run_id = str(await in_thread(end_run)(BOB))
        async with open_socket(APPLICATION, PATH, client=client) as socket:
            for names in (None, ["model.onnx"]):
                answer = await socket.ask(
                    "sendEmail", email_address="ada@example.org", run_id=run_id, attachment_array=names
                )
                self.assertEqual(answer["data"]["code"], "run_not_found")
        self.assertFalse(await EmailMessage.objects.filter(run_id=run_id).aexists())

    async def test_a_file_that_the_run_has_not_is_refused_by_name(self):
        identity, client = await self.make_sender()
        run_id = str(await in_thread(end_run)(identity))
        async with open_socket(APPLICATION, PATH, client=client) as socket:
            for name in ("residuals.png", "model.skops", "preparation.skops"):
                answer = await socket.ask(
                    "sendEmail", email_address="ada@example.org", run_id=run_id, attachment_array=["loss.png", name]
                )
                self.assertEqual(answer["data"]["code"], "attachment_not_found", name)
                self.assertEqual(answer["data"]["where"], "attachment_array[1]")
                self.assertIn(name, answer["data"]["message"])

    async def test_a_user_writes_to_no_address_but_their_own(self):
        _, client = await self.make_sender()
        async with open_socket(APPLICATION, PATH, client=client) as socket:
            answer = await socket.ask("sendEmail", email_address="bob@example.org", body_text="Buy this")
            self.assertEqual(answer["data"]["code"], "recipient_not_allowed")
            self.assertTrue(answer["data"]["hint"])
            with override_settings(EMAIL_TO_ANYONE=True, EMAIL_GUEST_WORDS=True):
                answer = await socket.ask("sendEmail", email_address="bob@example.org", body_text="Buy this")
            self.assertTrue(answer["data"]["success"])

    async def test_a_guests_own_words_are_left_out_and_that_is_said(self):
        client = await new_guest()
        async with open_socket(APPLICATION, "/ws/training/", client=client):
            owner = await in_thread(lambda: client.session["guest_id"])()
        guest = type(BOB)(f"guest:{owner}")
        run_id = str(await in_thread(end_run)(guest))
        async with open_socket(APPLICATION, PATH, client=client) as socket:
            asked = {"email_address": "ada@example.org", "run_id": run_id, "attachment_array": []}
            answer = await socket.ask("sendEmail", **asked, subject="Cheap pills", body_text="http://pills.example")
            self.assertIn("your own text", answer["data"]["message"])
            second = await socket.ask("sendEmail", **asked | {"email_address": "bob@example.org"})
            self.assertEqual(second["data"]["code"], "recipient_not_allowed")
        await in_thread(deliver_due)()
        sent = django_mail.outbox[-1].message().as_string()
        self.assertNotIn("pills", sent)

    async def test_unknown_fields_and_events_are_refused_by_name(self):
        async with open_socket(APPLICATION, PATH) as socket:
            answer = await socket.ask("sendEmail", email_address="ada@example.org", path="/etc/passwd")
            self.assertEqual((answer["data"]["code"], answer["data"]["where"]), ("unknown_field", "path"))
            answer = await socket.ask("updateUserSettings", is_staff=True)
            self.assertEqual((answer["data"]["code"], answer["data"]["where"]), ("unknown_field", "is_staff"))
            self.assertEqual((await socket.ask("sendMail"))["data"]["code"], "unknown_event")


class SettingsEventTests(TransactionTestCase):
    async def test_what_is_set_is_answered_and_stays(self):
        client = await new_guest()
        given = {"display_name": "  Ada   L. ", "theme": "dark", "beginner_mode": True, "notify_when_finished": True}
        async with open_socket(APPLICATION, PATH, client=client) as socket:
            answer = await socket.ask("updateUserSettings", **given)
            self.assertEqual((answer["event"], answer["data"]["success"]), ("userSettingsUpdated", True), answer)
            self.assertEqual(
                answer["data"]["settings"],
                given | {"display_name": "Ada L.", "email": "", "pending_email": ""},
            )
        async with open_socket(APPLICATION, PATH, client=client) as socket:
            await socket.ask("updateUserSettings", theme="light")
            settings = (await socket.ask("getUserSettings"))["data"]["settings"]
            self.assertEqual((settings["theme"], settings["display_name"]), ("light", "Ada L."))

    async def test_what_one_sets_no_other_sees(self):
        async with open_socket(APPLICATION, PATH) as one, open_socket(APPLICATION, PATH) as other:
            await one.ask("updateUserSettings", display_name="Ada")
            self.assertEqual((await other.ask("getUserSettings"))["data"]["settings"]["display_name"], "")

    async def test_an_address_counts_when_it_is_confirmed_and_not_before(self):
        async with open_socket(APPLICATION, PATH) as socket:
            answer = await socket.ask("updateUserSettings", email="ada@example.org")
            settings = answer["data"]["settings"]
            self.assertEqual((settings["email"], settings["pending_email"]), ("", "ada@example.org"))
            self.assertIn("ada@example.org", answer["data"]["message"])

    async def test_values_that_do_not_fit_are_refused_at_their_field_and_change_nothing(self):
        bad = {
            "display_name": ["x" * 61, "a\nb", "a\u202eb", "a\u200bb", 7],
            "email": ["ada", "ada@example.org\nBcc: bob@example.org", "x" * 300, "ada@localhost"],
            "theme": ["pink", "", 1],
            "beginner_mode": ["perhaps", []],
            "notify_when_finished": ["perhaps", {}],
        }
        async with open_socket(APPLICATION, PATH) as socket:
            before = (await socket.ask("getUserSettings"))["data"]
            for field, values in bad.items():
                for value in values:
                    answer = await socket.ask("updateUserSettings", **{"display_name": "changed", field: value})
                    self.assertEqual((answer["event"], answer["data"].get("where")), ("error", field), value)
            self.assertEqual((await socket.ask("getUserSettings"))["data"], before)
        self.assertFalse(await EmailMessage.objects.aexists())
