"""What is taken home: weights that load without running code, the table, the plots."""

from __future__ import annotations

import csv
import io

import numpy as np
import torch
from django.test import SimpleTestCase
from PIL import Image
from skops import io as skops_io

from tests.training.data import builtin_data
from training.artifacts.catalog import CONTENT_TYPES, names_drawn_later, promised_names
from training.artifacts.plots import build_accuracy_plot, build_loss_plot
from training.artifacts.table import build_results_csv
from training.artifacts.weights import build_skops, build_state_dict
from training.engines.execute import BUILDERS
from training.spec import TrainingSpec
from training.trainers.defaults import complete
from training.trainers.layers import parse_layer
from training.trainers.network import build_network
from training.trainers.train import train

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
        content = build_skops(outcome.model)
        trusted = skops_io.get_untrusted_types(data=content)
        estimator = skops_io.loads(content, trusted=trusted)
        np.testing.assert_array_equal(estimator.predict(data.X_test), np.array(data.classes)[outcome.predictions])


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
    def test_what_a_run_promises_depends_on_what_it_is(self):
        network = {"kind": "network", "confusion_matrix": []}
        self.assertEqual(promised_names(network), ["model.pt", "results.csv", "loss.png", "accuracy.png"])
        self.assertEqual(promised_names({"kind": "network"}), ["model.pt", "results.csv", "loss.png"])
        self.assertEqual(promised_names({"kind": "estimator"}), ["model.skops", "results.csv"])

    def test_every_name_has_its_type_and_every_drawn_file_its_builder(self):
        self.assertEqual(set(names_drawn_later(list(CONTENT_TYPES))), set(BUILDERS))
