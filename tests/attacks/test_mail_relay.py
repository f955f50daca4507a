"""The server cannot be used to send a stranger chosen text or many mails, or to read a link sent to another."""

from __future__ import annotations

import email
import email.policy
import re
import subprocess
import sys
from email.message import EmailMessage
from typing import Any, cast
from uuid import uuid4

from tests.attacks.cases import AttackTestCase
from tests.attacks.visitor import PASSWORD, Visitor
from tests.server import ROOT

ADVERTISEMENT = "Cheap-pills.example"
STRANGER_LIMIT = 5  # notifications.policy.PER_STRANGER_PER_DAY
RESET = "/account/password/forgotten/"
NEW_PASSWORD = "another long and unusual pass phrase"


class MailCase(AttackTestCase):
    """Attacks on a server that others reach. It writes its mails into files and has the documented limits."""

    environment = {
        "EMAIL_BACKEND": "file",
        "PUBLIC_URL": "http://lab.example.org",
        "ALLOWED_HOSTS": "lab.example.org,127.0.0.1",
    }

    def setUp(self) -> None:
        self.victim = f"victim-{uuid4().hex[:8]}@example.org"

    def sign_up(self, address: str = "", name: str = "") -> Visitor:
        visitor = self.visitor()
        visitor.sign_up(name or f"user{uuid4().hex[:8]}", address)
        return visitor

    def ask(self, visitor: Visitor, event: str, **data: Any) -> dict[str, Any]:
        """Return the data that answer an event of the socket for mail."""
        with visitor.talk("/ws/notifications/") as talk:
            return cast("dict[str, Any]", talk.ask(event, **data)["data"])

    def forget_password(self, address: str) -> str:
        """Ask for a new password. Returns the page."""
        return self.visitor().post(RESET, {"email": address}).text

    def read_mails(self, *spellings: str) -> list[EmailMessage]:
        """Return the mails to the victim's mailbox, in these spellings of its address, once the queue is empty."""
        self.wait_until_queue_is_empty()
        wanted = {address.lower() for address in (self.victim, *spellings)}
        texts = b"\n".join(path.read_bytes() for path in (self.server.data_dir / "mail").glob("*.log"))
        mails = [email.message_from_bytes(text.strip(), policy=email.policy.default) for text in texts.split(b"-" * 79)]
        return [cast(EmailMessage, mail) for mail in mails if str(mail["To"]).lower() in wanted]

    def wait_until_queue_is_empty(self) -> None:
        waiting = "EmailMessage.objects.filter(status__in=['queued', 'sending'])"
        self.run_code(
            "import time\n"
            "from notifications.models import EmailMessage\n"
            "deadline = time.monotonic() + 60\n"
            f"while {waiting}.exists():\n"
            "    assert time.monotonic() < deadline, 'mails wait'\n"
            "    time.sleep(0.05)\n"
        )

    def run_code(self, code: str) -> str:
        return self.server.manage("shell", "--no-imports", "-c", code)


def read_text(mail: EmailMessage) -> str:
    """Return headers, texts, and the names and contents of files."""
    parts = [part.get_payload(decode=True).decode(errors="replace") for part in mail.walk() if not part.is_multipart()]
    return "\n".join([*(f"{name}: {value}" for name, value in mail.items()), *parts])


def find_links(mail: EmailMessage, path: str) -> list[str]:
    """Return the paths of the links in the text of a mail."""
    body = mail.get_body(("plain",))
    assert body is not None
    return re.findall(rf"http://lab\.example\.org({path}\S+)", body.get_content())


class RelayTests(MailCase):
    def test_many_accounts_send_a_foreign_mailbox_few_mails_and_no_words(self):
        name, _, domain = self.victim.partition("@")
        spellings = (self.victim, self.victim.upper(), f"{name}+a@{domain}", f"{name.title()}+b@{domain.upper()}")
        for number in range(STRANGER_LIMIT + 1):
            address = spellings[number % len(spellings)]
            visitor = self.sign_up(address, f"{ADVERTISEMENT}-{uuid4().hex[:6]}")
            words = {"subject": ADVERTISEMENT, "body_text": ADVERTISEMENT}
            answer = self.ask(visitor, "sendEmail", email_address=address, **words)
            self.assertEqual(answer.get("code"), "recipient_not_allowed", answer)
            self.forget_password(address)
        mails = self.read_mails(*spellings)
        self.assertEqual(len(mails), STRANGER_LIMIT)
        for mail in mails:
            self.assertNotIn(ADVERTISEMENT.lower(), read_text(mail).lower())

    def test_a_deleted_account_frees_no_limit(self):
        for _ in range(STRANGER_LIMIT):
            visitor = self.sign_up()
            self.assertTrue(self.ask(visitor, "updateUserSettings", email=self.victim).get("success"))
            visitor.post("/account/delete/", {"password": PASSWORD})
        answer = self.ask(self.sign_up(), "updateUserSettings", email=self.victim)
        self.assertEqual(answer.get("code"), "mail_limit_reached", answer)

    def test_a_guest_slips_no_words_into_names_labels_and_files(self):
        visitor = self.visitor()
        rows = [{"x": n, ADVERTISEMENT: f"{ADVERTISEMENT}{n % 2}"} for n in range(40)]
        name = f"{ADVERTISEMENT}\nBcc: {self.victim}"
        with visitor.talk() as talk:
            data = {"csvData": rows, "target": ADVERTISEMENT, "epochs": 2, "custom_model_name": name}
            run_id = talk.ask("runTraining", **data)["data"]["run_id"]
            talk.receive_until("trainingArtifacts")
        answer = self.ask(
            visitor, "sendEmail", email_address=self.victim, run_id=run_id,
            subject=ADVERTISEMENT, body_text=ADVERTISEMENT,
        )  # fmt: skip
        self.assertTrue(answer.get("success"), answer)
        (mail,) = self.read_mails()
        self.assertNotIn(ADVERTISEMENT.lower(), read_text(mail).lower())
        self.assertIsNone(mail["Bcc"])
        self.assertEqual([part.get_filename() for part in mail.iter_attachments()], [])
        self.assertIn(f"/runs/{run_id}/", read_text(mail))


class ResetTests(MailCase):
    def test_a_mailbox_gets_one_mail_with_the_links_of_all_its_accounts(self):
        for spelling in (self.victim, self.victim.upper(), self.victim.title()):
            self.sign_up(spelling)
        self.forget_password(self.victim)
        resets = [mail for mail in self.read_mails() if "Reset your password" in mail["Subject"]]
        self.assertEqual(len(resets), 1)
        links = find_links(resets[0], "/account/password/new/")
        self.assertEqual(len(set(links)), 3)
        for link in links:
            self.assertIn("The username of your account is", self.visitor().get(link).text)

    def test_the_page_tells_nobody_which_addresses_have_accounts(self):
        self.sign_up(self.victim)
        known, unknown = (self.forget_password(address) for address in (self.victim, f"no-{self.victim}"))
        self.assertIn("Check your e-mail", known)
        main = [re.sub(r'value="\w{64}"', "", page).partition("<main")[2] for page in (known, unknown)]
        self.assertEqual(*main)

    def test_a_forgotten_password_is_replaced_before_the_address_is_confirmed_and_confirms_it(self):
        name = f"user{uuid4().hex[:8]}"
        self.sign_up(self.victim, name)
        self.forget_password(self.victim)
        (link,) = [link for mail in self.read_mails() for link in find_links(mail, "/account/password/new/")]
        visitor = self.visitor()
        form = visitor.get(link).url.removeprefix(self.server.url)
        visitor.post(form, {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD})
        visitor.sign_in(name, NEW_PASSWORD)
        self.assertTrue(visitor.is_signed_in())
        self.assertEqual(self.ask(visitor, "getUserSettings")["settings"]["email"], self.victim)


class SecretLinkTests(MailCase):
    def test_links_are_in_no_table_on_no_page_of_the_admin_and_in_no_log(self):
        self.sign_up(self.victim)
        self.forget_password(self.victim)
        mails = self.read_mails()
        paths = ("/account/password/new/", "/settings/email/")
        links = [link for mail in mails for path in paths for link in find_links(mail, path)]
        self.assertEqual(len(links), 2)
        tokens = [link.strip("/").rpartition("/")[2] for link in links]
        stored = b"".join(path.read_bytes() for path in self.server.data_dir.glob("playground.sqlite3*"))
        for token in tokens:
            self.assertNotIn(token.encode(), stored)
        for link in links:
            self.assertEqual(self.visitor().get(link).status, 200)
        superuser = f"root{uuid4().hex[:8]}"
        self.make_user(superuser, is_staff=True, is_superuser=True)
        reader = self.visitor()
        reader.sign_in(superuser)
        listed = reader.get(f"/admin/notifications/emailmessage/?q={self.victim}").text
        messages = set(re.findall(r"/admin/notifications/emailmessage/[\w-]+/change/", listed))
        self.assertEqual(len(messages), 2)
        pages = [reader.get(path).text for path in messages]
        for page in pages:
            self.assertIn("a secret link, which only the sent e-mail contains", page)
        for token in tokens:
            self.assertNotIn(token, "".join(pages))
            self.assertNotIn(token, self.server.log())

    def test_the_console_of_a_server_shows_no_links_and_that_of_a_developer_does(self):
        link = "http://lab.example.org/account/password/new/MQ/d0l2xv-0123456789abcdef0123456789abcdef/"
        code = f"from django.core.mail import send_mail; send_mail('A title', 'Open {link} today', None, ['ada@x.org'])"
        server = {"EMAIL_BACKEND": "console", "PUBLIC_URL": "http://localhost:8000", "ALLOWED_HOSTS": "*"}
        developer = {**server, "ALLOWED_HOSTS": "localhost,127.0.0.1"}
        for environment, is_shown in ((server, False), (developer, True)):
            printed = self.run_command(environment, "shell", "--no-imports", "-c", code)
            self.assertIn("ada@x.org", printed)
            self.assertEqual(link in printed, is_shown, printed)

    def test_a_deployment_check_refuses_the_console(self):
        self.assertIn("notifications.E003", self.run_command({"EMAIL_BACKEND": "console"}, "check", "--deploy"))

    def run_command(self, environment: dict[str, str], *arguments: str) -> str:
        """Return what a command of `manage.py` prints in the server's environment with these changes."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env={**self.server.environment, **environment}, capture_output=True, text=True,
            timeout=120,
        )  # fmt: skip
        return done.stdout + done.stderr
