"""`python manage.py package_diagram`: the drawing of the packages and their imports, as SVG."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from playground.docs.drawing import draw
from playground.docs.packages import build_graph, read_imports, reduce_graph

COLOURS = {"playground": "#dbe9f8", "training": "#dff2e4", "progress": "#fdeecf", "notifications": "#f3e1f5"}
TITLE = "The packages of the project. An arrow leads from a package to one that it imports."


class Command(BaseCommand):
    help = "Prints a drawing of the project's packages and their imports as SVG, read from the code."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(draw(reduce_graph(build_graph(read_imports())), COLOURS, TITLE), ending="")
