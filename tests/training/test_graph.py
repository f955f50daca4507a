"""`model.onnx`: in a process that has only onnxruntime and numpy, it says what the model says."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import onnx
import pandas as pd
from django.test import SimpleTestCase

from playground.contract import VERSION
from tests.training.data import builtin_data, csv_data
from tests.training.test_predict import messy_text
from training.artifacts.graph import build_onnx, check_onnx
from training.artifacts.graph.features import to_inputs
from training.datasets.preprocessing import PreparedData
from training.exceptions import ExportInexact, ExportUnsupported
from training.spec import Criterion, ProblemType, TrainingSpec
from training.trainers.criteria import count_outputs, fitting_criteria
from training.trainers.defaults import complete
from training.trainers.estimators import ESTIMATORS
from training.trainers.networks.layers import LAYERS
from training.trainers.train import train
from training.trainers.trained import TrainedModel

READER = """
import json, sys
from pathlib import Path
import numpy as np, onnxruntime
differences = {}
for folder in sorted(Path(sys.argv[1]).iterdir()):
    session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
    inputs = dict(np.load(folder / "inputs.npz").items())
    names = json.loads((folder / "names.json").read_text())
    arrays = [array.astype(object) if array.dtype.kind == "U" else array for array in inputs.values()]
    given = session.run(None, dict(zip(names, arrays, strict=True)))
    expected = np.load(folder / "expected.npz")
    if "labels" in expected:
        best = np.sort(expected["probabilities"], axis=1)[:, -2:]
        clear = best[:, 1] - best[:, 0] >= 1e-5
        wrong = (given[0].astype(str) != expected["labels"]) & clear
        far = np.abs(given[1] - expected["probabilities"]).max()
        differences[folder.name] = [len(given[0]), float(wrong.sum()), float(far)]
    else:
        off = np.abs(given[0].ravel() - expected["predictions"]) / expected["scale"]
        far = off / np.maximum(1, np.abs(expected["predictions"] - expected["mean"]) / expected["scale"])
        differences[folder.name] = [len(given[0]), 0.0, float(far.max())]
loaded = sorted({name.split(".")[0] for name in sys.modules} & {"torch", "sklearn", "pandas", "training", "onnx"})
print(json.dumps({"differences": differences, "loaded": loaded}))
"""

# Small settings, so that a hundred models are fitted in seconds. Each estimator takes those that it has.
SMALL = {"n_estimators": 5, "max_iter": 10, "hidden_layer_sizes": [8], "max_depth": 4}
# The layers before a layer that takes images or sequences instead of rows of numbers, by the end of its name.
FOLDED = {"1d": [1, 16], "2d": [1, 4, 4]}
HOSTILE = (
    *("label", "label_", "probabilities", "prediction", "X", "outputs", "_", "__1", "_1", "model"),
    *("two words", "'single' \"double\"", "naïve", "列", "🦊", "a/b:0", "{x}", "%s", "x" * 200),
)


@cache
def messy_data(target: str) -> PreparedData:
    return csv_data(messy_text(), target=target, seed=0)


@cache
def wide_data() -> PreparedData:
    """More than fifty categories, some rare; booleans; a number as large as a nanosecond clock's; holes everywhere."""
    rng = np.random.default_rng(0)
    lines = ["town,flag,count,clock,constant,amount"]
    for n in range(400):
        town = f"town {int(rng.zipf(1.3)) % 90}" if n % 11 else ""
        flag = ("true", "false", "")[n % 3] if n % 7 == 0 else ("true", "false")[n % 2]
        lines.append(f"{town},{flag},{n % 13 if n % 5 else ''},{1_000_000_000 + n},7,{rng.normal():.6f}")
    return csv_data("\n".join(lines) + "\n", target="amount", seed=0)


@cache
def hostile_data() -> PreparedData:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(80, len(HOSTILE))).round(3), columns=list(HOSTILE))
    frame["a category"] = ["it's", 'a "b"', "ä, ö", "_1"] * 20
    frame["y"] = np.where(frame["X"] > 0, "yes", "no")
    return csv_data(frame.to_csv(index=False), target="y", seed=0)


@cache
def grid_data(n_rows: int) -> PreparedData:
    """Rows on few places, with classes drawn at random: many rows are equally near to others."""
    rng = np.random.default_rng(n_rows)
    lines = [f"{rng.integers(4)},{rng.integers(3)},{'abc'[rng.integers(3)]}" for _ in range(n_rows)]
    numbers = {"x": "number", "z": "number"}
    return csv_data("x,z,y\n" + "\n".join(lines) + "\n", target="y", seed=0, column_types=numbers)


@cache
def iris() -> PreparedData:
    return builtin_data("IRIS")


def fit(data: PreparedData, **fields) -> TrainedModel:
    spec = complete(TrainingSpec(seed=0, **{"epochs": 3, **fields}), data.plan)
    outcome = train(data, spec, on_epoch=lambda row: None, is_cancelled=lambda: False)
    return TrainedModel(spec, data.preparation, outcome.model)


def fit_small(data: PreparedData, name: str, **arguments) -> TrainedModel:
    known = {argument.name for argument in ESTIMATORS[name].arguments}
    settings = {key: value for key, value in {**SMALL, **arguments}.items() if key in known}
    return fit(data, user_model={"estimator": name, **settings})


def strange_rows(data: PreparedData, n_rows: int) -> pd.DataFrame:
    """The table's rows again and again, every third cell of them missing or, if a category, never seen before."""
    frame = data.plan.frame[list(data.preparation.columns)]
    frame = frame.iloc[np.arange(n_rows) % len(frame)].reset_index(drop=True)
    for number, name in enumerate(data.preparation.columns):
        hole = (np.arange(n_rows) + number) % 3 == 1
        if name in data.preparation.categories:
            text = frame[name].astype(object)
            frame[name] = text.where(~hole, "never seen").where((np.arange(n_rows) + number) % 6 != 1, np.nan)
        else:
            frame[name] = frame[name].where(~hole)
    return frame


class CleanProcess:
    """Collects models, then compares them all at once where nothing of the house is loaded."""

    def __init__(self, test: SimpleTestCase) -> None:
        self._test = test
        folder = tempfile.TemporaryDirectory()
        test.addCleanup(folder.cleanup)
        self._root = Path(folder.name)
        self._names: list[str] = []

    def add(self, name: str, trained: TrainedModel, frame: pd.DataFrame) -> bytes:
        folder = self._root / f"{len(self._names):03}"
        folder.mkdir()
        content = build_onnx(trained)
        onnx.checker.check_model(onnx.load_model_from_string(content), full_check=True)
        (folder / "model.onnx").write_bytes(content)
        inputs = to_inputs(trained.preparation, frame)
        (folder / "names.json").write_text(json.dumps(list(inputs)))
        arrays = {
            str(number): values.astype(str) if values.dtype == object else values
            for number, values in enumerate(inputs.values())
        }
        np.savez(folder / "inputs.npz", **arrays)
        predictions, probabilities = trained.answer(frame)
        if probabilities is None:
            units = {"mean": trained.preparation.target_mean, "scale": trained.preparation.target_scale}
            np.savez(folder / "expected.npz", predictions=predictions, **units)
        else:
            labels = np.asarray(trained.preparation.classes)[predictions]
            np.savez(folder / "expected.npz", labels=labels, probabilities=probabilities)
        self._names.append(f"{name} × {len(frame)}")
        return content

    def assert_same_answers(self) -> None:
        command = [sys.executable, "-I", "-c", READER, str(self._root)]
        answer = subprocess.run(command, capture_output=True, text=True, timeout=300)
        self._test.assertEqual(answer.returncode, 0, answer.stderr)
        said = json.loads(answer.stdout)
        self._test.assertEqual(said["loaded"], [])
        self._test.assertEqual(len(said["differences"]), len(self._names))
        for name, (rows, wrong, far) in zip(self._names, said["differences"].values(), strict=True):
            with self._test.subTest(name):
                self._test.assertEqual(rows, int(name.rpartition(" ")[2]))
                self._test.assertEqual(wrong, 0)
                self._test.assertLess(far, 1e-5)


class ModelTests(SimpleTestCase):
    def setUp(self) -> None:
        self.elsewhere = CleanProcess(self)

    def test_every_estimator_on_numbers_and_on_everything(self):
        tables = {
            ProblemType.CLASSIFICATION: (iris(), messy_data("left")),
            ProblemType.REGRESSION: (builtin_data("DIABETES"), messy_data("income")),
        }
        self.assertTrue(ESTIMATORS)
        for name, entry in ESTIMATORS.items():
            for data in tables[entry.problem_type]:
                self.elsewhere.add(f"{name} {data.target}", fit_small(data, name), data.test_frame)
        self.elsewhere.assert_same_answers()

    def test_every_choice_that_an_estimator_leaves(self):
        for name, entry in ESTIMATORS.items():
            data = iris() if entry.problem_type is ProblemType.CLASSIFICATION else messy_data("income")
            for argument in entry.arguments:
                for choice in argument.choices:
                    trained = fit_small(data, name, **{argument.name: choice})
                    self.elsewhere.add(f"{name} {argument.name}={choice}", trained, data.test_frame)
                if argument.name == "p":
                    trained = fit_small(data, name, p=1, weights="distance")
                    self.elsewhere.add(f"{name} p=1", trained, data.test_frame)
        trained = fit_small(iris(), "RandomForestClassifier", max_depth=None, min_samples_leaf=200)
        self.elsewhere.add("trees without a question", trained, iris().test_frame)
        self.elsewhere.assert_same_answers()

    def test_every_layer(self):
        data = csv_data(_sixteen_numbers(), target="y", seed=0)
        for name, entry in LAYERS.items():
            arguments = {argument.name: _example(argument) for argument in entry.arguments if argument.required}
            shape = FOLDED.get(name[-2:]) if "Unflatten" in LAYERS and name != "BatchNorm1d" else None
            fold = [{"layer": "Unflatten", "dim": 1, "unflattened_size": shape}] if shape else []
            flat = [{"layer": "Flatten"}] if "Flatten" in LAYERS else []
            layers = [{"layer": "Linear", "out_features": 16}, *fold, {"layer": name, **arguments}, *flat]
            trained = fit(data, user_arch=(*layers, "nn.Linear(2)"))
            self.elsewhere.add(name, trained, data.test_frame)
        self.elsewhere.assert_same_answers()

    def test_every_criterion_and_what_may_stand_before_it(self):
        for criterion in Criterion:
            data = messy_data("left")
            if criterion not in fitting_criteria(data.problem_type):
                data = messy_data("income")
            units = count_outputs(criterion, len(data.classes or ()))
            endings = {Criterion.BCELOSS: ["Sigmoid"], Criterion.CELOSS: ["", "Softmax", "LogSoftmax"]}
            for ending in endings.get(criterion, [""]):
                layers = ["nn.Linear(8)", "nn.Tanh()", f"nn.Linear({units})", *([f"nn.{ending}()"] if ending else [])]
                trained = fit(data, criterion=criterion, user_arch=tuple(layers))
                self.elsewhere.add(f"{criterion} after {ending or 'Linear'}", trained, data.test_frame)
        self.elsewhere.assert_same_answers()

    def test_missing_and_unseen_values_one_row_and_a_thousand(self):
        for data in (messy_data("left"), messy_data("income"), wide_data(), iris(), hostile_data()):
            kind = "Classifier" if data.classes else "Regressor"
            for trained in (fit(data), fit_small(data, f"RandomForest{kind}")):
                for n_rows in (1, 2, 1_000):
                    self.elsewhere.add(data.target, trained, strange_rows(data, n_rows))
        self.elsewhere.assert_same_answers()

    def test_a_class_without_training_rows_has_no_probability(self):
        lines = [f"{n},{'ab'[n % 2] if n < 40 else 'c'}" for n in range(48)]
        data = csv_data("x,y\n" + "\n".join(lines) + "\n", target="y", shuffle=False, test_size=8 / 48)
        for model in ({"user_model": "RandomForestClassifier(n_estimators=5)"}, {"epochs": 2}):
            self.elsewhere.add(str(model), fit(data, **model), data.test_frame)
        self.elsewhere.assert_same_answers()


class TieTests(SimpleTestCase):
    def test_of_equally_near_rows_those_vote_that_the_tree_keeps(self):
        for n_rows, k, weights, p in (
            (60, 1, "uniform", 2),
            (150, 4, "uniform", 2),
            (150, 6, "distance", 1),
            (90, 9, "distance", 3),
        ):
            with self.subTest(rows=n_rows, k=k, weights=weights, p=p):
                trained = fit(grid_data(n_rows), user_model=f"KNeighborsClassifier({k}, {weights!r}, p={p})")
                self.assertEqual(trained.model._fit_method, "kd_tree")
                check_onnx(build_onnx(trained), trained, grid_data(n_rows).plan.frame)

    def test_nearest_rows_by_brute_force_are_refused_where_equals_decide(self):
        """scikit-learn splits these sums among threads, so that equally near rows are not told apart in one way."""
        trained = fit(grid_data(60), user_model="KNeighborsClassifier(25)")
        self.assertEqual(trained.model._fit_method, "brute")
        with self.assertRaises(ExportInexact):
            check_onnx(build_onnx(trained), trained, grid_data(60).plan.frame)


class FileTests(SimpleTestCase):
    def test_it_says_what_goes_in_and_what_comes_out(self):
        data = messy_data("left")
        model = onnx.load_model_from_string(build_onnx(fit(data)))
        facts = {entry.key: entry.value for entry in model.metadata_props}
        self.assertEqual(json.loads(facts["classes"]), ["no", "yes"])
        self.assertEqual(json.loads(facts["outputs"]), ["label", "probabilities"])
        self.assertEqual(facts["target"], "left")
        self.assertEqual((model.producer_name, model.producer_version), ("deep-learning-playground", VERSION))
        self.assertEqual([value.name for value in model.graph.input], ["age", "income", "day", "city"])
        meanings = json.loads(facts["inputs"])
        self.assertEqual([value.doc_string for value in model.graph.input], list(meanings.values()))
        self.assertIn("days since 1970-01-01", meanings["day"])
        self.assertIn("Bern, Genf, Zürich", meanings["city"])

    def test_outputs_step_aside_for_columns_of_their_name(self):
        model = onnx.load_model_from_string(build_onnx(fit(hostile_data())))
        self.assertEqual([value.name for value in model.graph.output], ["label__", "probabilities_"])
        self.assertLessEqual(set(HOSTILE), {value.name for value in model.graph.input})


class CheckTests(SimpleTestCase):
    def test_it_is_content_with_what_was_built(self):
        for data in (messy_data("left"), messy_data("income")):
            trained = fit(data)
            self.assertIsNone(check_onnx(build_onnx(trained), trained, data.test_frame))

    def test_another_number_anywhere_in_the_model_is_refused(self):
        for data in (messy_data("left"), messy_data("income")):
            trained = fit(data)
            model = onnx.load_model_from_string(build_onnx(trained))
            weights = max(model.graph.initializer, key=lambda tensor: int(np.prod(tensor.dims)))
            changed = onnx.numpy_helper.to_array(weights) * np.float32(1.01)
            weights.CopyFrom(onnx.numpy_helper.from_array(changed, weights.name))
            with self.assertRaises(ExportInexact) as caught:
                check_onnx(model.SerializeToString(), trained, data.test_frame)
            self.assertEqual(caught.exception.data.code, "export_inexact")
            self.assertTrue(caught.exception.data.hint)

    def test_swapped_labels_are_refused(self):
        trained = fit(messy_data("left"))
        content = build_onnx(trained)
        model = onnx.load_model_from_string(content)
        labels = next(tensor for tensor in model.graph.initializer if tensor.data_type == onnx.TensorProto.STRING)
        labels.string_data[:] = list(reversed(labels.string_data))
        with self.assertRaisesRegex(ExportInexact, "another class"):
            check_onnx(model.SerializeToString(), trained, messy_data("left").test_frame)

    def test_an_estimator_that_is_not_known_is_refused_by_name(self):
        from sklearn.dummy import DummyClassifier

        trained = fit_small(iris(), "RandomForestClassifier")
        trained.model = DummyClassifier().fit(iris().X_train, iris().y_train)
        with self.assertRaisesRegex(ExportUnsupported, "DummyClassifier") as caught:
            build_onnx(trained)
        self.assertEqual(caught.exception.data.code, "export_unsupported")


def _sixteen_numbers() -> str:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(60, 16)).round(3), columns=[f"x{n}" for n in range(16)])
    frame["y"] = np.where(frame["x0"] > 0, "up", "down")
    return frame.to_csv(index=False)


def _example(argument) -> object:
    """A value that a required argument may have."""
    by_name = {"unflattened_size": [1, 4, 4], "out_features": 16, "kernel_size": 2, "out_channels": 2}
    return by_name.get(argument.name, argument.choices[0] if argument.choices else int(argument.minimum or 1))
