from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from playground.browser_types import write_types
from playground.contract import get_contract


class Command(BaseCommand):
    help = "Prints the contract of the sockets as TypeScript declarations: static/playground/wire/types.d.ts."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(write_types(get_contract()), ending="")
