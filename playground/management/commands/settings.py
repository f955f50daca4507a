"""`manage.py settings`: print the settings page of the documentation."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from playground.environment.page import build_page


class Command(BaseCommand):
    help = "Print the settings of operators as Markdown, as playground/docs/settings.md keeps them."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(build_page(), ending="")
