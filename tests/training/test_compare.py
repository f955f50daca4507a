"""Two runs compared: what differs in their specs, the statistics of paired seeds, and the comparison as a run."""

from __future__ import annotations

import os
import signal
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

import numpy as np
from django.test import SimpleTestCase
from scipy import stats

from playground.routing import build_application
from tests.sockets import new_guest, open_socket
from tests.training.cases import EngineTestCase
from training.limits import SweepLimits
from training.spec import TrainingSpec
from training.sweeps.differences import find_differences
from training.trainers.results.seeds import compare_paired, summarize

APPLICATION = build_application()
NETWORK = ("nn.Linear(16)", "nn.ReLU()", "nn.Linear(3)")


def differ(spec: dict[str, Any], other: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """where -> the two values. Both specs get what every completed spec has."""
    whole = {"optimizer_name": "Adam", "learning_rate": 0.005, "epochs": 100, "batch_size": 32}
    specs = (TrainingSpec.model_validate({"default": "IRIS", **whole, **fields}) for fields in (spec, other))
    return {each.where: (each.value, each.other) for each in find_differences(*specs)}


class DifferenceTests(SimpleTestCase):
    def test_each_setting_that_differs_is_told_with_both_values(self):
        found = differ(
            {"user_arch": NETWORK, "learning_rate": 0.1, "optimizer_name": "SGD", "patience": 5, "features": ["a"]},
            {"user_arch": NETWORK},
        )
        expected = {"learning_rate": (0.1, 0.005), "optimizer_name": ("SGD", "Adam"), "patience": (5, None)}
        self.assertEqual(found, expected | {"features": (["a"], [])})

    def test_layers_are_compared_argument_by_argument_however_they_are_written(self):
        same = [{"layer": "Linear", "out_features": 16}, "ReLU", "torch.nn.Linear(16, 3)"]
        self.assertEqual(differ({"user_arch": NETWORK}, {"user_arch": same}), {})
        other = ["nn.Linear(8, bias=False)", "nn.ReLU()", "nn.Linear(3)"]
        self.assertEqual(
            differ({"user_arch": NETWORK}, {"user_arch": other}),
            {"user_arch[0].out_features": (16, 8), "user_arch[0].bias": (True, False)},
        )

    def test_other_kinds_of_layers_are_told_as_a_whole(self):
        found = differ({"user_arch": NETWORK}, {"user_arch": ["nn.Linear(3)"]})
        self.assertEqual(found, {"user_arch": (["Linear 16", "ReLU", "Linear 3"], ["Linear 3"])})

    def test_estimators_are_compared_with_their_defaults(self):
        forest = "RandomForestClassifier(n_estimators=100)"
        self.assertEqual(differ({"user_model": forest}, {"user_model": "RandomForestClassifier()"}), {})
        found = differ({"user_model": forest}, {"user_model": "RandomForestClassifier(max_depth=2)"})
        self.assertEqual(found, {"user_model.max_depth": (None, 2)})
        found = differ({"user_model": forest}, {"user_model": "GaussianNB()"})
        self.assertEqual(
            found,
            {"user_model": ({"estimator": "RandomForestClassifier", "n_estimators": 100}, {"estimator": "GaussianNB"})},
        )

    def test_a_network_and_an_estimator_differ_in_what_they_are(self):
        found = differ({"user_arch": NETWORK, "learning_rate": 0.1}, {"user_model": "GaussianNB()"})
        self.assertEqual(set(found), {"user_arch", "user_model"})

    def test_what_has_no_effect_is_no_difference(self):
        for fields in (
            {"seed": 7},
            {"custom_model_name": "mine"},
            {"notify": True},
            {"momentum": 0.5},
            {"schedule_step": 3},
        ):
            with self.subTest(**fields):
                self.assertEqual(differ({"user_arch": NETWORK}, {"user_arch": NETWORK, **fields}), {})
        model = {"user_model": "GaussianNB()"}
        self.assertEqual(differ(model, model | {"learning_rate": 0.1, "patience": 5}), {})
        self.assertEqual(set(differ(model, model | {"test_size": 0.4})), {"test_size"})


class StatisticsTests(SimpleTestCase):
    def test_the_interval_is_scipys_of_the_paired_t_test(self):
        generator = np.random.default_rng(0)
        for n in (2, 5, 20):
            scores, others = generator.normal(0.9, 0.03, n), generator.normal(0.88, 0.03, n)
            gain = compare_paired(scores, others)
            test = stats.ttest_rel(scores, others)
            low, high = test.confidence_interval(0.95)
            self.assertAlmostEqual(gain.gain - gain.margin, low)
            self.assertAlmostEqual(gain.gain + gain.margin, high)
            self.assertEqual(gain.is_distinguishable, test.pvalue < 0.05)
            self.assertAlmostEqual(gain.mean - gain.other_mean, gain.gain)

    def test_about_one_time_in_twenty_luck_alone_is_taken_for_a_gain(self):
        generator = np.random.default_rng(1)
        trials = [compare_paired(*generator.normal(0.9, 0.03, (2, 20))).is_distinguishable for _ in range(2000)]
        self.assertTrue(0.035 < np.mean(trials) < 0.065, np.mean(trials))

    def test_a_gain_that_is_the_same_with_every_seed_is_certain_and_none_is_none(self):
        self.assertTrue(compare_paired([0.75, 0.5], [0.5, 0.25]).is_distinguishable)
        self.assertFalse(compare_paired([0.5, 0.25], [0.5, 0.25]).is_distinguishable)
        for scores, others in (([1.0], [0.5]), ([1.0, 0.5], [0.5])):
            with self.assertRaises(ValueError):
                compare_paired(scores, others)

    def test_mean_and_spread(self):
        self.assertEqual((summarize([1, 2, 3]).mean, summarize([1, 2, 3]).spread), (2, 1))
        self.assertEqual((summarize([0.5]).mean, summarize([0.5]).spread), (0.5, None))
        self.assertEqual((summarize([]).mean, summarize([]).spread), (None, None))


class ComparisonTests(EngineTestCase):
    async def train(self, socket, **spec: Any) -> str:
        frame = await socket.ask("runTraining", **{"default": "IRIS", "epochs": 5, "seed": 0, **spec})
        self.assertEqual(frame["event"], "trainingQueued", frame)
        await socket.receive_until("trainingArtifacts")
        return frame["data"]["run_id"]

    async def compare(self, socket, run_id: str, other_run_id: str) -> list[dict[str, Any]]:
        await socket.send("compareTraining", run_id=run_id, other_run_id=other_run_id)
        return await socket.receive_until("trainingCompared", "trainingCancelled", "error", timeout=60)

    async def assert_refused(self, socket, code: str, where: str, run_id: str, other_run_id: str) -> None:
        (answer,) = await self.compare(socket, run_id, other_run_id)
        data = answer["data"]
        self.assertEqual((answer["event"], data["code"], data["where"]), ("error", code, where), data)
        self.assertTrue(data["message"] and data["hint"])

    async def test_a_clear_gain_is_told_with_what_differs(self):
        async with open_socket(APPLICATION) as socket:
            good = await self.train(socket, user_arch=NETWORK, learning_rate=0.05)
            bad = await self.train(socket, user_arch=NETWORK, learning_rate=1e-5)
            frames = await self.compare(socket, good, bad)
            listed = (await socket.ask("listTrainings", limit=1))["data"]["runs"]
        self.assertEqual(frames[0]["event"], "trainingQueued")
        self.assertEqual([frame["data"]["seq"] for frame in frames[1:]], list(range(1, len(frames))))
        scores = [score for frame in frames[1:-1] for score in frame["data"]["results"]]
        self.assertEqual([(score["seed"], score["combination"]) for score in scores],
                         [(seed, number) for seed in range(20) for number in (0, 1)])  # fmt: skip
        result = frames[-1]["data"]
        self.assertEqual(result["compared"], [good, bad])
        self.assertEqual(result["differences"], [{"where": "learning_rate", "value": 0.05, "other": 1e-5}])
        self.assertEqual((result["success"], result["metric"], result["distinguishable"]), (True, "accuracy", True))
        self.assertEqual(result["scores"], [score["score"] for score in scores if score["combination"] == 0])
        self.assertAlmostEqual(result["gain"], result["mean"] - result["other_mean"])
        low, high = stats.ttest_rel(result["scores"], result["other_scores"]).confidence_interval(0.95)
        self.assertAlmostEqual(result["margin"], (high - low) / 2)
        self.assertIn("better by more than seeds explain", result["sentence"])
        self.assertEqual((listed[0]["kind"], listed[0]["status"]), ("comparison", "succeeded"))

    async def test_a_gain_within_the_noise_is_called_so(self):
        async with open_socket(APPLICATION) as socket:
            one = await self.train(socket, user_model="RandomForestClassifier(n_estimators=10)")
            two = await self.train(socket, user_model="RandomForestClassifier(n_estimators=11)")
            result = (await self.compare(socket, one, two))[-1]["data"]
        self.assertFalse(result["distinguishable"])
        self.assertLessEqual(abs(result["gain"]), result["margin"])
        self.assertIn("not distinguishable", result["sentence"])
        self.assertEqual(result["differences"], [{"where": "user_model.n_estimators", "value": 10, "other": 11}])

    async def test_a_network_is_compared_with_an_estimator_on_a_regression(self):
        async with open_socket(APPLICATION) as socket:
            network = await self.train(socket, default="DIABETES", epochs=2)
            ridge = await self.train(socket, default="diabetes", user_model="Ridge()")
            result = (await self.compare(socket, network, ridge))[-1]["data"]
        self.assertEqual(result["metric"], "r2")
        self.assertEqual({each["where"] for each in result["differences"]}, {"user_arch", "user_model"})

    async def test_what_cannot_be_compared_is_refused_at_once(self):
        client = await new_guest()
        async with open_socket(APPLICATION, client=client) as socket, open_socket(APPLICATION) as stranger:
            run = await self.train(socket, user_arch=NETWORK)
            await self.assert_refused(socket, "no_difference", "other_run_id", run, run)
            again = await self.train(socket, user_arch=[*NETWORK], seed=7, optimizer_name="adam")
            await self.assert_refused(socket, "no_difference", "other_run_id", run, again)
            wine = await self.train(socket, default="WINE")
            await self.assert_refused(socket, "not_comparable", "other_run_id", run, wine)
            other_target = await self.train(socket, target="petal width (cm)")
            await self.assert_refused(socket, "not_comparable", "other_run_id", run, other_target)
            sweep = (await socket.ask("runSweep", spec={"default": "IRIS"}, vary={"epochs": [1]}))["data"]["run_id"]
            await socket.receive_until("sweepResult")
            await self.assert_refused(socket, "not_comparable", "run_id", sweep, run)
            await self.assert_refused(socket, "run_not_found", "", run, str(uuid4()))
            await self.assert_refused(stranger, "run_not_found", "", run, wine)
            limits = SweepLimits(epochs=199)  # 2 · 20 · 5 are 200
            with patch.object(SweepLimits, "from_settings", return_value=limits):
                shorter = await self.train(socket, user_arch=NETWORK, learning_rate=0.1)
                await self.assert_refused(socket, "too_many_sweep_epochs", "run_id", run, shorter)

    async def test_one_that_is_cancelled_says_so(self):
        async with open_socket(APPLICATION) as socket:
            one, two = [await self.train(socket, epochs=rate, batch_size=8) for rate in (150, 151)]
            run_id = (await socket.ask("compareTraining", run_id=one, other_run_id=two))["data"]["run_id"]
            await socket.receive_until("sweepProgress")
            await socket.send("cancelTraining", run_id=run_id)
            frames = await socket.receive_until("trainingCompared", "trainingCancelled")
        self.assertEqual(frames[-1]["event"], "trainingCancelled")

    async def test_one_whose_worker_was_lost_ends_as_if_nothing_had_happened(self):
        async with open_socket(APPLICATION) as socket:
            one, two = [await self.train(socket, epochs=20, learning_rate=rate) for rate in (0.01, 0.02)]
            undisturbed = (await self.compare(socket, one, two))[-1]["data"]
            run_id = UUID((await socket.ask("compareTraining", run_id=one, other_run_id=two))["data"]["run_id"])
            await socket.receive_until("sweepProgress")
            with self.assertLogs("training.engines.worker_group", "WARNING"):
                os.kill(self.busy_worker().pid, signal.SIGKILL)
                result = (await socket.receive_until("trainingCompared", timeout=120))[-1]["data"]
        same = {"run_id", "seq"}
        self.assertEqual(
            {name: value for name, value in result.items() if name not in same},
            {name: value for name, value in undisturbed.items() if name not in same},
        )
        self.assertEqual(result["run_id"], str(run_id))

    def busy_worker(self):
        return next(worker for worker in self.engine.pool.workers if worker.assignment)
