"""The labels of arguments and loss functions on pages equal those of the registries and the report."""

from __future__ import annotations

import re
from pathlib import Path

from django.test import SimpleTestCase

from training.artifacts.report import CRITERION_NAMES
from training.spec import Criterion
from training.trainers.networks import layers

STATIC = Path(__file__).parents[2] / "playground/static/playground"


def read_labels(name: str) -> dict[str, str]:
    """Return one of the objects of labels.js."""
    [path] = STATIC.rglob("labels.js")
    body = re.search(rf"const {name} = {{(.*?)\n}};", path.read_text(), re.DOTALL)
    assert body is not None, name
    return dict(re.findall(r"^ +(\w+): \"(.+)\",$", body[1], re.MULTILINE))


class LabelTests(SimpleTestCase):
    def test_every_argument_of_a_layer_has_a_label(self):
        names = {argument["name"] for layer in layers.palette() for argument in layer["arguments"]}
        self.assertEqual(set(read_labels("LAYER_ARGUMENTS")), names)

    def test_pages_and_report_name_each_loss_function_the_same(self):
        self.assertEqual(read_labels("CRITERIA"), {name.value: label for name, label in CRITERION_NAMES.items()})
        self.assertEqual(set(CRITERION_NAMES), set(Criterion))
