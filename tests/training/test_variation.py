"""What a sweep may vary, and the result: paths, values, combinations. No engine, no torch."""

from __future__ import annotations

import pickle
from itertools import product

from django.test import SimpleTestCase

from training.exceptions import SpecRefused
from training.spec import TrainingSpec
from training.sweeps.paths import FIXED, VARIABLE
from training.sweeps.variation import Variation, parse_variation
from training.trainers.networks.layers import parse_layer

NETWORK = {"default": "IRIS", "user_arch": ["nn.Linear(4, 16)", "nn.ReLU()", "nn.Linear(16, 3)"], "seed": 5}
FOREST = {"default": "IRIS", "user_model": "RandomForestClassifier(max_depth=3)"}


def vary(spec: dict, max_runs: int = 500, **values) -> Variation:
    """Fields come by their names; paths, which are no keywords, in `at`."""
    return parse_variation(TrainingSpec.model_validate(spec), values.pop("at", {}) | values, max_runs)


class CombinationTests(SimpleTestCase):
    def test_every_combination_of_the_values_is_there_once_and_the_last_path_varies_fastest(self):
        rates, sizes = (0.1, 0.01, 0.001), (8, 16)
        found = vary(NETWORK, learning_rate=rates, batch_size=sizes)
        values = [(each.values["learning_rate"], each.values["batch_size"]) for each in found.combinations]
        self.assertEqual(values, list(product(rates, sizes)))
        for each in found.combinations:
            self.assertEqual((each.spec.learning_rate, each.spec.batch_size), tuple(each.values.values()))
            self.assertEqual(each.spec.user_arch, tuple(NETWORK["user_arch"]))

    def test_seeds_are_no_combinations(self):
        found = vary(NETWORK, learning_rate=[0.1, 0.01], seed=[3, 1, 2])
        self.assertEqual((len(found.combinations), found.seeds, found.runs), (2, (3, 1, 2), 6))
        self.assertEqual(vary(NETWORK, learning_rate=[0.1]).seeds, (5,))
        alone = vary(NETWORK, seed=range(20))
        self.assertEqual((len(alone.combinations), alone.runs), (1, 20))

    def test_the_spec_with_the_changes_is_the_combinations_own(self):
        at = {"user_arch[0].out_features": [8, 32], "optimizer_name": ["adam", "SGD"]}
        for each in vary(NETWORK, at=at).combinations:
            changes = each.spec.model_dump(mode="json", include=set(each.changes))
            self.assertEqual(TrainingSpec.model_validate({**NETWORK, **changes}), each.spec)
        self.assertEqual(set(changes), {"user_arch", "optimizer_name"})

    def test_sizes_that_layers_state_follow_those_that_vary(self):
        small, large = vary(NETWORK, at={"user_arch[0].out_features": [8, 32]}).combinations
        self.assertEqual(parse_layer(small.spec.user_arch[0]).arguments, {"in_features": 4, "out_features": 8})
        self.assertEqual(parse_layer(large.spec.user_arch[2]).arguments, {"out_features": 3})
        self.assertEqual(small.spec.user_arch[1], "nn.ReLU()")

    def test_whole_layers_vary(self):
        tanh, sigmoid = vary(NETWORK, at={"user_arch[1]": ["nn.Tanh()", {"layer": "Sigmoid"}]}).combinations
        self.assertEqual([each.spec.user_arch[1]["layer"] for each in (tanh, sigmoid)], ["Tanh", "Sigmoid"])

    def test_whole_networks_and_estimators_vary(self):
        networks = vary(NETWORK, user_arch=[["nn.Linear(3)"], ["nn.Linear(8)", "nn.ReLU()", "nn.Linear(3)"]])
        self.assertEqual([len(each.spec.user_arch) for each in networks.combinations], [1, 3])
        models = ["KNeighborsClassifier()", "LogisticRegression()"]
        found = vary({"default": "IRIS"}, user_model=models)
        self.assertEqual([each.spec.user_model for each in found.combinations], models)

    def test_an_estimators_argument_varies_and_the_others_stay(self):
        found = vary(FOREST, at={"user_model.n_estimators": [10, 20], "user_model.max_features": ["sqrt", None]})
        self.assertEqual(
            [each.spec.user_model for each in found.combinations],
            [
                {"estimator": "RandomForestClassifier", "max_depth": 3, "n_estimators": n, "max_features": m}
                for n, m in product((10, 20), ("sqrt", None))
            ],
        )

    def test_absent_is_a_value_where_the_field_may_be_absent(self):
        found = vary(NETWORK, gradient_clip=[None, 1], schedule=[None, "cosine"])
        self.assertEqual(found.combinations[0].spec, TrainingSpec.model_validate(NETWORK | {"gradient_clip": None}))
        self.assertEqual(len(found.combinations), 4)

    def test_it_goes_to_a_worker_and_arrives_as_it_was(self):
        found = vary(NETWORK, at={"user_arch[0].out_features": [8, 32]}, seed=[1, 2])
        self.assertEqual(pickle.loads(pickle.dumps(found)), found)

    def test_a_field_varies_or_is_fixed(self):
        self.assertEqual(set(VARIABLE) | FIXED, set(TrainingSpec.model_fields))
        for name in ("learning_rate", "epochs", "criterion", "test_size", "patience", "shuffle"):
            self.assertIn(name, VARIABLE)


class RefusalTests(SimpleTestCase):
    def assert_refused(self, code: str, where: str, spec: dict = NETWORK, hint: str = "", **values) -> None:
        with self.assertRaises(SpecRefused) as caught:
            vary(spec, **values)
        data = caught.exception.data
        self.assertEqual((data.code, data.where), (code, where), data.message)
        self.assertTrue(data.hint)
        self.assertIn(hint, data.hint)

    def test_what_is_no_place_in_a_spec_is_refused(self):
        for path in ("", "learning rate", "user_arch[x].p", "user_arch[-1].p", "user_arch[00].p", "user_arch[0",
                     "a.b.c", "__class__", "user_arch[0].out_features.real", "learning_rate\n", "x" * 300):  # fmt: skip
            with self.subTest(path=path):
                self.assert_refused("unknown_variable", f'vary["{path[:100]}"]', at={path: [1]})

    def test_what_stays_the_same_is_refused(self):
        for path in (*FIXED, "user_arch.p", "user_model[0]", "learning_rate[0]", "learning_rate.real", "model_fields"):
            with self.subTest(path=path):
                self.assert_refused("unknown_variable", f'vary["{path}"]', at={path: [1]})

    def test_a_mistyped_path_is_answered_with_what_was_meant(self):
        self.assert_refused(
            "unknown_variable", 'vary["learn_rate"]', hint="Did you mean learning_rate?", learn_rate=[1]
        )
        self.assert_refused(
            "unknown_argument",
            'vary["user_arch[0].out_feature"]',
            hint="Did you mean out_features?",
            at={"user_arch[0].out_feature": [1]},
        )

    def test_a_layer_or_an_estimator_that_is_not_there_is_refused(self):
        self.assert_refused("unknown_variable", 'vary["user_arch[3].p"]', hint="from", at={"user_arch[3].p": [1]})
        self.assert_refused(
            "unknown_variable", 'vary["user_arch[0].p"]', {"default": "IRIS"}, "user_arch", at={"user_arch[0].p": [1]}
        )
        self.assert_refused("unknown_variable", 'vary["user_model.C"]', at={"user_model.C": [1]})

    def test_a_broken_layer_or_estimator_is_named_itself(self):
        broken = NETWORK | {"user_arch": ["nn.Lineal(3)"]}
        self.assert_refused("unknown_layer", "user_arch[0]", broken, at={"user_arch[0].out_features": [1]})
        self.assert_refused("bad_estimator", "user_model", {"user_model": "1 + 1"}, at={"user_model.C": [1]})

    def test_values_that_do_not_fit_are_refused_by_their_place(self):
        for name, values, position in (
            ("learning_rate", [0.1, "fast"], 1),
            ("learning_rate", [0.1, 0.2, -1], 2),
            ("epochs", [1.5], 0),
            ("optimizer_name", ["Adam", "Eve"], 1),
            ("seed", [1, None], 1),
            ("user_arch", [["nn.Linear(3)"], 7], 1),
        ):
            with self.subTest(name=name):
                self.assert_refused("bad_vary", f'vary["{name}"][{position}]', at={name: values})
        for path, values in (("user_arch[0].out_features", [8, 0]), ("user_arch[0].out_features", [8, "x"])):
            self.assert_refused("bad_argument", f'vary["{path}"][1]', at={path: values})
        self.assert_refused(
            "bad_argument", 'vary["user_model.max_depth"][0]', FOREST, at={"user_model.max_depth": [{}]}
        )
        self.assert_refused("unknown_layer", 'vary["user_arch[1]"][0]', at={"user_arch[1]": ["nn.Bend()"]})

    def test_a_value_that_is_there_twice_is_refused(self):
        self.assert_refused("bad_vary", 'vary["optimizer_name"][1]', optimizer_name=["Adam", "adam"])
        self.assert_refused("bad_vary", 'vary["seed"][2]', seed=[1, 2, 1])
        self.assert_refused("bad_vary", 'vary["user_arch[1]"][1]', at={"user_arch[1]": ["nn.ReLU()", "ReLU"]})

    def test_no_values_are_refused(self):
        self.assert_refused("bad_vary", 'vary["learning_rate"]', learning_rate=[])

    def test_a_part_of_what_varies_does_not_vary_as_well(self):
        whole, part = {"user_arch[0]": ["nn.Linear(3)"]}, {"user_arch[0].out_features": [3]}
        self.assert_refused("bad_vary", 'vary["user_arch[0].out_features"]', at=whole | part)
        self.assert_refused("bad_vary", 'vary["user_arch[0].out_features"]', at=part | {"user_arch": [["Linear(3)"]]})
        self.assert_refused(
            "bad_vary",
            'vary["user_model.max_depth"]',
            FOREST,
            at={"user_model.max_depth": [1], "user_model": ["SVC()"]},
        )
        self.assertEqual(vary(NETWORK, schedule=["step"], schedule_step=[1, 2]).runs, 2)

    def test_more_runs_than_are_allowed_are_refused(self):
        self.assertEqual(vary(NETWORK, 20, learning_rate=[0.1, 0.01], seed=range(10)).runs, 20)
        self.assert_refused("too_many_sweep_runs", "vary", max_runs=19, learning_rate=[0.1, 0.01], seed=range(10))
