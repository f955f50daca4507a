"""The preflight: every code can happen, every fix mends what it is for, and shapes are those of the real network."""

from __future__ import annotations

import ast
import copy
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from django.test import SimpleTestCase

from tests.training.data import builtin_data, csv_data, two_class_data
from tests.training.test_problems import codes_in
from training.datasets.plan import Plan, make_plan
from training.datasets.table import Table
from training.limits import Limits
from training.messages.checks import TrainingChecked
from training.messages.problems import Level, PatchOperation, Problem
from training.problems import CODES
from training.spec import TrainingSpec
from training.trainers.networks.layer import Layer
from training.trainers.networks.layers import LAYERS, parse_layer
from training.trainers.networks.network import build_network
from training.trainers.preflight import check

FOLD = "Unflatten(1, (1, 8, 8))"

# code -> (spec fields, limits, table, level, whether there is a fix)
CASES: dict[str, tuple[dict[str, Any], Limits, str, Level, bool]] = {
    "bad_layer": ({"user_arch": ["nn.Linear(3"]}, Limits(), "IRIS", Level.ERROR, False),
    "unknown_layer": ({"user_arch": ["Linear(8)", "nn.Relu()", "Linear(3)"]}, Limits(), "IRIS", Level.ERROR, True),
    "bad_estimator": ({"user_model": "1 + 1"}, Limits(), "IRIS", Level.ERROR, False),
    "unknown_estimator": ({"user_model": "MagicClassifier()"}, Limits(), "IRIS", Level.ERROR, False),
    "unknown_argument": ({"user_arch": ["Linear(3, colour=1)"]}, Limits(), "IRIS", Level.ERROR, False),
    "missing_argument": ({"user_arch": ["Linear()"]}, Limits(), "IRIS", Level.ERROR, False),
    "bad_argument": ({"user_arch": ["Linear(-3)"]}, Limits(), "IRIS", Level.ERROR, False),
    "no_gpu": ({"device": "gpu"}, Limits(), "IRIS", Level.ERROR, True),
    "both_models": (
        {"user_arch": ["Linear(3)"], "user_model": "LogisticRegression()"}, Limits(), "IRIS", Level.ERROR, True,
    ),
    "size_mismatch": ({"user_arch": ["Linear(5, 3)"]}, Limits(), "IRIS", Level.ERROR, True),
    "nothing_to_learn": ({"user_arch": ["ReLU()", "Dropout()"]}, Limits(), "IRIS", Level.ERROR, True),
    "wrong_output_size": ({"user_arch": ["Linear(2)"]}, Limits(), "IRIS", Level.ERROR, True),
    "criterion_mismatch": ({"criterion": "MSELOSS", "user_arch": ["Linear(3)"]}, Limits(), "IRIS", Level.ERROR, True),
    "bce_needs_binary": ({"criterion": "BCELOSS", "user_arch": ["Linear(3)"]}, Limits(), "IRIS", Level.ERROR, True),
    "bce_needs_sigmoid": ({"criterion": "BCELOSS", "user_arch": ["Linear(1)"]}, Limits(), "two", Level.ERROR, True),
    "sigmoid_before_logits": (
        {"criterion": "BCEWITHLOGITSLOSS", "user_arch": ["Linear(1)", "Sigmoid()"]},
        Limits(), "two", Level.WARNING, True,
    ),
    "softmax_before_celoss": ({"user_arch": ["Linear(3)", "Softmax()"]}, Limits(), "IRIS", Level.WARNING, True),
    "bounded_regression": ({"user_arch": ["Linear(1)", "Tanh()"]}, Limits(), "DIABETES", Level.WARNING, True),
    "no_activation_between_linears": ({"user_arch": ["Linear(8)", "Linear(3)"]}, Limits(), "IRIS", Level.WARNING, True),
    "estimator_problem_mismatch": ({"user_model": "RandomForestRegressor()"}, Limits(), "IRIS", Level.ERROR, True),
    "too_many_layers": ({"user_arch": ["ReLU()"] * 6}, Limits(layers=5), "IRIS", Level.ERROR, False),
    "too_many_parameters": ({"user_arch": ["Linear(3)"]}, Limits(parameters=10), "IRIS", Level.ERROR, False),
    "too_many_epochs": ({"epochs": 101}, Limits(epochs=100), "IRIS", Level.ERROR, True),
    "wrong_dimensions": (
        {"user_arch": [FOLD, "Conv2d(4, 3)", "ReLU()", "Linear(10)"]}, Limits(), "DIGITS", Level.ERROR, True,
    ),
    "window_too_large": (
        {"user_arch": [FOLD, "MaxPool2d(9)", "Flatten()", "Linear(10)"]}, Limits(), "DIGITS", Level.ERROR, True,
    ),
    "too_large_outputs": (
        {"user_arch": [FOLD, "Conv2d(4000, 1)", "AdaptiveAvgPool2d(1)", "Flatten()", "Linear(10)"], "batch_size": 512},
        Limits(), "DIGITS", Level.ERROR, True,
    ),
    "far_more_parameters_than_rows": (
        {"user_arch": ["Linear(2000)", "ReLU()", "Linear(3)"]}, Limits(), "IRIS", Level.WARNING, False,
    ),
    "batch_of_one": (
        {"user_arch": ["Linear(8)", "BatchNorm1d()", "ReLU()", "Linear(3)"], "batch_size": 1},
        Limits(), "IRIS", Level.ERROR, True,
    ),
    "imbalanced_classes": ({}, Limits(), "rare", Level.WARNING, True),
    "constant_feature": ({}, Limits(), "constant", Level.WARNING, True),
    "duplicate_feature": ({}, Limits(), "double", Level.WARNING, True),
    "target_leak": ({}, Limits(), "leak", Level.WARNING, True),
    "batch_too_large": ({"batch_size": 5_000}, Limits(), "IRIS", Level.WARNING, True),
    "too_few_to_hold_back": ({"patience": 5, "test_size": 0.5}, Limits(), "tiny", Level.ERROR, True),
    "too_few_to_validate": ({"folds": 2, "test_size": 0.5}, Limits(), "tiny", Level.ERROR, True),
    "setting_without_effect": ({"momentum": 0.9}, Limits(), "IRIS", Level.WARNING, True),
    "bad_boundary": ({"boundary": ["petal width (cm)", "species"]}, Limits(), "IRIS", Level.ERROR, True),
    "one_class_to_learn": ({"user_model": "SVC()", "shuffle": False}, Limits(), "sorted", Level.ERROR, False),
    "too_many_neighbours": (
        {"user_model": "KNeighborsClassifier(n_neighbors=500)"}, Limits(), "IRIS", Level.ERROR, True,
    ),
    "weights_unsupported": (
        {"user_model": "KNeighborsClassifier()", "class_weight": "balanced"}, Limits(), "IRIS", Level.ERROR, True,
    ),
    "class_weight_not_classes": ({"class_weight": "balanced"}, Limits(), "DIABETES", Level.ERROR, True),
    "unknown_class": ({"class_weight": {"rose": 2}}, Limits(), "IRIS", Level.ERROR, True),
    "class_weight_zero": ({"class_weight": {"b": 0}}, Limits(), "two", Level.ERROR, True),
    "class_weight_twice": (
        {"class_weight": "balanced", "criterion": "WCELOSS"}, Limits(), "IRIS", Level.ERROR, True,
    ),
    "learning_rate_unusual": ({"learning_rate": 50}, Limits(), "IRIS", Level.WARNING, True),
}  # fmt: skip

SETTINGS = "criterion|epochs|folds|batch_size|learning_rate|momentum|test_size|patience|boundary|device|class_weight"


def make_columns(name: str) -> dict[str, np.ndarray]:
    """200 rows with a column or target that deserves a warning."""
    random = np.random.default_rng(0)
    x, z = random.normal(size=(2, 200))
    y = np.where(x + random.normal(size=200) > (2.8 if name == "rare" else 0), "yes", "no")
    if name == "sorted":
        y = np.where(np.arange(200) < 170, "no", "yes")
    extra = {"constant": np.ones(200), "double": 2.54 * x + 1, "leak": np.where(y == "yes", "granted", "refused")}
    return {"x": x, "z": z, **({"extra": extra[name]} if name in extra else {}), "y": y}


def table(name: str, spec: TrainingSpec) -> Plan:
    if name == "two":
        return two_class_data().plan
    if name == "tiny":
        return csv_data("x,y\n1,a\n2,b\n3,a\n4,b\n", target="y", seed=0, test_size=0.5).plan
    if name.isupper():
        return builtin_data(name).plan
    spec = spec.model_copy(update={"target": "y", "seed": 0})
    return make_plan(Table(name, pd.DataFrame(make_columns(name))), spec, Limits())


def check_fields(fields: dict[str, Any], limits: Limits, name: str) -> TrainingChecked:
    spec = TrainingSpec.model_validate(fields)
    return check(spec, table(name, spec), limits)


def apply_patch(document: dict[str, Any], operations: list[PatchOperation]) -> dict[str, Any]:
    """JSON Patch as in RFC 6902, as far as fixes use it."""
    document = copy.deepcopy(document)
    for operation in operations:
        *parents, last = operation.path.removeprefix("/").split("/")
        target: Any = document
        for step in parents:
            target = target[int(step) if isinstance(target, list) else step]
        if isinstance(target, list):
            position = len(target) if last == "-" else int(last)
            if operation.op == "add":
                target.insert(position, operation.value)
            elif operation.op == "remove":
                del target[position]
            else:
                target[position] = operation.value
        elif operation.op == "remove":
            del target[last]
        else:
            target[last] = operation.value
    return document


class ProblemTests(SimpleTestCase):
    def find(self, code: str) -> Problem:
        fields, limits, name, *_ = CASES[code]
        found = [problem for problem in check_fields(fields, limits, name).problems if problem.code == code]
        self.assertEqual(len(found), 1, f"{code} was found {len(found)} times")
        return found[0]

    def test_there_is_a_case_for_every_code(self):
        package = Path(__file__).parents[2] / "training"
        sources = [*package.glob("trainers/**/*.py"), package / "datasets/suspicions.py"]
        given = {code for path in sources for code in codes_in(ast.parse(path.read_text()))}
        known_later = {"estimator_refused", "bad_weights", "not_explainable"}  # by a fit, or by a run that is over
        self.assertEqual(set(CASES), given - known_later)

    def test_each_problem_has_its_level_its_place_and_its_sentence(self):
        for code, (*_, level, _) in CASES.items():
            with self.subTest(code=code):
                problem = self.find(code)
                self.assertIs(problem.level, level)
                self.assertIs(problem.level, CODES[code].level)
                self.assertRegex(problem.where, rf"^(user_arch(\[\d+\])?|user_model|features|{SETTINGS})$")
                self.assertRegex(problem.message, r"^[A-Z0-9'].*\.$")

    def test_each_fix_mends_its_problem_and_brings_no_error(self):
        for code, (fields, limits, name, _, has_fix) in CASES.items():
            with self.subTest(code=code):
                problem = self.find(code)
                self.assertEqual(bool(problem.fix), has_fix)
                if has_fix:
                    before = {found.code for found in check_fields(fields, limits, name).problems}
                    after = check_fields(apply_patch(fields, problem.fix), limits, name).problems
                    self.assertNotIn(code, [found.code for found in after])
                    if before == {code}:
                        self.assertEqual([found.code for found in after if found.level is Level.ERROR], [])

    def test_applying_fix_after_fix_ends_with_a_network_that_trains(self):
        fields: dict[str, Any] = {
            "user_arch": ["Linear(9, 7)", "Linear(3, 2)", "relu", "Softmax()"],
            "criterion": "MSELOSS",
        }
        for _ in range(10):
            problems = [problem for problem in check_fields(fields, Limits(), "IRIS").problems if problem.fix]
            if not problems:
                break
            fields = apply_patch(fields, problems[0].fix)
        self.assertEqual(check_fields(fields, Limits(), "IRIS").problems, [])


class ShapeTests(SimpleTestCase):
    def test_shapes_and_parameters_are_those_of_the_real_network(self):
        arch = ["Linear(16)", "BatchNorm1d()", "LeakyReLU(0.1)", "Dropout(0.3)", "Linear(16, 3)"]
        checked = check_fields({"user_arch": arch}, Limits(), "IRIS")
        network = build_network([parse_layer(entry) for entry in arch], 4)
        values = torch.randn(7, 4)
        for module, layer in zip(network, checked.layers, strict=True):
            values = module(values)
            self.assertEqual(layer.output_shape, list(values.shape[1:]))
            self.assertEqual(layer.parameters, sum(parameter.numel() for parameter in module.parameters()))
        self.assertEqual(checked.parameters, sum(parameter.numel() for parameter in network.parameters()))
        self.assertEqual(checked.problems, [])

    def test_the_default_network_is_shown_and_has_no_problem(self):
        for name in ("IRIS", "DIABETES", "two"):
            for criterion in (None, "BCELOSS") if name == "two" else (None,):
                checked = check_fields({"criterion": criterion}, Limits(), name)
                self.assertEqual(checked.problems, [])
                self.assertGreater(len(checked.layers), 3)

    def test_layers_behind_a_bad_one_still_show_what_can_be_known(self):
        checked = check_fields({"user_arch": ["Linear(8)", "Nonsense()", "Linear(5, 3)", "ReLU()"]}, Limits(), "IRIS")
        self.assertEqual([layer.output_shape for layer in checked.layers], [[8], None, [3], [3]])

    def test_a_spec_without_a_table_is_checked_as_far_as_it_goes(self):
        checked = check(TrainingSpec.model_validate({"user_arch": ["Linear(4, 8)", "ReLU()"]}), None, Limits())
        self.assertEqual([layer.output_shape for layer in checked.layers], [[8], [8]])

    def test_a_huge_network_is_checked_without_being_built(self):
        checked = check_fields(
            {"user_arch": ["Linear(100000)", "ReLU()", "Linear(100000)", "Linear(3)"]}, Limits(), "IRIS"
        )
        self.assertIn("too_many_parameters", [problem.code for problem in checked.problems])

    def test_notes_on_the_data_are_among_the_problems(self):
        data = csv_data("x,y,nothing\n" + "".join(f"{n},{'ab'[n % 2]},\n" for n in range(30)), target="y")
        self.assertIn("empty_column", [problem.code for problem in check(TrainingSpec(), data.plan, Limits()).problems])


class ImageTests(SimpleTestCase):
    """Shapes of more than one number: what does not fit is mended by a layer that is put in or exchanged."""

    def mend(self, arch: list[Any], name: str = "DIGITS", **fields: Any) -> list[str]:
        """The layers after all fixes of errors, one by one, in a few words."""
        fields = {"user_arch": arch, **fields}
        for _ in range(10):
            checked = check_fields(fields, Limits(), name)
            errors = [problem for problem in checked.problems if problem.level is Level.ERROR]
            if not errors:
                return checked.model.split(" → ")
            self.assertTrue(errors[0].fix, errors[0])
            fields = apply_patch(fields, errors[0].fix)
        self.fail(f"still wrong: {errors}")

    def test_digits_as_an_image_has_no_problem(self):
        arch = [FOLD, "nn.Conv2d(8, 3, padding=1)", "nn.ReLU()", "nn.MaxPool2d(2)", "nn.Flatten()", "nn.Linear(10)"]
        checked = check_fields({"user_arch": arch}, Limits(), "DIGITS")
        self.assertEqual(checked.problems, [])
        shapes = [layer.output_shape for layer in checked.layers]
        self.assertEqual(shapes, [[1, 8, 8], [8, 8, 8], [8, 8, 8], [8, 4, 4], [128], [10]])
        self.assertEqual(checked.parameters, 8 * 9 + 8 + 128 * 10 + 10)

    def test_a_flat_row_is_folded_for_a_convolution(self):
        mended = self.mend(["Conv2d(4, 3)", "ReLU()", "Flatten()", "Linear(10)"])
        self.assertEqual(mended, ["Unflatten 1 × 8 × 8", "Conv2d 4", "ReLU", "Flatten", "Linear 10"])
        mended = self.mend(["Conv2d(4, 4, 3)", "ReLU()", "Flatten()", "Linear(10)"])
        self.assertEqual(mended[0], "Unflatten 4 × 4 × 4")  # as many channels as it was told to expect
        mended = self.mend(["Conv1d(4, 3)", "ReLU()", "Flatten()", "Linear(10)"])
        self.assertEqual(mended[0], "Unflatten 1 × 64")

    def test_an_image_is_laid_flat_for_a_linear(self):
        mended = self.mend([FOLD, "Conv2d(4, 3)", "ReLU()", "Linear(10)"])
        self.assertEqual(mended[-2:], ["Flatten", "Linear 10"])
        mended = self.mend([FOLD, "Conv2d(4, 3)", "ReLU()", "Linear(144, 10)"])
        self.assertEqual(mended[-2:], ["Flatten", "Linear 10"])
        self.assertEqual(self.mend([FOLD, "Conv2d(10, 8)"])[-1], "Flatten")

    def test_a_linear_within_an_image_is_let_be_where_it_is_laid_flat_later(self):
        arch = [FOLD, "Linear(4)", "ReLU()", "Flatten()", "Linear(10)"]
        self.assertEqual(check_fields({"user_arch": arch}, Limits(), "DIGITS").problems, [])

    def test_the_layer_for_the_shape_that_arrives_is_proposed(self):
        mended = self.mend(["Linear(16)", "BatchNorm2d()", "ReLU()", "Linear(10)"])
        self.assertEqual(mended[1], "BatchNorm1d")
        mended = self.mend([FOLD, "Conv2d(4, 3)", "BatchNorm1d()", "ReLU()", "MaxPool1d(2)", "Flatten()", "Linear(10)"])
        self.assertEqual((mended[2], mended[4]), ("BatchNorm2d", "MaxPool2d 2"))

    def test_sizes_are_mended_wherever_they_are_given(self):
        arch = ["Unflatten(1, (1, 9, 9))", "Conv2d(3, 4, 3)", "BatchNorm2d(7)", "LayerNorm((5, 5))", "ReLU()"]
        mended = self.mend([*arch, "Flatten()", "Linear(99, 10)"])
        self.assertEqual(
            mended,
            ["Unflatten 1 × 8 × 8", "Conv2d 4", "BatchNorm2d", "LayerNorm", "ReLU", "Flatten", "Linear 10"],
        )

    def test_windows_are_mended_too(self):
        mended = self.mend([FOLD, "MaxPool2d(4)", "Conv2d(4, 5)", "ReLU()", "Flatten()", "Linear(10)"])
        self.assertEqual(mended[:3], ["Unflatten 1 × 8 × 8", "MaxPool2d 4", "Conv2d 4"])
        self.mend([FOLD, "MaxPool2d(2, padding=2)", "Flatten()", "Linear(10)"])

    def test_every_layer_anywhere_is_answered_with_a_problem_or_a_shape(self):
        for name in LAYERS:
            required = {a.name: a.example for a in LAYERS[name].arguments if a.required}
            entry = Layer(LAYERS[name], required).as_object()
            for before in ([], [FOLD], ["Unflatten(1, (8, 8))"], ["Linear(1)"]):
                with self.subTest(layer=name, before=before):
                    checked = check_fields({"user_arch": [*before, entry]}, Limits(), "DIGITS")
                    codes = {problem.code for problem in checked.problems if problem.where.startswith("user_arch")}
                    self.assertTrue(checked.layers[-1].output_shape or codes)

    def test_what_a_batch_would_need_is_counted_before_anything_is_allocated(self):
        for arch, fields in (
            ([FOLD, "Conv2d(4096, 1, padding=64)", "Flatten()", "Linear(10)"], {}),
            ([FOLD, "AdaptiveAvgPool2d(512)", "Conv2d(256, 1)", "AdaptiveAvgPool2d(1)", "Flatten()", "Linear(10)"], {}),
            ([FOLD, *["AdaptiveAvgPool2d(512)"] * 30, "AdaptiveAvgPool2d(1)", "Flatten()", "Linear(10)"], {}),
            (["Linear(9000)", "ReLU()"] * 4 + ["Linear(10)"], {"batch_size": 1_400}),
        ):
            checked = check_fields({"user_arch": arch, **fields}, Limits(parameters=10**9), "DIGITS")
            self.assertEqual([p.code for p in checked.problems if p.code == "too_large_outputs"], ["too_large_outputs"])

    def test_a_layer_that_enlarges_again_and_again_is_stopped(self):
        arch = [FOLD, *["Conv2d(4096, 1, padding=64)"] * 40, "Flatten()", "Linear(100000)", "Linear(10)"]
        checked = check_fields({"user_arch": arch}, Limits(), "DIGITS")
        self.assertIn("too_large_outputs", [problem.code for problem in checked.problems])


class EndTests(SimpleTestCase):
    def codes(self, arch: list[str], name: str, **fields: Any) -> list[str]:
        return [problem.code for problem in check_fields({"user_arch": arch, **fields}, Limits(), name).problems]

    def test_log_softmax_before_celoss_is_no_problem(self):
        self.assertEqual(self.codes(["Linear(3)", "LogSoftmax()"], "IRIS"), [])

    def test_bceloss_gets_its_sigmoid_in_the_place_of_another_squeeze(self):
        fields = {"user_arch": ["Linear(1)", "Softmax()"], "criterion": "BCELOSS"}
        (problem,) = check_fields(fields, Limits(), "two").problems
        self.assertEqual(apply_patch(fields, problem.fix)["user_arch"], ["Linear(1)", {"layer": "Sigmoid"}])

    def test_every_squeeze_of_a_regression_is_named(self):
        for name in ("ReLU", "GELU", "Softplus", "Tanh", "Hardtanh", "Sigmoid"):
            self.assertEqual(self.codes(["Linear(1)", name], "DIABETES"), ["bounded_regression"])
        for name in ("LeakyReLU()", "Dropout(0.1)"):
            self.assertEqual(self.codes(["Linear(1)", name], "DIABETES"), [])

    def test_an_activation_is_missed_behind_layers_that_do_not_bend(self):
        for between in (["Dropout()"], ["BatchNorm1d()"], ["Unflatten(1, (1, 8))", "AvgPool1d(2)", "Flatten()"]):
            self.assertEqual(
                self.codes(["Linear(8)", *between, "Linear(3)"], "IRIS"), ["no_activation_between_linears"]
            )
        for between in (["GELU()"], ["Unflatten(1, (1, 8))", "MaxPool1d(2)", "Flatten()"], ["LayerNorm()"]):
            self.assertEqual(self.codes(["Linear(8)", *between, "Linear(3)"], "IRIS"), [])

    def test_imbalance_is_no_problem_where_it_is_weighed(self):
        self.assertEqual(self.codes([], "rare", criterion="WCELOSS"), [])
        self.assertEqual(self.codes(["Linear(1)"], "rare", criterion="BCEWITHLOGITSLOSS"), ["imbalanced_classes"])
        self.assertEqual(
            [
                problem.code
                for problem in check_fields({"user_model": "LogisticRegression()"}, Limits(), "rare").problems
            ],
            [],
        )
