"""The plots of a result: from what is stored of a run alone, and legible however many classes and long the labels."""

from __future__ import annotations

import dataclasses
import io
import json
import warnings

import numpy as np
from django.test import SimpleTestCase
from PIL import Image

from playground.wire.envelope import dump
from tests.training.data import builtin_data
from training.artifacts.result_plots import build_confusion_plot, build_residuals_plot, build_roc_plot
from training.datasets.preprocessing import PreparedData
from training.messages.results import AuxiliaryOutputs
from training.trainers.base import Fitted
from training.trainers.results.evaluation import evaluate

ODD_LABELS = ("$x^{$", "_hidden", "two\nlines", "long " * 60, "<b>", "")


def stored(data: PreparedData, predictions: np.ndarray, probabilities: np.ndarray | None) -> AuxiliaryOutputs:
    """Return outputs as they are read from a stored event."""
    stored_json = json.dumps(dump(evaluate(data, Fitted(None, [], predictions, probabilities))))
    return AuxiliaryOutputs.model_validate_json(stored_json)


def classified(labels: tuple[str, ...], rows: int = 300, strength: float = 0.4) -> AuxiliaryOutputs:
    random = np.random.default_rng(0)
    data = builtin_data("IRIS")
    y = np.arange(rows) % len(labels)
    data = dataclasses.replace(data, plan=dataclasses.replace(data.plan, classes=labels), y_train=y, y_test=y)
    probabilities = (1 - strength) * random.dirichlet(np.ones(len(labels)), rows) + strength * np.eye(len(labels))[y]
    return stored(data, probabilities.argmax(1), probabilities)


class ResultPlotTests(SimpleTestCase):
    def setUp(self) -> None:
        catcher = warnings.catch_warnings()
        catcher.__enter__()
        self.addCleanup(catcher.__exit__, None, None, None)
        warnings.simplefilter("error")  # matplotlib only warns of what it leaves out or cannot fit in

    def open(self, content: bytes) -> Image.Image:
        image = Image.open(io.BytesIO(content))
        self.assertEqual(image.format, "PNG")
        self.assertGreater(len(image.convert("RGB").getcolors(10_000_000)), 20)
        self.assertLess(max(image.size), 1_600)
        return image

    def test_a_confusion_matrix_grows_with_its_classes_up_to_a_size_that_can_be_looked_at(self):
        sizes = [
            self.open(build_confusion_plot(classified(tuple(f"class {n}" for n in range(count))))).size
            for count in (2, 10, 40, 120)
        ]
        self.assertEqual(sorted(sizes), sizes)
        self.assertLess(sizes[0], sizes[1])

    def test_of_too_many_classes_the_most_confused_are_shown(self):
        labels = tuple(f"class {n}" for n in range(60))
        auxiliary = classified(labels)
        matrix = np.diag(np.full(60, 5))
        matrix[50, 51] = 9
        with_mistake = build_confusion_plot(auxiliary.model_copy(update={"confusion_matrix": matrix.tolist()}))
        without = build_confusion_plot(
            auxiliary.model_copy(update={"confusion_matrix": np.diag(np.full(60, 5)).tolist()})
        )
        self.assertNotEqual(with_mistake, without)
        self.open(with_mistake)

    def test_labels_of_any_kind_are_drawn_as_text(self):
        auxiliary = classified(ODD_LABELS)
        self.open(build_confusion_plot(auxiliary))
        self.open(build_roc_plot(auxiliary))

    def test_roc_curves_of_few_and_many_classes(self):
        for count in (2, 3, 50):
            self.open(build_roc_plot(classified(tuple(f"a rather long label, {n}" for n in range(count)))))

    def test_classes_without_test_rows_are_left_out_of_the_curves(self):
        labels = tuple("abcde")
        all_there, one_missing = classified(labels), classified(labels, rows=4)
        self.assertEqual([curve is None for curve in one_missing.AUC_ROC_curve_data], [False] * 4 + [True])
        self.open(build_roc_plot(one_missing))
        self.assertNotEqual(build_roc_plot(all_there), build_roc_plot(one_missing))
        self.open(build_roc_plot(classified(labels, rows=1)))  # no class has a curve

    def test_residuals_of_many_rows_one_row_and_none(self):
        data = builtin_data("DIABETES")
        y = data.y_test_units
        self.open(build_residuals_plot(stored(data, y * 0.7 + 30, None)))
        one = dataclasses.replace(data, y_test_units=y[:1])
        self.open(build_residuals_plot(stored(one, y[:1] + 2, None)))
        self.open(build_residuals_plot(stored(one, np.array([np.inf]), None)))
