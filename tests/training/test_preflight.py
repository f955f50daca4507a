"""The preflight: every code can happen, every fix mends what it is for, and shapes are those of the real network."""

from __future__ import annotations

import copy
from typing import Any

import torch
from django.test import SimpleTestCase

from tests.training.data import builtin_data, csv_data, two_class_data
from training.limits import Limits
from training.messages import TrainingChecked
from training.parts import Level, PatchOperation, Problem
from training.problems import CODES
from training.spec import TrainingSpec
from training.trainers.layers import parse_layer
from training.trainers.network import build_network
from training.trainers.preflight import check

IRIS = {"default": "IRIS"}

# code -> (spec fields, limits, table, level, whether there is a fix)
CASES: dict[str, tuple[dict[str, Any], Limits, str, Level, bool]] = {
    "bad_layer": ({"user_arch": ["nn.Linear(3"]}, Limits(), "IRIS", Level.ERROR, False),
    "unknown_layer": ({"user_arch": ["Linear(8)", "nn.Relu()", "Linear(3)"]}, Limits(), "IRIS", Level.ERROR, True),
    "bad_estimator": ({"user_model": "1 + 1"}, Limits(), "IRIS", Level.ERROR, False),
    "unknown_estimator": ({"user_model": "MagicClassifier()"}, Limits(), "IRIS", Level.ERROR, False),
    "unknown_argument": ({"user_arch": ["Linear(3, colour=1)"]}, Limits(), "IRIS", Level.ERROR, False),
    "missing_argument": ({"user_arch": ["Linear()"]}, Limits(), "IRIS", Level.ERROR, False),
    "bad_argument": ({"user_arch": ["Linear(-3)"]}, Limits(), "IRIS", Level.ERROR, False),
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
    "estimator_problem_mismatch": ({"user_model": "RandomForestRegressor()"}, Limits(), "IRIS", Level.ERROR, False),
    "too_many_layers": ({"user_arch": ["ReLU()"] * 6}, Limits(layers=5), "IRIS", Level.ERROR, False),
    "too_many_parameters": ({"user_arch": ["Linear(3)"]}, Limits(parameters=10), "IRIS", Level.ERROR, False),
    "too_many_epochs": ({"epochs": 101}, Limits(epochs=100), "IRIS", Level.ERROR, True),
    "batch_too_large": ({"batch_size": 5_000}, Limits(), "IRIS", Level.WARNING, True),
    "learning_rate_unusual": ({"learning_rate": 50}, Limits(), "IRIS", Level.WARNING, True),
}  # fmt: skip


def table(name: str):
    return (two_class_data() if name == "two" else builtin_data(name)).plan


def check_fields(fields: dict[str, Any], limits: Limits, name: str) -> TrainingChecked:
    return check(TrainingSpec.model_validate(fields), table(name), limits)


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
        self.assertEqual(set(CASES), set(CODES))

    def test_each_problem_has_its_level_its_place_and_its_sentence(self):
        for code, (*_, level, _) in CASES.items():
            with self.subTest(code=code):
                problem = self.find(code)
                self.assertIs(problem.level, level)
                self.assertRegex(
                    problem.where, r"^(user_arch(\[\d+\])?|user_model|criterion|epochs|batch_size|learning_rate)$"
                )
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
