"""`python manage.py permissions`: print who may reach what, as Markdown."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from playground.permission_table import render


class Command(BaseCommand):
    help = "Prints who may reach what by which socket event, page, download and admin page, as Markdown."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(render(), ending="")
