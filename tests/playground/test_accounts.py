"""Accounts: signing up and in within limits, what comes along from before, passwords that are replaced, and the end."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from unittest.mock import patch

from django.contrib.auth.models import User
from django.core import mail
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, connections
from django.test import Client, TransactionTestCase, override_settings
from django.test.utils import CaptureQueriesContext

from notifications.delivery import deliver_due
from notifications.models import CountedMail, EmailMessage
from playground.account_data.guest_transfer import transfer_guest
from playground.accounts import user_settings
from playground.accounts.preferences import Preferences
from playground.accounts.rate_limits import Limit
from playground.accounts.user_settings import find_confirmed_address, record_confirmed
from playground.models import UserSettings
from playground.theme import Theme
from playground.wire.identity import GUEST_KEY, Identity
from progress import services
from progress.models import Attempt, Earned
from tests.notifications.people import confirm_address, read_link
from tests.progress.lessons import key_of, load_lesson
from tests.training.cases import create_run
from training.models import Artifact, Dataset, TrainingRun

PASSWORD = "correct horse battery"
NEW_PASSWORD = "staple of the trade"


def new_browser() -> Client:
    return Client(headers={"host": "localhost"})


def sign_up(browser: Client, name: str = "ada", **fields):
    form = {"username": name, "password1": PASSWORD, "password2": PASSWORD} | fields
    return browser.post("/account/sign-up/", form, follow=True)


def sign_in(browser: Client, name: str = "ada", password: str = PASSWORD, **fields):
    return browser.post("/account/sign-in/", {"username": name, "password": password} | fields, follow=True)


def new_guest() -> tuple[Client, Identity]:
    browser = new_browser()
    browser.get("/")
    return browser, Identity(f"guest:{browser.session[GUEST_KEY]}")


class AccountCase(TransactionTestCase):
    def setUp(self) -> None:
        load_lesson()

    def who(self, browser: Client) -> str | None:
        number = browser.session.get("_auth_user_id")
        return User.objects.get(pk=number).username if number else None


class SignUpTests(AccountCase):
    def test_an_account_is_made_and_signed_in(self):
        browser = new_browser()
        self.assertContains(sign_up(browser, email="ada@example.org"), "Welcome, ada")
        self.assertEqual(self.who(browser), "ada")
        self.assertEqual(User.objects.get().email, "ada@example.org")
        self.assertEqual(EmailMessage.objects.get().kind, "confirmation")
        self.assertEqual(
            find_confirmed_address(Identity(f"user:{User.objects.get().pk}", user_id=User.objects.get().pk)), ""
        )
        self.assertFalse(User.objects.get().is_staff)

    def test_what_is_wrong_is_said_at_its_field(self):
        User.objects.create_user("Ada")
        page = sign_up(new_browser(), "ada")
        self.assertContains(page, "already exists")
        self.assertContains(page, 'aria-invalid="true"')
        for password, words in (("12345678", "numeric"), ("password", "common"), ("short", "at least 8")):
            self.assertContains(sign_up(new_browser(), "bob", password1=password, password2=password), words)
        self.assertContains(sign_up(new_browser(), "bob", password2="another one"), "match")
        self.assertEqual(User.objects.count(), 1)

    def test_of_two_who_take_the_same_name_at_once_one_gets_it_and_the_other_is_told(self):
        def take(_: int) -> str:
            try:
                return sign_up(new_browser()).content.decode()
            finally:
                connections.close_all()

        with ThreadPoolExecutor(4) as pool:
            pages = list(pool.map(take, range(4)))
        self.assertEqual(sum("Welcome, ada" in page for page in pages), 1)
        self.assertEqual(sum("already exists" in page for page in pages), 3)

    @override_settings(OPEN_REGISTRATION=False)
    def test_registration_can_be_closed(self):
        page = sign_up(new_browser())
        self.assertContains(page, "Sign-up is closed", status_code=403)
        self.assertEqual(User.objects.count(), 0)

    @override_settings(SIGN_UPS_PER_ADDRESS_PER_HOUR=2)
    def test_one_address_makes_no_more_accounts_than_allowed(self):
        pages = [sign_up(new_browser(), f"user{number}") for number in range(3)]
        self.assertEqual(User.objects.count(), 2)
        self.assertContains(pages[-1], "Too many attempts. Wait 60 minutes")


class SignInTests(AccountCase):
    def setUp(self) -> None:
        super().setUp()
        User.objects.create_user("ada", password=PASSWORD)

    def test_in_and_out(self):
        browser = new_browser()
        sign_in(browser)
        self.assertEqual(self.who(browser), "ada")
        self.assertContains(browser.get("/account/"), "Sign out")
        browser.post("/account/sign-out/")
        self.assertIsNone(self.who(browser))

    def test_a_wrong_password_is_told_and_a_foreign_next_is_not_followed(self):
        self.assertContains(sign_in(new_browser(), password="wrong"), "name or the password is wrong")
        answer = sign_in(new_browser(), next="https://evil.example/")
        self.assertEqual(answer.redirect_chain[-1][0], "/")

    @patch("playground.accounts.sign_in_delay.FREE_FAILURES", 3)
    def test_right_passwords_do_not_count_and_forgive_wrong_ones(self):
        for _ in range(5):
            sign_in(new_browser(), password="wrong")
            browser = new_browser()
            sign_in(browser)
            self.assertEqual(self.who(browser), "ada")

    def test_of_many_tries_at_once_no_more_than_allowed_get_through(self):
        limit = Limit("test", 10, 60)

        def try_it(_: int) -> bool:
            try:
                return limit.allows("somebody")
            finally:
                connections.close_all()

        with ThreadPoolExecutor(8) as pool:
            self.assertEqual(sum(pool.map(try_it, range(100))), 10)


class AdoptionTests(AccountCase):
    def fill(self, guest: Identity) -> Dataset:
        create_run(guest)
        services.submit_answer(guest, key_of("one"), "b")
        services.submit_answer(guest, key_of("one"), "a")
        user_settings.update(guest, Preferences(display_name="Ada", theme=Theme.DARK, email="ada@example.org"))
        return Dataset.objects.create(owner=guest.owner, name="mine.csv", file="datasets/mine.csv", size=1)

    def assert_all_is(self, owner: str, guest: Identity) -> None:
        for model in (TrainingRun, Dataset, EmailMessage, UserSettings, Attempt):
            self.assertEqual({row.owner for row in model.objects.all()}, {owner}, model)
        self.assertEqual({row.user_id for row in Earned.objects.all()}, {owner})
        self.assertEqual(services.read_progress(guest).points, 0)

    def test_all_that_a_guest_has_comes_along_at_sign_up(self):
        browser, guest = new_guest()
        self.fill(guest)
        sign_up(browser)
        user = User.objects.get()
        self.assert_all_is(f"user:{user.pk}", guest)
        self.assertEqual({TrainingRun.objects.get().user, Dataset.objects.get().user}, {user})
        self.assertContains(browser.get("/settings/"), 'value="Ada"')
        self.assertEqual(browser.get(f"/runs/{TrainingRun.objects.get().pk}/").status_code, 200)

    def test_the_link_that_a_guest_was_sent_goes_on_working(self):
        browser, guest = new_guest()
        self.fill(guest)
        sign_up(browser)
        browser.post(read_link())
        self.assertEqual(UserSettings.objects.get().email, "ada@example.org")

    def test_mail_of_an_account_with_an_address_does_not_go_to_the_guest_before(self):
        user = User.objects.create_user("ada", "ada@example.org", PASSWORD)
        browser, guest = new_guest()
        browser.get("/")
        confirm_address(guest, "eve@example.org")
        user_settings.update(guest, Preferences(email="eve2@example.org"))
        link = read_link()
        sign_in(browser)
        self.assertEqual(new_browser().post(link).status_code, 403)
        settings = user_settings.get(Identity(f"user:{user.pk}", user_id=user.pk))
        self.assertEqual((settings.email, settings.pending_email), ("", "ada@example.org"))

    def test_at_sign_in_points_are_earned_once_and_the_accounts_own_settings_stay(self):
        user = User.objects.create_user("ada", password=PASSWORD)
        account = Identity(f"user:{user.pk}", user_id=user.pk)
        services.submit_answer(account, key_of("one"), "a")
        user_settings.update(account, Preferences(display_name="Countess"))
        browser, guest = new_guest()
        self.fill(guest)
        sign_in(browser)
        self.assert_all_is(account.owner, guest)
        self.assertEqual(services.read_progress(account).points, 10)
        settings = user_settings.get(account)
        self.assertEqual((settings.display_name, settings.theme), ("Countess", Theme.DARK))

    def test_what_a_page_that_stayed_open_did_as_a_guest_comes_along_at_sign_out(self):
        browser, guest = new_guest()
        sign_up(browser)
        create_run(guest)
        browser.post("/account/sign-out/")
        self.assertEqual(TrainingRun.objects.get().user, User.objects.get())

    def test_who_signs_in_next_in_the_same_browser_gets_nothing_of_it(self):
        bob = User.objects.create_user("bob", password=PASSWORD)
        browser, guest = new_guest()
        create_run(guest)
        sign_up(browser)
        sign_in(browser, "bob")
        self.assertEqual(self.who(browser), "bob")
        browser.post("/account/sign-out/")
        self.assertFalse(TrainingRun.objects.filter(user=bob).exists())

    def test_of_two_accounts_that_sign_in_at_once_with_one_guest_one_gets_all_and_nothing_doubles(self):
        browser, guest = new_guest()
        self.fill(guest)
        users = [User.objects.create_user(name) for name in ("ada", "bob")]

        class Request:
            session = dict(browser.session)

        def adopt(user: User) -> None:
            try:
                transfer_guest(request=Request(), user=user)
            finally:
                connections.close_all()

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(adopt, users * 2))
        for model in (TrainingRun, Dataset, UserSettings):
            self.assertIn(model.objects.get().owner, {f"user:{user.pk}" for user in users})
        self.assertEqual(Attempt.objects.count(), 2)
        self.assertEqual(services.read_progress(guest).points, 0)


@override_settings(EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend", PUBLIC_URL="http://localhost:8000")
class PasswordTests(AccountCase):
    def setUp(self) -> None:
        super().setUp()
        self.user = User.objects.create_user("ada", "ada@example.org", PASSWORD)

    def ask(self, address: str = "ada@example.org"):
        page = new_browser().post("/account/password/forgotten/", {"email": address}, follow=True)
        deliver_due()
        return page

    def follow_link(self) -> tuple[Client, str]:
        """Replace the password by the link in the first mail. Returns the browser and the link."""
        link = re.search(r"http://localhost:8000(/account/password/new/\S+)", mail.outbox[0].body)
        assert link
        browser = new_browser()
        form_at = browser.get(link.group(1), follow=True).redirect_chain[-1][0]
        fields = {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
        self.assertContains(browser.post(form_at, fields, follow=True), "Sign in with it")
        return browser, link.group(1)

    def test_a_forgotten_password_is_replaced_by_the_link_in_the_mail_once(self):
        self.assertContains(self.ask(), "Check your e-mail")
        self.assertEqual(mail.outbox[0].to, ["ada@example.org"])
        browser, link = self.follow_link()
        sign_in(browser, password=NEW_PASSWORD)
        self.assertEqual(self.who(browser), "ada")
        self.assertContains(new_browser().get(link, follow=True), "has been used or has expired")

    def test_who_has_no_account_is_told_the_same_and_sent_nothing(self):
        pages = [
            self.ask(address).content.decode().partition("<main")[2]
            for address in ("bob@example.org", "ada@example.org")
        ]
        self.assertIn("Check your e-mail", pages[0])
        self.assertEqual(*pages)
        self.assertEqual(len(mail.outbox), 1)

    def test_the_page_does_the_same_work_whether_or_not_an_account_has_the_address(self):
        """So that its time tells nothing. Only literals differ: the address, ids and times."""

        def list_statements(address: str) -> list[str]:
            browser = new_browser()
            with CaptureQueriesContext(connection) as captured:
                browser.post("/account/password/forgotten/", {"email": address})
            return [re.sub(r"'[^']*'|\b\d+\b", "?", query["sql"]) for query in captured]

        list_statements("first@example.org")  # counts the first attempt of this network address
        record_confirmed(self.user)
        known, unknown = (list_statements(address) for address in ("ada@example.org", "bob@example.org"))
        self.assertEqual(known, unknown)
        self.assertFalse([sql for sql in known if "auth_user" in sql])

    @patch("notifications.policy.RESETS_PER_MAILBOX_PER_HOUR", 2)
    def test_a_mailbox_is_not_flooded(self):
        with self.assertLogs("notifications.delivery", "WARNING") as logged:
            pages = [self.ask(spelling) for spelling in ("ada@example.org", "Ada@example.org", "ADA@EXAMPLE.ORG")]
        self.assertEqual(len(mail.outbox), 2)
        self.assertNotIn("@", str(logged.output))
        self.assertContains(pages[-1], "Check your e-mail")  # the answer that every other visitor gets

    @patch.multiple("playground.accounts.rate_limits", RESETS_PER_ADDRESS_PER_HOUR=2, RESETS_PER_NETWORK_PER_HOUR=4)
    def test_a_network_that_asks_for_very_many_links_keeps_nobody_else_from_one(self):
        for number in range(12):
            fields = {"email": f"nobody{number}@example.org"}
            address = f"203.0.113.{number % 6}"
            page = new_browser().post("/account/password/forgotten/", fields, REMOTE_ADDR=address)
        self.assertContains(page, "Too many attempts")
        self.assertEqual(EmailMessage.objects.count(), 4)
        self.ask()
        self.assertEqual(mail.outbox[-1].to, ["ada@example.org"])

    @override_settings(EMAIL_PER_HOUR=2)
    def test_a_request_that_is_not_stored_is_refused_whether_or_not_an_account_has_the_address(self):
        for _ in range(2):
            new_browser().post("/account/password/forgotten/", {"email": "nobody@example.org"})
        for address in ("ada@example.org", "bob@example.org"):
            with self.assertLogs("notifications.submission", "WARNING"):
                page = new_browser().post("/account/password/forgotten/", {"email": address})
            self.assertContains(page, "Please try again in an hour")

    def test_all_accounts_of_a_mailbox_are_in_one_mail_and_unconfirmed_ones_are_not_named(self):
        record_confirmed(self.user)
        User.objects.create_user("Buy-pills.example", "ADA@example.org", PASSWORD)
        User.objects.create_user("bob", "ada+bob@example.org", PASSWORD)
        self.ask()
        (letter,) = mail.outbox
        self.assertEqual(len(re.findall(r"/account/password/new/", letter.body)), 2)
        self.assertIn("The account ada:", letter.body)
        self.assertNotIn("pills", letter.message().as_string())

    @patch("notifications.policy.PER_STRANGER_PER_DAY", 2)
    def test_resets_and_confirmations_share_the_limit_of_a_mailbox(self):
        sign_up(new_browser(), "eve", email="Ada+x@example.org")
        for _ in range(2):
            with self.assertLogs("notifications", "WARNING") if _ else nullcontext():
                self.ask()
        self.assertEqual(CountedMail.objects.count(), 2)
        self.assertEqual(len(mail.outbox), 2)

    def test_a_new_password_confirms_the_address(self):
        self.ask()
        self.follow_link()
        self.assertEqual(
            find_confirmed_address(Identity(f"user:{self.user.pk}", user_id=self.user.pk)), "ada@example.org"
        )

    def test_once_an_address_is_confirmed_resets_go_there_and_no_longer_to_the_one_before(self):
        account = Identity(f"user:{self.user.pk}", user_id=self.user.pk)
        record_confirmed(self.user)
        user_settings.update(account, Preferences(email="new@example.org"))
        new_browser().post(read_link())
        sent = len(mail.outbox)
        self.ask()
        self.assertEqual(len(mail.outbox), sent)
        self.ask("new@example.org")
        self.assertEqual(mail.outbox[-1].to, ["new@example.org"])

    def test_letters_that_only_look_alike_reach_nobody_elses_account(self):
        User.objects.create_user("mike", "mike@example.org", PASSWORD)
        for address in ("m\u0131ke@example.org", "mi\u212ae@example.org", "mike@example\u3002org.evil.example"):
            self.ask(address)
        self.assertEqual(mail.outbox, [])

    def test_an_old_link_is_of_no_use_after_the_address_has_changed(self):
        self.ask()
        User.objects.filter(pk=self.user.pk).update(email="new@example.org")
        link = re.search(r"/account/password/new/\S+", mail.outbox[0].body).group()
        self.assertContains(new_browser().get(link, follow=True), "has been used or has expired")

    def test_a_password_is_changed_and_other_browsers_are_signed_out(self):
        here, elsewhere = new_browser(), new_browser()
        sign_in(here)
        sign_in(elsewhere)
        fields = {"old_password": PASSWORD, "new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
        self.assertContains(here.post("/account/password/", fields, follow=True), "Your password is changed")
        self.assertEqual(here.get("/account/").status_code, 200)
        self.assertRedirects(elsewhere.get("/account/"), "/account/sign-in/?next=/account/")


class DeletionTests(AccountCase):
    def test_everything_of_an_account_goes_and_nothing_of_others(self):
        browser = new_browser()
        sign_up(browser)
        user = User.objects.get()
        account = Identity(f"user:{user.pk}", user_id=user.pk)
        run_id = create_run(account)
        create_run(Identity("guest:somebody"))
        services.submit_answer(account, key_of("one"), "a")
        user_settings.update(account, Preferences(display_name="Ada"))
        location = default_storage.save("artifacts/model.pt", ContentFile(b"weights"))
        Artifact.objects.create(run_id=run_id, name="model.pt", file=location, size=7)
        self.assertContains(browser.post("/account/delete/", {"password": "wrong"}), "not your password")
        self.assertTrue(default_storage.exists(location))
        page = browser.post("/account/delete/", {"password": PASSWORD}, follow=True)
        self.assertContains(page, "Your account is deleted")
        self.assertIsNone(self.who(browser))
        self.assertEqual(TrainingRun.objects.get().owner, "guest:somebody")
        for model in (User, UserSettings, Attempt, Earned):
            self.assertFalse(model.objects.exists(), model)
        self.assertFalse(default_storage.exists(location))
