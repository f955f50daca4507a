"""The registries say what torch and scikit-learn say: names, arguments, defaults."""

from __future__ import annotations

import inspect
import json

import torch
from django.test import SimpleTestCase
from sklearn.base import is_classifier, is_regressor

from training.exceptions import SpecRefused
from training.limits import Limits
from training.spec import ProblemType
from training.trainers.arguments import Kind
from training.trainers.estimators import ESTIMATORS, EstimatorChoice, build_estimator, parse_estimator
from training.trainers.estimators import palette as estimator_palette
from training.trainers.estimators.entry import COUNTED_BY
from training.trainers.layers import LAYERS, parse_layer
from training.trainers.layers import palette as layer_palette
from training.trainers.network import MODULES, build_network, infer_shape


def example_of(entry) -> dict:
    return {"layer": entry.name, **{argument.name: 6 for argument in entry.arguments if argument.required}}


class LayerRegistryTests(SimpleTestCase):
    def test_registry_palette_and_modules_name_the_same_layers(self):
        self.assertEqual(set(LAYERS), set(MODULES))
        self.assertEqual(set(LAYERS), {entry["name"] for entry in layer_palette()})
        for name, module in MODULES.items():
            self.assertIs(module, getattr(torch.nn, name))

    def test_every_argument_is_torchs_with_torchs_default(self):
        for entry in LAYERS.values():
            parameters = inspect.signature(MODULES[entry.name]).parameters
            for argument in entry.arguments:
                with self.subTest(layer=entry.name, argument=argument.name):
                    self.assertIn(argument.name, parameters)
                    default = parameters[argument.name].default
                    if entry.name in ("Softmax", "LogSoftmax"):
                        continue  # torch's own default, None, is deprecated there; ours is the last axis
                    if argument.required or argument.inferred:
                        self.assertIs(default, inspect.Parameter.empty)
                    else:
                        self.assertEqual(argument.default, default)

    def test_every_layer_is_built_and_its_inferred_shape_is_the_real_one(self):
        for entry in LAYERS.values():
            with self.subTest(layer=entry.name):
                layer = parse_layer(example_of(entry))
                network = build_network([layer], 5)
                shape, parameters = infer_shape(layer, (5,))
                outputs = network(torch.randn(3, 5))
                self.assertEqual(tuple(outputs.shape[1:]), shape)
                self.assertEqual(sum(p.numel() for p in network.parameters()), parameters)

    def test_meta_shapes_allocate_nothing_however_large(self):
        layer = parse_layer({"layer": "Linear", "in_features": 100_000, "out_features": 100_000})
        shape, parameters = infer_shape(layer, (100_000,))  # forty gigabytes, were it real
        self.assertEqual((shape, parameters), ((100_000,), 100_000 * 100_000 + 100_000))
        self.assertGreater(parameters, Limits().parameters)

    def test_the_palette_is_json(self):
        self.assertIn("out_features", json.dumps(layer_palette()))


# Where our default is another than scikit-learn's, and why.
DEVIATIONS = {
    ("LogisticRegression", "max_iter"): "its hundred steps often do not suffice",
    ("Lasso", "alpha"): "columns and target are standardised, for which 1.0 leaves hardly a weight",
    ("ElasticNet", "alpha"): "columns and target are standardised, for which 1.0 leaves hardly a weight",
    ("HistGradientBoostingClassifier", "early_stopping"): "as many rounds as were asked for, from all rows",
    ("HistGradientBoostingRegressor", "early_stopping"): "as many rounds as were asked for, from all rows",
}


def build(entry, **arguments):
    return build_estimator(EstimatorChoice(entry, arguments), seed=3)


class EstimatorRegistryTests(SimpleTestCase):
    def test_registry_and_palette_name_the_same_estimators(self):
        self.assertEqual(set(ESTIMATORS), {entry["name"] for entry in estimator_palette()})
        self.assertIn("hidden_layer_sizes", json.dumps(estimator_palette()))

    def test_every_estimator_is_scikit_learns_and_of_its_problem_type(self):
        for entry in ESTIMATORS.values():
            with self.subTest(estimator=entry.name):
                estimator = build(entry)
                self.assertEqual(type(estimator).__name__, entry.name)
                self.assertTrue(type(estimator).__module__.startswith(f"sklearn.{entry.module}"))
                self.assertEqual(is_classifier(estimator), entry.problem_type is ProblemType.CLASSIFICATION)
                self.assertEqual(is_regressor(estimator), entry.problem_type is ProblemType.REGRESSION)
                self.assertEqual(estimator.get_params().get("random_state", 3), 3)

    def test_every_argument_is_scikit_learns_with_its_default_but_for_those_that_are_stated(self):
        deviating = set()
        for entry in ESTIMATORS.values():
            estimator = build(entry)
            plain = type(estimator)().get_params()
            self.assertLessEqual({argument.name for argument in entry.arguments} | set(entry.fixed), set(plain))
            for name, value in estimator.get_params().items():
                if name != "random_state" and (value, type(value)) != (plain[name], type(plain[name])):
                    deviating.add((entry.name, name))
        self.assertEqual(deviating, set(DEVIATIONS))

    def test_bounds_and_choices_are_within_what_scikit_learn_accepts(self):
        for entry in ESTIMATORS.values():
            for argument in entry.arguments:
                bounds = [bound for bound in (argument.minimum, argument.maximum) if bound is not None]
                values = [argument.check(value) for value in (*bounds, *argument.choices)]
                self.assertTrue(len(values) > 1 or argument.kind is Kind.BOOLEAN)
                for value in [*values, None] if argument.optional else values:
                    with self.subTest(estimator=entry.name, argument=argument.name, value=value):
                        build(entry, **{argument.name: value})._validate_params()

    def test_every_estimator_is_parsed_with_the_module_that_it_is_in(self):
        for entry in ESTIMATORS.values():
            for prefix in ("", f"{entry.module}.", f"sklearn.{entry.module}."):
                self.assertIs(parse_estimator(f"{prefix}{entry.name}()").entry, entry)

    def test_sizes_are_a_whole_number_or_a_few(self):
        for entry, sizes in (
            ("MLPClassifier(hidden_layer_sizes=(64, 32))", (64, 32)),
            ("MLPClassifier([64, 32])", (64, 32)),
            ("MLPClassifier(64)", 64),
            ({"estimator": "MLPClassifier", "hidden_layer_sizes": [64]}, (64,)),
        ):
            self.assertEqual(parse_estimator(entry).arguments, {"hidden_layer_sizes": sizes})
        for sizes in ("0", "()", "(2.5,)", "True", "'64'", "None", "(64, 1001)", "(64, None)"):
            with self.subTest(sizes=sizes), self.assertRaises(SpecRefused) as caught:
                parse_estimator(f"MLPRegressor(hidden_layer_sizes={sizes})")
            self.assertEqual(caught.exception.data.code, "bad_argument")

    def test_marks_ascend_to_the_last_step(self):
        for entry in ESTIMATORS.values():
            for steps in (1, 7, 99, 1_000):
                name = COUNTED_BY.get(entry.learning)
                marks = EstimatorChoice(entry, {name: steps} if name else {}).marks
                self.assertEqual(marks, sorted(set(marks)))
                self.assertEqual(marks[-1], steps if name else 1)
