"""Passwords that are checked at once: bounded in all and for an address, refused without being counted."""

from __future__ import annotations

import threading
from functools import partial
from unittest.mock import patch

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client, SimpleTestCase, TransactionTestCase, override_settings

from playground.accounts import password_hashing as hashing
from playground.accounts.password_hashing import TooManyHashes, reserve_attempt, reserve_core
from playground.accounts.sign_in_delay import SignInDelay
from playground.models import Throttle
from tests.together import at_once

PASSWORD = "correct horse battery"


class Gauge:
    """Counts how many threads are inside at once. Each stays until `most` have been, or for a moment."""

    def __init__(self) -> None:
        self.condition = threading.Condition()
        self.inside = self.highest = 0

    def visit(self) -> None:
        with self.condition:
            self.inside += 1
            self.highest = max(self.highest, self.inside)
            self.condition.wait(0.02)
            self.inside -= 1


class PlacesTests(SimpleTestCase):
    def test_no_more_than_two_attempts_of_one_address_run_at_once_and_all_get_through(self):
        gauge = Gauge()

        def attempt() -> None:
            with reserve_attempt("192.0.2.1"):
                gauge.visit()

        at_once([attempt] * 12)
        self.assertEqual(gauge.highest, 2)
        self.assertEqual(hashing._addresses, {})

    def test_no_more_hashes_than_places_run_at_once(self):
        gauge = Gauge()

        def hash_one() -> None:
            with reserve_core():
                gauge.visit()

        with patch.object(hashing, "_cores", threading.Semaphore(3)):
            at_once([hash_one] * 12)
        self.assertEqual(gauge.highest, 3)

    @patch("playground.accounts.password_hashing.WAIT_SECONDS", 0)
    def test_another_address_does_not_wait(self):
        with reserve_attempt("192.0.2.1"), reserve_attempt("192.0.2.1"):
            with self.assertRaises(TooManyHashes), reserve_attempt("192.0.2.1"):
                pass
            with reserve_attempt("192.0.2.2"):
                pass


class SignInTests(TransactionTestCase):
    def setUp(self) -> None:
        self.user = User.objects.create_user("ada", password=PASSWORD)

    def post(self, browser: Client, password: str = PASSWORD, name: str = "ada", path: str = "/account/sign-in/"):
        return browser.post(path, {"username": name, "password": password})

    def count(self) -> int:
        return sum(Throttle.objects.values_list("count", flat=True))

    @patch("playground.accounts.password_hashing.WAIT_SECONDS", 0)
    def test_an_attempt_without_a_place_is_refused_politely_and_not_counted(self):
        with patch.object(hashing, "_cores", threading.Semaphore(0)):
            for _ in range(15):
                page = self.post(Client())
                self.assertContains(page, "Please try again in a moment", status_code=429)
            self.assertContains(self.post(Client(), path="/admin/login/"), "Please try again in a moment")
        with reserve_attempt("127.0.0.1"), reserve_attempt("127.0.0.1"):
            self.assertContains(self.post(Client()), "Please try again in a moment", status_code=429)
        self.assertEqual(self.count(), 0)
        browser = Client()
        self.post(browser)
        self.assertIn("_auth_user_id", browser.session)

    @patch("playground.accounts.password_hashing.WAIT_SECONDS", 0)
    def test_nor_is_that_of_somebody_who_is_signed_in(self):
        browser = Client()
        browser.force_login(self.user)
        with patch.object(hashing, "_cores", threading.Semaphore(0)):
            answer = browser.post("/account/delete/", {"password": PASSWORD})
        self.assertContains(answer, "Please try again in a moment")
        self.assertEqual(self.count(), 0)

    def test_no_place_is_held_while_the_database_is_asked(self):
        places = threading.Semaphore(1)
        held: list[bool] = []

        def watch(execute, sql, params, many, context):
            is_free = places.acquire(blocking=False)
            if is_free:
                places.release()
            held.append(not is_free)
            return execute(sql, params, many, context)

        with patch.object(hashing, "_cores", places), connections["default"].execute_wrapper(watch):
            for name, password in (("ada", PASSWORD), ("ada", "wrong"), ("nobody", "wrong")):
                self.post(Client(), password, name)
        self.assertTrue(held)
        self.assertFalse(any(held))

    def test_a_class_behind_one_address_signs_in_at_the_same_moment(self):
        for number in range(40):
            User.objects.create_user(f"pupil{number}", password=PASSWORD)
        browsers = [Client() for _ in range(40)]

        def sign_in(number: int) -> None:
            self.post(browsers[number], name=f"pupil{number}")

        at_once([partial(sign_in, number) for number in range(40)])
        self.assertTrue(all("_auth_user_id" in browser.session for browser in browsers))

    def test_an_outdated_hash_is_replaced_at_the_next_sign_in(self):
        hasher = "django.contrib.auth.hashers.PBKDF2PasswordHasher"
        with override_settings(PASSWORD_HASHERS=[hasher, *settings.PASSWORD_HASHERS]):
            self.assertFalse(hashing.check_password(User.objects.get(), "wrong"))
            self.assertTrue(User.objects.get().password.startswith("md5$"))
            self.assertTrue(hashing.check_password(User.objects.get(), PASSWORD))
        self.assertTrue(User.objects.get().password.startswith("pbkdf2_sha256$"))

    def test_an_attempt_that_is_taken_back_leaves_the_pace_as_it_was(self):
        pace = SignInDelay("ada", "192.0.2.1")
        for _ in range(30):
            self.assertEqual(pace.begin(), 0)
            pace.take_back()
        self.assertEqual(self.count(), 0)
