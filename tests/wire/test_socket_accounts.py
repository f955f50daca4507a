"""Limits of the process: a few addresses that take everything leave room for another."""

from __future__ import annotations

from collections import Counter
from unittest.mock import patch

from django.test import SimpleTestCase, override_settings

from playground.wire import socket_accounts
from playground.wire.socket_accounts import EXCESS, Account


class HoldingsCase(SimpleTestCase):
    def setUp(self) -> None:
        for name in ("_sockets", "_owners", "_bytes"):
            patched = patch.object(socket_accounts, name, Counter())
            patched.start()
            self.addCleanup(patched.stop)

    def fill(self, address: str, size: int) -> int:
        """Hold as much as the address gets, and return the bytes."""
        account, held = Account(address), 0
        while account.add_waiting(size):
            held += size
        return held


@override_settings(WIRE_MAX_HELD_BYTES=192_000_000)
class ByteTests(HoldingsCase):
    def test_three_addresses_that_hold_everything_leave_room_for_another(self):
        for number in range(3):
            self.assertEqual(self.fill(f"192.0.2.{number}", 1_000_000), 64_000_000)
        honest = Account("198.51.100.1")
        self.assertTrue(honest.set_unfinished(20_000))
        self.assertTrue(honest.add_waiting(12_000_000))  # a table of 488 kB, as estimated
        self.assertFalse(Account("192.0.2.1").set_unfinished(20_000))

    def test_many_addresses_exceed_the_limit_by_a_bounded_amount(self):
        held = sum(self.fill(f"192.0.2.{number}", 100_000) for number in range(200))
        self.assertLessEqual(held, EXCESS * 192_000_000)

    def test_addresses_with_small_frames_do_not_count_as_sharing(self):
        for number in range(1_000):
            self.assertTrue(Account(f"203.0.{number // 250}.{number % 250}").add_waiting(1_000))
        for number in range(3):
            self.fill(f"192.0.2.{number}", 1_000_000)
        self.assertTrue(Account("198.51.100.1").add_waiting(12_000_000))


@override_settings(WIRE_MAX_SOCKETS=100, WIRE_MAX_SOCKETS_PER_ADDRESS=40)
class SocketTests(HoldingsCase):
    def open(self, address: str) -> int:
        """Open as many sockets as the address gets, and return their number."""
        count = 0
        while Account.has_room_for_socket(address):
            Account(address)
            count += 1
        return count

    def test_three_addresses_that_have_every_socket_leave_room_for_another(self):
        self.assertEqual([self.open(f"192.0.2.{number}") for number in range(3)], [40, 40, 20])
        self.assertEqual(self.open("198.51.100.1"), 100 // 8)
        self.assertEqual(self.open("192.0.2.1"), 0)

    def test_many_addresses_exceed_the_limit_by_a_bounded_amount(self):
        self.assertLessEqual(sum(self.open(f"192.0.2.{number}") for number in range(500)), EXCESS * 100)
