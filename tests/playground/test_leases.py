"""Leases of rows: one worker claims, renews and gives back, and an expired lease goes to another."""

from __future__ import annotations

import threading
from functools import partial

from django.db import connection
from django.test import SimpleTestCase, TransactionTestCase

from notifications.models import EmailMessage
from playground import leases
from tests.notifications.cases import queue_text
from tests.together import at_once


class LeaseTests(TransactionTestCase):
    def setUp(self) -> None:
        self.rows = EmailMessage.objects.filter(pk=queue_text().pk)

    def claim(self, worker: str, seconds: float = 60) -> str | None:
        return leases.claim(self.rows.filter(leases.is_free()), worker, seconds)

    def test_of_concurrent_workers_one_claims_a_row(self):
        def take(worker: str) -> str | None:
            try:
                return self.claim(worker)
            finally:
                connection.close()

        tokens = at_once([partial(take, f"worker-{number}") for number in range(8)])
        (token,) = [token for token in tokens if token]
        row = self.rows.get()
        self.assertEqual((row.worked_by, row.attempts), (token, 1))
        self.assertTrue(token.startswith("worker-"))

    def test_an_expired_lease_goes_to_another_worker_under_a_new_token(self):
        first = self.claim("one", seconds=-1)
        second = self.claim("one")
        self.assertNotEqual(first, second)
        self.assertIsNone(self.claim("two"))
        self.assertEqual(leases.renew(self.rows.filter(worked_by=first), 60), 0)
        self.assertEqual(self.rows.get().attempts, 2)

    def test_a_lease_that_is_given_back_or_expires_early_frees_the_row(self):
        self.claim("one")
        self.assertEqual(leases.give_back(self.rows, last_error="busy"), 1)
        self.assertEqual(self.rows.get().last_error, "busy")
        self.claim("two")
        leases.expire(self.rows)
        self.assertTrue(self.claim("three"))


class LeaseKeeperTests(SimpleTestCase):
    def test_it_renews_what_is_held_and_its_thread_ends_when_nothing_is(self):
        renewed = threading.Event()
        held: list[set[str]] = []

        def renew(claims) -> None:
            held.append(set(claims))
            renewed.set()

        keeper: leases.LeaseKeeper[str] = leases.LeaseKeeper(renew, lambda: 0.01)
        with keeper.hold("one"):
            thread = keeper._thread
            self.assertTrue(renewed.wait(30))
        assert thread is not None
        thread.join(30)
        self.assertFalse(thread.is_alive())
        self.assertEqual(held[0], {"one"})
        renewed.clear()
        with keeper.hold("two"):
            self.assertTrue(renewed.wait(30), "a new thread begins")
