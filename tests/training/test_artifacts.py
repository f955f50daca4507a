"""The files for download: weights that load without running code, the table of epochs, the plots."""

from __future__ import annotations

import csv
import io

import numpy as np
import torch
from django.test import SimpleTestCase
from PIL import Image
from skops import io as skops_io

from tests.training.data import builtin_data
from training.artifacts.catalog import KINDS, Facts, names_built_later, promised_names
from training.artifacts.plots import build_accuracy_plot, build_loss_plot
from training.artifacts.table import build_results_csv
from training.artifacts.weights import build_pipeline, build_skops, build_state_dict
from training.messages.events import EpochRow
from training.messages.results import AuxiliaryOutputs
from training.spec import TrainingSpec
from training.trainers.defaults import complete
from training.trainers.networks.layers import parse_layer
from training.trainers.networks.network import build_network
from training.trainers.train import train
from training.work.build import BUILDERS

ARCH = ("Linear(16)", "BatchNorm1d()", "ReLU()", "Linear(3)")


def fit(name: str, **fields):
    data = builtin_data(name)
    spec = complete(TrainingSpec.model_validate({"seed": 0, "epochs": 5, **fields}), data.plan)
    return data, train(data, spec, on_epoch=lambda row: None, is_cancelled=lambda: False)


class WeightsTests(SimpleTestCase):
    def test_a_state_dict_loads_with_weights_only_into_the_same_network(self):
        data, outcome = fit("IRIS", user_arch=ARCH)
        content = build_state_dict(outcome.model)
        state = torch.load(io.BytesIO(content), weights_only=True)
        network = build_network([parse_layer(entry) for entry in ARCH], 4)
        network.load_state_dict(state)
        with torch.no_grad():
            predictions = network.eval()(torch.from_numpy(data.X_test)).argmax(1).numpy()
        np.testing.assert_array_equal(predictions, outcome.predictions)
        weights = sum(value.numel() * value.element_size() for value in state.values())
        self.assertLess(len(content), weights + 5_000)  # each weight is in the file once

    def test_an_estimator_loads_with_skops_and_predicts_the_same(self):
        data, outcome = fit("IRIS", user_model="RandomForestClassifier(n_estimators=5)")
        content = build_skops(build_pipeline(data.preparation, outcome.model))
        trusted = skops_io.get_untrusted_types(data=content)
        model = skops_io.loads(content, trusted=trusted)
        np.testing.assert_array_equal(model.predict(data.test_frame), np.array(data.classes)[outcome.predictions])


class PlotTests(SimpleTestCase):
    def test_plots_are_png_images_that_show_something(self):
        _, outcome = fit("IRIS")
        for build in (build_loss_plot, build_accuracy_plot):
            image = Image.open(io.BytesIO(build(outcome.epochs)))
            self.assertEqual((image.format, image.size), ("PNG", (770, 440)))
            self.assertGreater(len(image.convert("RGB").getcolors(100_000)), 20)

    def test_a_single_epoch_is_drawn_as_a_point(self):
        _, outcome = fit("IRIS", epochs=1)
        self.assertGreater(len(build_loss_plot(outcome.epochs)), 1_000)


class TableTests(SimpleTestCase):
    def test_the_table_has_one_line_an_epoch_under_the_names_of_the_wire(self):
        _, outcome = fit("IRIS")
        lines = list(csv.DictReader(io.StringIO(build_results_csv(outcome.epochs).decode())))
        self.assertEqual([int(line["epoch"]) for line in lines], [1, 2, 3, 4, 5])
        self.assertEqual(float(lines[-1]["val/test acc"]), outcome.epochs[-1].test_acc)
        self.assertEqual(float(lines[-1]["train_loss"]), outcome.epochs[-1].train_loss)


class CatalogTests(SimpleTestCase):
    def names(self, **facts: bool) -> set[str]:
        return set(promised_names(Facts(**facts)))

    def test_what_a_run_promises_depends_on_what_it_is(self):
        always = {"model.onnx", "train.py", "train.ipynb", "results.csv", "predictions.csv", "report.html"}
        classes = {"confusion_matrix.png", "roc.png"}
        self.assertEqual(
            self.names(is_network=True, is_classification=True, has_curves=True),
            always | classes | {"model.pt", "loss.png", "accuracy.png"},
        )
        self.assertEqual(
            self.names(is_network=True, is_classification=False, has_curves=True),
            always | {"model.pt", "loss.png", "residuals.png"},
        )
        self.assertEqual(
            self.names(is_network=False, is_classification=True, has_curves=False), always | classes | {"model.skops"}
        )

    def test_facts_are_read_from_the_result(self):
        row = EpochRow(epoch=1, train_time=0, train_loss=None, test_loss=None)
        facts = Facts.of(AuxiliaryOutputs(kind="estimator"), [row])
        self.assertEqual((facts.is_network, facts.is_classification, facts.has_curves), (False, False, False))
        facts = Facts.of(
            AuxiliaryOutputs(kind="network", confusion_matrix=[]), [row.model_copy(update={"train_loss": 1.0})]
        )
        self.assertEqual((facts.is_network, facts.is_classification, facts.has_curves), (True, True, True))

    def test_every_file_that_is_built_later_has_its_builder(self):
        self.assertEqual(set(names_built_later(KINDS)), set(BUILDERS))
