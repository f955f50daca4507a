"""Tables of kinds that broke other tools: classes -1 and 1, names as of files and code, a row too many, prices."""

from __future__ import annotations

import csv
import io

import numpy as np
import onnx
from django.test import SimpleTestCase
from PIL import Image

from tests.training.taken_home import TakenHome, take_home
from training.artifacts.graph.model import build_onnx
from training.artifacts.predictions import read_predictions
from training.artifacts.result_plots import build_confusion_plot, build_roc_plot

PUNCTUATED = (
    *("distance, km", "ratio<1", "p:q", "x.y", "x[0]", "{set}"),
    *('say "hi"', "it's", "a\\b", "🌡 °C", "  padded  ", "tab\there"),
)
LIKE_FILES = ("..", "a/b", "c:\\temp", "CON", "<none>", "what?*", "x|y", "L" * 120)


def write_csv(header: list[str], rows: list[list[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([header, *rows])
    return text.getvalue()


class AgreementTestCase(SimpleTestCase):
    def check(self, run: TakenHome) -> None:
        self.assertEqual(run.ask_predictions_csv(), run.said)
        self.assertEqual(run.ask_script(), run.said)
        self.assertEqual(run.ask_notebook(), run.said)
        if run.spec.user_model is not None:
            self.assertEqual(run.ask_skops(), run.said)
        given = run.ask_onnx()
        if run.data.classes is not None:
            self.assertEqual(given, run.said)
        else:
            scale = run.data.preparation.target_scale
            self.assertLess(np.abs(np.array(given, float) - np.array(run.said, float)).max() / scale, 1e-5)


class SignTests(AgreementTestCase):
    def test_minus_one_and_one_are_classes_in_every_file(self):
        rng = np.random.default_rng(10)
        rows = [[f"{rng.normal():.3f}", f"{rng.normal():.3f}"] for _ in range(80)]
        text = write_csv(["x1", "x2", "label"], [[*row, 1 if float(row[0]) < float(row[1]) else -1] for row in rows])
        one = {"user_arch": ["nn.Linear(16)", "nn.Tanh()", "nn.Linear(1)"], "criterion": "BCEWITHLOGITSLOSS"}
        two = {"user_arch": ["nn.Linear(16)", "nn.Tanh()", "nn.Linear(2)"], "criterion": "CELOSS"}
        for model in (one, two, {"user_model": "SVC()"}):
            with self.subTest(model=model):
                run = take_home(text, target="label", seed=10, **model)
                self.assertEqual(run.data.classes, ("-1", "1"))
                self.check(run)
                self.assertIn('"-1"', run.predictions_csv.decode())
                found = read_predictions(io.BytesIO(run.predictions_csv))
                self.assertEqual(list(found.predicted), run.said)

    def test_they_are_a_regression_when_asked_for(self):
        rows = [[n % 7, 1 if n % 7 > 3 else -1] for n in range(60)]
        run = take_home(
            write_csv(["x", "y"], rows), target="y", problem_type="regression", user_model="Ridge()", features=["x"],
            column_types={"x": "number"},
        )  # fmt: skip
        self.assertIsNone(run.data.classes)
        self.check(run)


class NameTests(AgreementTestCase):
    def setUp(self) -> None:
        rng = np.random.default_rng(12)
        numbers = rng.normal(size=(100, len(PUNCTUATED)))
        target = numbers.sum(1)
        rows = [[*(f"{value:.3f}" for value in row), f"{y:.3f}"] for row, y in zip(numbers, target, strict=True)]
        self.text = write_csv([*PUNCTUATED, "yield [t/ha]"], rows)

    def test_punctuated_names_reach_every_file(self):
        network = {"user_arch": ["nn.Linear(4)", "nn.ReLU()", "nn.Linear(1)"], "epochs": 5}
        forest = {"user_model": "RandomForestRegressor(n_estimators=8)"}
        for model in (network, forest, {**forest, "column_types": {"x[0]": "number"}}):
            with self.subTest(model=model):
                run = take_home(self.text, target="yield [t/ha]", **model)
                self.assertEqual(len(run.data.preparation.columns), len(PUNCTUATED))
                self.check(run)

    def test_each_input_of_the_graph_is_named_like_its_column(self):
        run = take_home(self.text, target="yield [t/ha]", user_model="Ridge()")
        graph = onnx.load_model_from_string(build_onnx(run.trained)).graph
        self.assertEqual([value.name for value in graph.input], list(run.data.preparation.columns))
        self.assertEqual({" ".join(name.split()) for name in PUNCTUATED}, set(run.data.preparation.columns))

    def test_classes_and_columns_that_look_like_files_reach_every_file(self):
        rng = np.random.default_rng(14)
        rows = [
            [f"{index + rng.normal() / 3:.2f}", f"{rng.normal():.2f}", label]
            for _ in range(20)
            for index, label in enumerate(LIKE_FILES)
        ]
        text = write_csv(["in/out", "c:\\temp", "kind"], rows)
        run = take_home(text, target="kind", seed=14, user_model="RandomForestClassifier(n_estimators=8)")
        self.assertEqual(set(run.data.classes or ()), set(LIKE_FILES))
        self.check(run)
        for build in (build_confusion_plot, build_roc_plot):
            image = Image.open(io.BytesIO(build(run.outcome.auxiliary)))
            self.assertLess(max(image.size), 1_200)  # a long label takes no more room than others


class BatchTests(AgreementTestCase):
    def test_a_row_that_is_left_over_fails_no_batch_norm(self):
        layers = ["nn.Linear(12)", "nn.BatchNorm1d(12)", "nn.ReLU()", "nn.Linear(3)"]
        rng = np.random.default_rng(15)
        rows = [[*(f"{rng.normal() + n % 3:.3f}" for _ in range(3)), "abc"[n % 3]] for n in range(81)]
        text = write_csv(["u", "v", "w", "kind"], rows)
        leftovers = set()
        for batch_size in (16, 32, 64):
            for more in ({}, {"patience": 3}, {"trainer": "compiled"}, {"test_size": 0.21}):
                with self.subTest(batch_size=batch_size, more=more):
                    fields = {"user_arch": layers, "epochs": 3, "test_size": 0.2, "batch_size": batch_size, **more}
                    run = take_home(text, target="kind", seed=15, **fields)
                    leftovers.add(len(run.data.y_train) % batch_size)
                    self.assertEqual(len(run.outcome.epochs), 3)
                    if run.spec.trainer != "compiled":
                        self.assertEqual(run.ask_script(), run.said)
        self.assertIn(1, leftovers)


class PriceTests(AgreementTestCase):
    def setUp(self) -> None:
        rng = np.random.default_rng(16)
        rows = []
        for _ in range(200):
            area, rooms, year = rng.uniform(40, 250), int(rng.integers(1, 9)), int(rng.integers(1900, 2020))
            price = 2_500 * area + 30_000 * rooms + 500 * (year - 1900) + rng.normal() * 15_000
            rows.append([f"{area:.1f}", rooms, year, round(price)])
        self.text = write_csv(["area", "rooms", "year", "price"], rows)

    def test_prices_are_learned_and_answered_in_prices(self):
        network = ["nn.Linear(32)", "nn.ReLU()", "nn.Linear(1)"]
        steep = {
            "user_arch": network,
            "optimizer_name": "SGD",
            "learning_rate": 0.1,
            "criterion": "MSELOSS",
            "epochs": 60,
        }
        for model in (steep, {}, {"user_model": "GradientBoostingRegressor()"}):
            with self.subTest(model=model):
                run = take_home(self.text, target="price", features=["area", "rooms", "year"], seed=16, **model)
                self.assertGreater(run.outcome.auxiliary.metrics["r2"], 0.9)
                self.assertGreater(min(map(float, run.said)), 10_000)
                self.assertTrue(all(np.isfinite(row.train_loss) for row in run.outcome.epochs if row.train_loss))
                self.check(run)
