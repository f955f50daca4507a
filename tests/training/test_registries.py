"""The registries say what torch and scikit-learn say: names, arguments, defaults."""

from __future__ import annotations

import inspect
import json

import torch
from django.test import SimpleTestCase

from training.limits import Limits
from training.trainers.arguments import Kind
from training.trainers.estimators import ESTIMATORS, EstimatorChoice, build_estimator
from training.trainers.estimators import palette as estimator_palette
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


class EstimatorRegistryTests(SimpleTestCase):
    def test_registry_and_palette_name_the_same_estimators(self):
        self.assertEqual(set(ESTIMATORS), {entry["name"] for entry in estimator_palette()})

    def test_every_argument_is_scikit_learns(self):
        for entry in ESTIMATORS.values():
            estimator = build_estimator(EstimatorChoice(entry, {}), seed=3)
            with self.subTest(estimator=entry.name):
                self.assertTrue(type(estimator).__module__.startswith(f"sklearn.{entry.module}"))
                self.assertEqual(estimator.get_params()["random_state"], 3)
                for argument in entry.arguments:
                    self.assertIn(argument.name, estimator.get_params())
                    if (
                        argument.name != "max_iter"
                    ):  # more steps than scikit-learn's hundred, which often do not suffice
                        plain = type(estimator)().get_params()[argument.name]
                        self.assertEqual(argument.default, plain)

    def test_bounds_are_within_what_scikit_learn_accepts(self):
        for entry in ESTIMATORS.values():
            for argument in entry.arguments:
                for bound in (argument.minimum, argument.maximum):
                    value = int(bound) if argument.kind is Kind.INTEGER else bound
                    estimator = build_estimator(EstimatorChoice(entry, {argument.name: value}), seed=0)
                    estimator._validate_params()
