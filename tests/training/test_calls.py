"""Layers and estimators from texts and objects: what is understood, and that nothing hostile is ever evaluated."""

from __future__ import annotations

import json
import os

from django.test import SimpleTestCase

from tests.training.hostile import TRACES, hostile_entries
from training.exceptions import SpecRefused
from training.trainers.estimators import ESTIMATORS, parse_estimator
from training.trainers.networks.layers import LAYERS, Layer, parse_layer

CODES = {
    parse_layer: {"bad_layer", "unknown_layer", "unknown_argument", "missing_argument", "bad_argument"},
    parse_estimator: {"bad_estimator", "unknown_estimator", "unknown_argument", "missing_argument", "bad_argument"},
}
HARMLESS = {"Linear", "Dropout", "Conv2d", "LayerNorm", "RandomForestClassifier", "LogisticRegression"}


class HostileTests(SimpleTestCase):
    def setUp(self) -> None:
        TRACES.clear()

    def test_there_are_more_than_a_thousand(self):
        self.assertGreater(len(hostile_entries()), 1_000)

    def test_none_is_evaluated_and_each_is_refused_with_a_code_and_a_hint(self):
        for parse, codes in CODES.items():
            accepted = []
            for entry in hostile_entries():
                with self.subTest(parser=parse.__name__, entry=str(entry).encode("unicode_escape")[:80]):
                    try:
                        parsed = parse(entry)
                    except SpecRefused as error:
                        self.assertIn(error.data.code, codes)
                        self.assertTrue(error.data.message)
                        self.assertTrue(error.data.hint)
                        self.assertLess(len(error.data.message), 300)
                    else:
                        accepted.append(parsed)
            # The few that are accepted are calls of known names with literal arguments within their bounds.
            self.assertLess(len(accepted), 20)
            for parsed in accepted:
                self.assertIn(parsed.entry.name, HARMLESS)
                for value in parsed.arguments.values():
                    self.assertIsInstance(value, int | float | bool | tuple | None)
                    if isinstance(value, tuple):
                        self.assertEqual({type(item) for item in value}, {int})
        self.assertEqual(TRACES, [])
        self.assertFalse(os.path.exists("/tmp/hostile"))

    def test_the_trap_works(self):
        eval("leave_trace()")
        self.assertEqual(TRACES, ["evaluated"])


class ParseLayerTests(SimpleTestCase):
    def assert_code(self, entry, code: str) -> SpecRefused:
        with self.assertRaises(SpecRefused) as caught:
            parse_layer(entry)
        self.assertEqual(caught.exception.data.code, code)
        return caught.exception

    def test_all_spellings_give_the_same_layer(self):
        expected = Layer(LAYERS["Linear"], {"in_features": 4, "out_features": 10})
        for entry in (
            "nn.Linear(4, 10)",
            "torch.nn.Linear(4, 10)",
            "Linear(4, 10)",
            " nn.Linear( in_features=4, out_features = 10 ) ",
            "nn.Linear(4, out_features=10)",
            {"layer": "Linear", "in_features": 4, "out_features": 10},
            {"layer": "nn.Linear", "in_features": 4.0, "out_features": 10},
        ):
            with self.subTest(entry=entry):
                self.assertEqual(parse_layer(entry), expected)

    def test_the_input_size_may_be_left_out(self):
        for entry in ("Linear(10)", "nn.Linear(out_features=10)", {"layer": "Linear", "out_features": 10}):
            self.assertEqual(parse_layer(entry).arguments, {"out_features": 10})

    def test_torchs_own_order_and_the_short_one_are_both_understood(self):
        short = {"out_channels": 8, "kernel_size": 3}
        full = {"in_channels": 1, **short}
        for entry, arguments in (
            ("Conv2d(8, 3)", short),
            ("Conv2d(8, 3, padding=1)", {**short, "padding": 1}),
            ("Conv2d(8, kernel_size=3)", short),
            ("Conv2d(3, out_channels=8)", short),
            ("Conv2d(8, 3, in_channels=1)", full),
            ("Conv2d(1, 8, 3)", full),
            ("Conv2d(1, 8, kernel_size=3)", full),
            ("Conv2d(1, kernel_size=3, out_channels=8)", full),
            ("Conv2d(1, 8, 3, 2)", {**full, "stride": 2}),
            ("Linear(4, 10)", {"in_features": 4, "out_features": 10}),
            ("Linear(4, out_features=10)", {"in_features": 4, "out_features": 10}),
            ("Linear(10)", {"out_features": 10}),
            ("MaxPool2d(2)", {"kernel_size": 2}),
            ("MaxPool2d(3, 2)", {"kernel_size": 3, "stride": 2}),
            ("BatchNorm2d(8)", {"num_features": 8}),
            ("Unflatten(1, (1, 8, 8))", {"dim": 1, "unflattened_size": (1, 8, 8)}),
        ):
            with self.subTest(entry=entry):
                self.assertEqual(parse_layer(entry).arguments, arguments)
        self.assert_code("Conv2d(8)", "missing_argument")
        self.assert_code("Conv2d()", "missing_argument")
        self.assert_code("Conv2d(1, 8, 3, in_channels=1)", "bad_argument")

    def test_pairs_and_shapes_are_numbers_or_short_tuples_of_them(self):
        for entry, name, value in (
            ("Conv2d(8, (3, 5))", "kernel_size", (3, 5)),
            ("Conv2d(8, [3, 5])", "kernel_size", (3, 5)),
            ({"layer": "Conv2d", "out_channels": 8, "kernel_size": [3, 5.0]}, "kernel_size", (3, 5)),
            ({"layer": "Unflatten", "dim": 1, "unflattened_size": 64}, "unflattened_size", (64,)),
            ("LayerNorm(8)", "normalized_shape", (8,)),
            ("LayerNorm((8, 4))", "normalized_shape", (8, 4)),
            ("MaxPool2d(2, stride=None)", "stride", None),
        ):
            with self.subTest(entry=entry):
                self.assertEqual(parse_layer(entry).arguments[name], value)
        for entry in (
            "Conv2d(8, (3,))", "Conv2d(8, (3, 3, 3))", "Conv2d(8, ())", "Conv2d(8, (3, 0))", "Conv2d(8, (3, 65))",
            "Conv2d(8, (3, True))", "Conv2d(8, (3, None))", "Conv2d(8, '3')", "Conv2d(8, (3, 2.5))",
            "Conv1d(8, (3, 3))",
            "Conv2d(8, 3, padding=-1)", "Conv2d(5000, 3)", "Unflatten(1, (1, 2, 2, 2))", "Unflatten(0, (1, 8))",
            "Flatten(0)", "AdaptiveAvgPool2d(513)", "LayerNorm(())", "MaxPool2d(2, padding=None)",
        ):  # fmt: skip
            with self.subTest(entry=entry):
                self.assert_code(entry, "bad_argument")
        self.assert_code("Conv2d(8, (3, (3, 3)))", "bad_layer")

    def test_a_bare_name_is_a_call_without_arguments(self):
        self.assertEqual(parse_layer("nn.ReLU"), parse_layer("nn.ReLU()"))

    def test_a_mistyped_name_is_answered_with_the_nearest(self):
        error = self.assert_code("nn.Relu()", "unknown_layer")
        self.assertIn("Did you mean ReLU?", error.data.hint)
        self.assertIn(
            "Did you mean out_features?", self.assert_code("Linear(outfeatures=3)", "unknown_argument").data.hint
        )

    def test_bounds_and_types_are_held(self):
        for entry in ("Linear(0)", "Linear(100001)", "Linear(2.5)", "Linear('2')", "Linear(True)", "Dropout(0.99)"):
            with self.subTest(entry=entry):
                self.assert_code(entry, "bad_argument")
        self.assert_code("Linear()", "missing_argument")
        self.assert_code("ReLU(1)", "unknown_argument")

    def test_the_object_form_reads_back(self):
        for entry in ("Linear(4, 10, bias=False)", "Dropout(0.3)", "Conv2d(8, (3, 5))", "Unflatten(1, (1, 8, 8))"):
            layer = parse_layer(entry)
            self.assertEqual(parse_layer(json.loads(json.dumps(layer.as_object()))), layer)


class ParseEstimatorTests(SimpleTestCase):
    def test_all_spellings_give_the_same_estimator(self):
        for entry in (
            "RandomForestClassifier(max_depth=3)",
            "sklearn.ensemble.RandomForestClassifier(max_depth=3)",
            "ensemble.RandomForestClassifier(max_depth=3)",
            {"estimator": "RandomForestClassifier", "max_depth": 3},
        ):
            with self.subTest(entry=entry):
                choice = parse_estimator(entry)
                self.assertIs(choice.entry, ESTIMATORS["RandomForestClassifier"])
                self.assertEqual(choice.arguments, {"max_depth": 3})

    def test_none_is_a_value_where_it_means_something(self):
        self.assertEqual(parse_estimator("RandomForestClassifier(max_depth=None)").arguments, {"max_depth": None})
