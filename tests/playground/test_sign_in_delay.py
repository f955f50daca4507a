"""Wrong passwords: who waits for them, for how long, and who does not."""

from __future__ import annotations

import math
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO
from unittest.mock import patch

from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connections
from django.db.models import F
from django.test import Client, TransactionTestCase

from playground.accounts.known_browser_cookie import COOKIE
from playground.accounts.sign_in_delay import SignInDelay, find_network
from playground.models import Throttle

PASSWORD = "correct horse battery"


class PaceCase(TransactionTestCase):
    def setUp(self) -> None:
        self.user = User.objects.create_user("ada", password=PASSWORD)

    def post(
        self, browser: Client, password: str = PASSWORD, name: str = "ada", path: str = "/account/sign-in/", **extra
    ):
        return browser.post(path, {"username": name, "password": password}, **extra)

    def is_in(self, browser: Client, **extra) -> bool:
        self.post(browser, **extra)
        return "_auth_user_id" in browser.session

    def pass_time(self, seconds: int) -> None:
        """Let all times that are stored be so many seconds earlier."""
        Throttle.objects.update(
            not_before=F("not_before") - timedelta(seconds=seconds), expires=F("expires") - timedelta(seconds=seconds)
        )


@patch("playground.accounts.sign_in_delay.FREE_FAILURES", 3)
class OneAddressTests(PaceCase):
    def test_the_right_password_passes_after_as_many_wrong_ones_as_are_free(self):
        for _ in range(3):
            self.assertContains(self.post(Client(), "wrong"), "name or the password is wrong")
        self.assertTrue(self.is_in(Client()))

    def test_each_wrong_password_beyond_makes_the_next_wait_longer(self):
        for _ in range(3):
            self.post(Client(), "wrong")
        for wait in (1, 2, 4, 8):
            self.assertContains(self.post(Client(), "wrong"), f"try again in {wait} second")
            self.assertContains(self.post(Client()), "Too many attempts. Wait")
            self.pass_time(wait)
        self.assertTrue(self.is_in(Client()))

    @patch("playground.accounts.sign_in_delay.MAX_WAIT_SECONDS", 4)
    def test_waits_are_bounded_and_forgotten_after_the_window(self):
        pace = SignInDelay("ada", "192.0.2.1")
        for _ in range(20):
            pace.begin()
            self.assertLessEqual(pace.find_wait(), 4)
            self.pass_time(4)
        self.pass_time(3_600)
        for _ in range(3):
            self.assertEqual(pace.begin(), 0)

    def test_another_address_and_another_account_do_not_wait(self):
        User.objects.create_user("bob", password=PASSWORD)
        for _ in range(10):
            self.post(Client(), "wrong")
        self.assertFalse(self.is_in(Client()))
        self.assertTrue(self.is_in(Client(), REMOTE_ADDR="192.0.2.7"))
        self.assertTrue(self.is_in(Client(), name="bob"))

    def test_a_name_without_an_account_is_answered_in_the_same_way(self):
        answers = []
        for name in ("ada", "nobody"):
            pages = [self.post(Client(), "wrong", name).context["form"].errors for _ in range(6)]
            answers.append([page["__all__"] for page in pages])
        self.assertEqual(*answers)

    def test_the_admin_says_the_same(self):
        for _ in range(4):
            self.post(Client(), "wrong", path="/admin/login/")
        self.assertContains(self.post(Client(), path="/admin/login/"), "Too many attempts. Wait 1 second ")
        self.assertContains(self.post(Client()), "Too many attempts. Wait 1 second ")

    def test_of_concurrent_attempts_no_more_than_allowed_get_through(self):
        def begin(_: int) -> bool:
            try:
                return not SignInDelay("ada", "192.0.2.1").begin()
            finally:
                connections.close_all()

        with ThreadPoolExecutor(8) as pool:
            self.assertEqual(sum(pool.map(begin, range(40))), 4)

    def test_a_command_forgets_them_by_account_and_by_address(self):
        for name in ("ada", "127.0.0.1", "::ffff:127.0.0.1"):
            for _ in range(5):
                self.post(Client(), "wrong")
            self.assertFalse(self.is_in(Client()))
            out = StringIO()
            call_command("unlock", name, stdout=out)
            self.assertIn("forgotten", out.getvalue())
            self.assertTrue(self.is_in(Client()), name)


class SchoolTests(PaceCase):
    @patch("playground.accounts.sign_in_delay.FAILURES_PER_ADDRESS", 5)
    def test_many_failures_behind_one_address_keep_nobody_from_a_first_attempt(self):
        for number in range(20):
            self.post(Client(), "wrong", f"nobody{number}")
        self.assertTrue(self.is_in(Client()))

    @patch("playground.accounts.sign_in_delay.FAILURES_PER_ADDRESS", 5)
    def test_but_give_one_wrong_password_an_account(self):
        for number in range(20):
            self.post(Client(), "wrong", f"nobody{number}")
        self.assertContains(self.post(Client(), "wrong"), "name or the password is wrong")
        self.assertContains(self.post(Client(), "wrong"), "try again in 1 second")


class KnownBrowserTests(PaceCase):
    def test_a_known_browser_does_not_wait_for_what_others_do(self):
        known = Client()
        self.post(known)
        known.post("/account/sign-out/")
        self.attack(100)
        self.assertTrue(self.is_in(known))
        self.assertTrue(known.cookies[COOKIE]["httponly"])
        self.assertEqual(known.cookies[COOKIE]["samesite"], "Lax")

    def test_it_waits_for_its_own_wrong_passwords(self):
        known = Client()
        self.post(known)
        known.post("/account/sign-out/")
        for _ in range(11):
            self.post(known, "wrong")
        self.assertContains(self.post(known), "Too many attempts")
        self.assertTrue(self.is_in(Client()))

    def test_it_is_known_to_its_account_alone(self):
        User.objects.create_user("bob", password=PASSWORD)
        known = Client()
        self.post(known)
        self.attack(100, "bob")
        self.assertContains(self.post(known, name="bob"), "Too many attempts")

    def test_a_new_password_ends_it_and_a_forged_cookie_is_none(self):
        known, forged = Client(), Client()
        self.post(known)
        known.post("/account/sign-out/")
        forged.cookies[COOKIE] = known.cookies[COOKIE].value + "x"
        self.user.set_password("another one")
        self.user.save()
        self.attack(100)
        for browser in (known, forged):
            self.assertContains(self.post(browser, "another one"), "Too many attempts")

    def attack(self, count: int, name: str = "ada") -> None:
        for number in range(count):
            SignInDelay(name, f"198.51.100.{number}").begin()
        for _ in range(15):
            SignInDelay(name, "127.0.0.1").begin()


@patch.multiple("playground.accounts.sign_in_delay", FAILURES_PER_ACCOUNT=5, TURN_SECONDS=5)
class DistributedTests(PaceCase):
    def guess(self, addresses: range) -> int:
        return sum(not SignInDelay("ada", f"10.0.{number // 250}.{number % 250}").begin() for number in addresses)

    def test_guesses_from_many_addresses_are_bounded_over_all_of_them(self):
        began = time.monotonic()
        guessed = self.guess(range(230, 270))  # of two networks
        for _ in range(20):
            self.pass_time(5)
            guessed += self.guess(range(230, 270))
        passed = 20 * 5 + time.monotonic() - began
        self.assertLessEqual(guessed, 6 + passed / 5)

    def test_a_network_with_many_addresses_holds_one_place_and_the_owner_gets_the_next(self):
        self.guess(range(230, 270))
        page = self.post(Client())
        self.assertContains(page, "Too many attempts. Wait")
        self.assertContains(page, "ask for a new password, or use a browser in which you signed in before")
        self.pass_time(15)
        self.assertTrue(self.is_in(Client()))

    @patch("playground.accounts.sign_in_delay.TURN_SECONDS", 20)
    def test_places_go_by_the_order_of_first_attempts_however_often_others_ask(self):
        networks = [f"203.0.{number}.1" for number in range(20)]
        for address in networks:
            SignInDelay("ada", address).begin()
        owner = SignInDelay("ada", "192.0.2.1")
        waited = 0
        while waited < 900 and (wait := owner.begin()):
            for _ in range(4):  # others ask while the owner does what the page says
                self.pass_time(math.ceil(wait / 4))
                waited += math.ceil(wait / 4)
                for address in networks:
                    SignInDelay("ada", address).begin()
        self.assertLessEqual(waited, 20 * len(networks) + 10)

    def test_networks_are_a_24_and_a_48(self):
        self.assertEqual(find_network("203.0.113.7"), "203.0.113.0/24")
        self.assertEqual(find_network("2001:db8:1:2::/64"), "2001:db8:1::/48")
        self.assertEqual(find_network("unknown"), "unknown")


class OwnPasswordTests(PaceCase):
    def test_a_stolen_session_is_no_way_to_guess_the_password(self):
        browser = Client()
        browser.force_login(self.user)
        for number in range(11):
            answer = browser.post("/account/delete/", {"password": f"wrong {number}"})
        self.assertContains(browser.post("/account/delete/", {"password": PASSWORD}), "Too many attempts")
        fields = {"old_password": PASSWORD, "new_password1": "a new one 2026", "new_password2": "a new one 2026"}
        self.assertContains(browser.post("/account/password/", fields), "Too many attempts")
        self.assertTrue(User.objects.filter(pk=self.user.pk).exists())
        self.assertEqual(answer.status_code, 200)
        self.assertTrue(self.is_in(Client()))  # sign-in still works
