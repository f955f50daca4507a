"""The drawing of the packages: read from the code, drawn as SVG, kept in the documentation."""

from __future__ import annotations

import re
import tempfile
from graphlib import CycleError
from io import StringIO
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

from django.core.management import call_command
from django.test import SimpleTestCase

from playground.docs.drawing import draw
from playground.docs.packages import build_graph, read_imports, reduce_graph
from tests.server import ROOT

KEPT = ROOT / "playground/static/playground/packages.svg"
SVG = "{http://www.w3.org/2000/svg}"
FILES = {
    "playground/urls.py": "from training import consumers\n",
    "playground/closed_accounts.py": "import playground.wire.errors\n",
    "playground/wire/errors.py": "",
    "training/consumers.py": "import training.quota\n",
    "training/quota.py": "from training.runs.ledger import record\nimport playground.closed_accounts\n",
    "training/runs/ledger.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import training.consumers\n",
    "training/runs/__init__.py": "",
    "progress/labs.py": "import training.runs, os\n",
}


def read(files: dict[str, str]) -> dict[str, set[str]]:
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            (Path(folder) / name).parent.mkdir(parents=True, exist_ok=True)
            (Path(folder) / name).write_text(text)
        return build_graph(read_imports(Path(folder)))


class GraphTests(SimpleTestCase):
    def test_packages_import_through_modules_that_are_not_drawn(self):
        self.assertEqual(
            read(FILES),
            {
                "playground": {"training.consumers"},
                "playground: shared": {"playground.wire"},
                "playground.wire": set(),
                "training.consumers": {"training.runs", "playground: shared"},
                "training.runs": set(),
                "progress": {"training.runs"},
            },
        )

    def test_imports_that_follow_from_others_are_left_out(self):
        graph = {"a": {"b", "c"}, "b": {"c"}, "c": set()}
        self.assertEqual(reduce_graph(graph), {"a": {"b"}, "b": {"c"}, "c": set()})

    def test_a_cycle_is_an_error(self):
        with self.assertRaises(CycleError):
            reduce_graph({"a": {"b"}, "b": {"a"}})


class DrawingTests(SimpleTestCase):
    def test_every_node_is_a_box_above_its_targets(self):
        graph = {"a.x": {"a.y", "a.z"}, "a.y": {"a.z"}, "a.z": set(), "a.<w>": {"a.z"}}
        root = ElementTree.fromstring(draw(graph, {"a": "#ffffff"}, "A & B"))
        self.assertEqual(root.findtext(f"{SVG}title"), "A & B")
        heights = {text.text: float(text.get("y")) for text in root.iter(f"{SVG}text")}
        self.assertEqual(set(heights), set(graph))
        for node, targets in graph.items():
            for target in targets:
                self.assertLess(heights[node], heights[target])
        self.assertEqual(sum(path.get("marker-end") is not None for path in root.iter(f"{SVG}path")), 4)

    def test_boxes_of_a_layer_do_not_overlap(self):
        root = ElementTree.parse(KEPT).getroot()
        boxes = [each for each in root.iter(f"{SVG}rect") if each.get("x")]
        self.assertGreater(len(boxes), 10)
        for row in {box.get("y") for box in boxes}:
            spans = sorted((float(box.get("x")), float(box.get("width"))) for box in boxes if box.get("y") == row)
            for (left, width), (right, _) in pairwise(spans):
                self.assertLessEqual(left + width, right)


class KeptTests(SimpleTestCase):
    def test_the_drawing_is_that_of_the_code(self):
        out = StringIO()
        call_command("package_diagram", stdout=out)
        self.assertEqual(KEPT.read_text(), out.getvalue(), f"run: manage.py package_diagram > {KEPT.relative_to(ROOT)}")

    def test_it_loads_nothing_and_runs_nothing(self):
        self.assertIsNone(re.search(r"<script|href|<style|\bon\w+=|url\((?!#)", KEPT.read_text()))
