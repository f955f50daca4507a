"""`python manage.py unlock USERNAME|ADDRESS`: forget the failed sign-ins of an account, or from a network address."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from playground.accounts.sign_in_delay import unlock
from playground.wire.address import UNKNOWN, normalize_address


class Command(BaseCommand):
    help = "Forgets the failed sign-ins and other counted attempts of an account, or from a network address."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="USERNAME|ADDRESS", help="such as ada, 203.0.113.7 or 2001:db8::1")

    def handle(self, *, name: str, **_: Any) -> None:
        address = normalize_address(name)
        count = unlock(name) + (unlock(address) if address not in (UNKNOWN, name) else 0)
        self.stdout.write(f"{name}: {count} counters forgotten." if count else f"{name}: nothing was counted.")
