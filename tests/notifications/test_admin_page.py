"""The queue of mail in the admin in Chromium: filter, read without running scripts, cancel, send again."""

from __future__ import annotations

from tests.browser.browsing import BrowserTestCase

PREPARE = """
from datetime import timedelta
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from notifications.submission import submit
from notifications.models import EmailMessage
from playground.models import UserSettings
from playground.wire.identity import Identity
from training.models import TrainingRun

User.objects.create_superuser("postmaster", password="postmaster")
guest = Identity("guest:somebody")
hostile = "<script>parent.document.title = 'taken'</script><img src=x onerror='parent.taken = 1'></pre></iframe>"
run = TrainingRun.objects.filter(status="succeeded", building=0, artifacts__name="loss.png").first()
UserSettings.objects.update_or_create(owner=run.owner, defaults={"email": "curve@example.org"})  # or nobody resends it
later = timezone.now() + timedelta(hours=1)
with transaction.atomic():  # or else the server would send them
    waiting = [
        submit(guest, recipient="waiting@example.org", subject=hostile[:190], body_text=hostile),
        submit(Identity(run.owner), recipient="curve@example.org", run_id=run.pk),
    ]
    failed = submit(guest, recipient="failed@example.org", subject="A title", body_text="Some text")
    EmailMessage.objects.filter(pk__in=[message.pk for message in waiting]).update(next_attempt=later)
    EmailMessage.objects.filter(pk=failed.pk).update(status="failed", attempts=30, last_error="550 <b>nobody</b>")
"""
LIST = "/admin/notifications/emailmessage/"


class AdminPageTests(BrowserTestCase):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.server.manage("shell", "-c", PREPARE)

    def setUp(self) -> None:
        super().setUp()
        # Chromium asks for it once a visit, and the admin's pages name no icon.
        self.context.route("**/favicon.ico", lambda route: route.fulfill(status=204))
        self.page.goto(f"{self.server.url}/admin/login/?next={LIST}")
        self.page.fill("#id_username", "postmaster")
        self.page.fill("#id_password", "postmaster")
        self.page.click("input[type=submit]")
        self.page.wait_for_url(f"**{LIST}")

    def list_recipients(self) -> list[str]:
        return self.page.locator("#result_list tbody th.field-recipient").all_inner_texts()

    def find_row(self, recipient: str):
        return self.page.locator("#result_list tbody tr").filter(has_text=recipient)

    def act(self, recipient: str, action: str) -> None:
        self.find_row(recipient).locator("input.action-select").check()
        self.page.select_option("select[name=action]", label=action)
        self.page.get_by_role("button", name="Go").click()

    def test_the_list_is_filtered_by_state_and_shows_attempts_and_errors(self):
        self.page.locator("#changelist-filter").get_by_role("link", name="Failed").click()
        self.page.wait_for_url("**status__exact=failed**")
        self.assertEqual(self.list_recipients(), ["failed@example.org"])
        row = self.find_row("failed@example.org")
        self.assertEqual(row.locator(".field-attempts").inner_text(), "30")
        self.assertEqual(row.locator(".field-last_error").inner_text(), "550 <b>nobody</b>")

    def test_a_hostile_message_is_read_and_runs_nothing(self):
        self.page.get_by_role("link", name="waiting@example.org").click()
        frame = self.page.frame_locator("iframe")
        frame.get_by_text("parent.document.title").first.wait_for()
        self.assertEqual(self.page.locator("iframe").get_attribute("sandbox"), "")
        self.assertEqual(self.page.locator("iframe").count(), 1)
        self.assertIn("onerror", self.page.locator(".field-rendered").inner_text())
        self.assertNotEqual(self.page.title(), "taken")
        self.assertIsNone(self.page.evaluate("window.taken ?? null"))

    def test_the_letter_of_a_run_is_shown_with_its_curve(self):
        self.page.get_by_role("link", name="curve@example.org").click()
        picture = self.page.frame_locator("iframe").locator("img")
        picture.wait_for()
        self.assertGreater(picture.evaluate("image => image.decode().then(() => image.naturalWidth)"), 100)

    def test_what_waits_is_cancelled_and_sent_again(self):
        self.act("curve@example.org", "Cancel selected e-mails")
        self.wait_for_text(".messagelist", "1 of 1 e-mails were still queued and are cancelled.")
        self.assertEqual(self.find_row("curve@example.org").locator(".field-status").inner_text(), "Cancelled")
        self.act("curve@example.org", "Send selected e-mails again")
        self.wait_for_text(".messagelist", "1 of 1 e-mails are queued again.")
        row = self.find_row("curve@example.org").filter(has_text="Sent")
        for _ in range(100):  # the server delivers it in its own time
            self.page.reload()
            if row.count():
                break
        self.assertEqual(row.count(), 1)
