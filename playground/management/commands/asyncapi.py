from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand

from playground.contract import get_contract


class Command(BaseCommand):
    help = "Prints the contract of the sockets as an AsyncAPI 3.0 document."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(json.dumps(get_contract(), indent=2, ensure_ascii=False))
