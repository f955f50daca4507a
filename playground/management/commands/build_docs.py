"""`python manage.py build_docs`: the Markdown files of the pages that are made by functions, for readers on GitHub."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from playground.docs.contents import PAGES


class Command(BaseCommand):
    help = "Writes the Markdown files of the documentation's generated pages, such as the settings."

    def handle(self, *args: Any, **options: Any) -> None:
        for page in PAGES.values():
            if page.build:
                page.path.write_text(page.build(), encoding="utf-8")
                self.stdout.write(f"Wrote {page.path}.")
