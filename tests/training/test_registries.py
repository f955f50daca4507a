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
from training.trainers.networks.layer import Layer, LayerEntry, Shape
from training.trainers.networks.layers import LAYERS, parse_layer
from training.trainers.networks.layers import palette as layer_palette
from training.trainers.networks.network import MODAL, MODULES, build_module, infer_shape

SHAPES = {1: (64,), 2: (4, 16), 3: (4, 8, 8)}  # one that every layer with as many axes takes


def example_of(entry: LayerEntry) -> Layer:
    required = {argument.name: argument.example for argument in entry.arguments if argument.required}
    return parse_layer(Layer(entry, required).as_object())


def shape_for(entry: LayerEntry) -> Shape:
    return SHAPES[entry.axes[-1] if entry.axes else 1]


class LayerRegistryTests(SimpleTestCase):
    def test_registry_palette_parser_and_modules_name_the_same_layers(self):
        self.assertGreaterEqual(len(LAYERS), 26)
        self.assertEqual(set(LAYERS), set(MODULES))
        self.assertEqual(set(LAYERS), {entry["name"] for entry in layer_palette()})
        for name, module in MODULES.items():
            self.assertTrue(issubclass(module, torch.nn.Module))
            self.assertIs(module, getattr(torch.nn, name))
            self.assertIs(example_of(LAYERS[name]).entry, LAYERS[name])

    def test_every_argument_is_torchs_in_torchs_order_with_torchs_default(self):
        for entry in LAYERS.values():
            parameters = inspect.signature(MODULES[entry.name]).parameters
            names = [name for name in parameters if name in {argument.name for argument in entry.arguments}]
            self.assertEqual([argument.name for argument in entry.arguments], names)
            for argument in entry.arguments:
                with self.subTest(layer=entry.name, argument=argument.name):
                    default = parameters[argument.name].default
                    if argument.required:
                        self.assertIs(default, inspect.Parameter.empty)
                        self.assertIsNotNone(argument.example)
                    elif argument.inferred:
                        self.assertIs(default, inspect.Parameter.empty)
                        self.assertEqual(argument.name, entry.size_argument)
                    elif argument.own_default:
                        self.assertNotEqual(argument.default, default)
                    else:
                        self.assertEqual(argument.default, default)

    def test_positions_that_are_written_without_names_are_torchs(self):
        """`as_source` writes required and inferred arguments without names, so they must come first in torch, too."""
        for entry in LAYERS.values():
            written = [argument.name for argument in entry.arguments if argument.required or argument.inferred]
            first = list(inspect.signature(MODULES[entry.name]).parameters)[: len(written)]
            self.assertEqual(written, first)

    def test_every_layer_is_built_and_its_inferred_shape_is_the_real_one(self):
        for entry in LAYERS.values():
            with self.subTest(layer=entry.name):
                layer, shape = example_of(entry), shape_for(entry)
                inferred, parameters = infer_shape(layer, shape)
                module = build_module(layer, shape)
                outputs = module(torch.randn(3, *shape))
                self.assertEqual(tuple(outputs.shape), (3, *inferred))
                self.assertEqual(sum(p.numel() for p in module.parameters()), parameters)

    def test_no_layer_takes_the_rows_for_something_else(self):
        """torch takes (channels, height, width) for one image, and so would a batch of too few axes be taken."""
        for entry in LAYERS.values():
            for axes, shape in SHAPES.items():
                if entry.axes and axes not in entry.axes:
                    with self.subTest(layer=entry.name, axes=axes), self.assertRaises((RuntimeError, ValueError)):
                        infer_shape(example_of(entry), shape)

    def test_every_bound_is_one_that_torch_takes(self):
        for entry in LAYERS.values():
            for argument in entry.arguments:
                for bound in (argument.minimum, argument.maximum):
                    if argument.kind in (Kind.INTEGER, Kind.NUMBER, Kind.PAIR) and bound is not None:
                        value = bound if argument.kind is Kind.NUMBER else int(bound)
                        with self.subTest(layer=entry.name, argument=argument.name, value=value):
                            layer = parse_layer({**example_of(entry).as_object(), argument.name: value})
                            build_module(layer, shape_for(entry), device="meta")

    def test_what_differs_in_training_is_known_to_the_loop(self):
        """Else a Dropout would go on forgetting when the network is tested."""
        torch.manual_seed(0)
        differing = set()
        for entry in LAYERS.values():
            module = build_module(example_of(entry), shape_for(entry))
            inputs = torch.randn(16, *shape_for(entry))
            if not torch.equal(module.train()(inputs), module.eval()(inputs)):
                differing.add(entry.name)
            self.assertEqual(entry.name in differing, isinstance(module, MODAL), entry.name)
        self.assertEqual(differing, {"Dropout", "Dropout2d", "BatchNorm1d", "BatchNorm2d"})

    def test_straight_layers_are_straight_and_bounded_ones_bounded(self):
        torch.manual_seed(0)
        for entry in LAYERS.values():
            with self.subTest(layer=entry.name):
                shape = shape_for(entry)
                module = build_module(example_of(entry), shape).eval()
                a, b = torch.randn(4, *shape), torch.randn(4, *shape)
                middle = (module(a) + module(b)) / 2
                is_straight = torch.allclose(module((a + b) / 2), middle, atol=1e-4)
                self.assertEqual(is_straight, entry.is_straight)
                self.assertEqual(
                    entry.is_weighted, entry.is_straight and module.state_dict().keys() == {"weight", "bias"}
                )
                large = torch.cat([module(1e4 * a), module(-1e4 * a)])
                is_bounded = entry.name != "LayerNorm" and (large.max() < 2e2 or large.min() > -2e2)
                if not entry.is_weighted:
                    self.assertEqual(is_bounded or entry.name == "LogSoftmax", entry.is_bounded)

    def test_meta_shapes_allocate_nothing_however_large(self):
        layer = parse_layer({"layer": "Linear", "in_features": 100_000, "out_features": 100_000})
        shape, parameters = infer_shape(layer, (100_000,))  # forty gigabytes, were it real
        self.assertEqual((shape, parameters), ((100_000,), 100_000 * 100_000 + 100_000))
        self.assertGreater(parameters, Limits().parameters)

    def test_the_palette_is_json_and_its_examples_can_be_edited(self):
        palette = json.loads(json.dumps(layer_palette()))
        unflatten = next(entry for entry in palette if entry["name"] == "Unflatten")
        self.assertEqual(unflatten["arguments"][1]["example"], [1, 8, 8])
        self.assertEqual(unflatten["arguments"][1]["type"], "sizes")


class SourceTests(SimpleTestCase):
    def test_every_layer_is_written_as_python_that_builds_the_same_module(self):
        for entry in LAYERS.values():
            layer, shape = example_of(entry), shape_for(entry)
            with self.subTest(layer=entry.name):
                source = layer.as_source(shape)
                self.assertEqual(repr(eval(source, {"nn": torch.nn})), repr(build_module(layer, shape)))

    def test_so_is_every_argument_that_is_not_the_default(self):
        changed = 0
        for entry in LAYERS.values():
            for argument in entry.arguments:
                for value in (argument.minimum, argument.maximum, *argument.choices, False, (2, 3)):
                    fields = {**example_of(entry).as_object(), argument.name: value}
                    try:
                        layer = parse_layer(fields)
                        expected = build_module(layer, shape_for(entry))
                    except (SpecRefused, ValueError):
                        continue
                    with self.subTest(layer=entry.name, argument=argument.name, value=value):
                        written = eval(layer.as_source(shape_for(entry)), {"nn": torch.nn})
                        self.assertEqual(repr(written), repr(expected))
                        changed += 1
        self.assertGreater(changed, 80)

    def test_sizes_are_filled_in_and_defaults_left_out(self):
        for entry, shape, source in (
            ("Linear(16)", (4,), "nn.Linear(4, 16)"),
            ("Linear(16, bias=False)", (4,), "nn.Linear(4, 16, bias=False)"),
            ("Linear(16, bias=True)", (4,), "nn.Linear(4, 16)"),
            ("Conv2d(8, 3, padding=1, stride=1)", (1, 8, 8), "nn.Conv2d(1, 8, 3, padding=1)"),
            ("Conv2d(8, (3, 5))", (1, 8, 8), "nn.Conv2d(1, 8, (3, 5))"),
            ("MaxPool2d(2)", (1, 8, 8), "nn.MaxPool2d(2)"),
            ("LayerNorm()", (1, 8, 8), "nn.LayerNorm((1, 8, 8))"),
            ("BatchNorm2d()", (6, 8, 8), "nn.BatchNorm2d(6)"),
            ("Softmax()", (3,), "nn.Softmax(dim=-1)"),
            ("ReLU", (3,), "nn.ReLU()"),
        ):
            self.assertEqual(parse_layer(entry).as_source(shape), source)

    def test_a_layer_is_described_in_a_few_words(self):
        for entry, words in (
            ("Conv2d(8, 3)", "Conv2d 8"),
            ("Linear(4, 16)", "Linear 16"),
            ("Unflatten(1, (1, 8, 8))", "Unflatten 1 × 8 × 8"),
            ("MaxPool2d(2)", "MaxPool2d 2"),
            ("ReLU()", "ReLU"),
        ):
            self.assertEqual(parse_layer(entry).describe(), words)


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
            ("MLPClassifier(64)", (64,)),
            ({"estimator": "MLPClassifier", "hidden_layer_sizes": [64]}, (64,)),
        ):
            self.assertEqual(parse_estimator(entry).arguments, {"hidden_layer_sizes": sizes})
        for sizes in ("0", "()", "(2.5,)", "True", "'64'", "None", "(64, 1001)", "(64, None)"):
            with self.subTest(sizes=sizes), self.assertRaises(SpecRefused) as caught:
                parse_estimator(f"MLPRegressor(hidden_layer_sizes={sizes})")
            self.assertEqual(caught.exception.data.code, "bad_argument")

    def test_reported_steps_ascend_to_the_last_step(self):
        for entry in ESTIMATORS.values():
            for steps in (1, 7, 99, 1_000):
                name = COUNTED_BY.get(entry.learning)
                report_steps = EstimatorChoice(entry, {name: steps} if name else {}).report_steps
                self.assertEqual(report_steps, sorted(set(report_steps)))
                self.assertEqual(report_steps[-1], steps if name else 1)
