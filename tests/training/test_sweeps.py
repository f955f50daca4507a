"""Sweeps in the real engine, through the socket: scores, order, progress, cancel, ownership, limits, lost workers."""

from __future__ import annotations

import os
import signal
import time
from statistics import mean, stdev
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

from channels.db import database_sync_to_async
from django.test import override_settings

from notifications.models import EmailMessage
from playground.routing import build_application
from playground.wire.identity import Identity
from progress.models import Attempt
from tests.notifications.people import confirm_address, create_user
from tests.progress.lessons import load_lesson
from tests.sockets import new_guest, open_socket
from tests.training.cases import ALICE, EngineTestCase, wait_for_receivers, wait_until, wait_until_over
from training import runs
from training.limits import SweepLimits
from training.messages.runs import RunKind, RunStatus
from training.models import Artifact, RunEvent, TrainingRun
from training.spec import TrainingSpec

APPLICATION = build_application()
END = ("sweepResult", "trainingCancelled", "error")
NETWORK = ["nn.Linear(4, 8)", "nn.ReLU()", "nn.Linear(8, 3)"]
LONG = {"spec": {"default": "IRIS", "epochs": 5_000, "batch_size": 1}, "vary": {"seed": list(range(20))}}


def create_sweep(vary: dict[str, Any], identity: Identity = ALICE, **fields: Any) -> UUID:
    run_id = uuid4()
    spec = TrainingSpec.model_validate({"default": "IRIS", **fields})
    task = {"vary": list(vary.items())}
    runs.create(identity, spec, data="IRIS", model="", dataset=None, run_id=run_id, kind=RunKind.SWEEP, task=task)
    return run_id


def result_of(run_id: UUID) -> dict[str, Any]:
    return RunEvent.objects.get(run_id=run_id, event="sweepResult").data


class SweepCase(EngineTestCase):
    async def sweep(self, socket, vary: dict[str, Any], **spec: Any) -> list[dict[str, Any]]:
        """All frames of it."""
        await socket.send("runSweep", spec={"default": "IRIS", **spec}, vary=vary)
        frames = await socket.receive_until(*END, timeout=60)
        self.assertEqual(frames[0]["event"], "trainingQueued", frames[0])
        return frames[1:]

    def worker_of(self, run_id: UUID):
        return next(
            worker
            for worker in self.engine.pool.workers
            if worker.assignment and worker.assignment.claim and worker.assignment.claim.run_id == run_id
        )


class ResultTests(SweepCase):
    async def test_combinations_come_best_first_with_mean_and_spread_over_seeds(self):
        async with open_socket(APPLICATION) as socket:
            vary = {"learning_rate": [1e-6, 0.01, 0.001], "seed": [0, 1, 2, 3]}
            frames = await self.sweep(socket, vary, epochs=10)
        result = frames[-1]["data"]
        self.assertTrue(result["success"])
        self.assertEqual((result["metric"], result["higher_is_better"]), ("accuracy", True))
        found = result["combinations"]
        means = [each["mean"] for each in found]
        self.assertEqual(means, sorted(means, reverse=True))
        self.assertEqual(found[-1]["values"], {"learning_rate": 1e-6})
        for each in found:
            self.assertEqual(each["seeds"], [0, 1, 2, 3])
            self.assertAlmostEqual(each["mean"], mean(each["scores"]))
            self.assertAlmostEqual(each["spread"], stdev(each["scores"]))
            self.assertAlmostEqual(each["baseline"], 1 / 3)
        self.assertIn("Best of 3: learning_rate 0.01", result["message"])

    async def test_progress_brings_each_score_once_in_order_and_ends_at_a_hundred(self):
        async with open_socket(APPLICATION) as socket:
            began = time.monotonic()
            frames = await self.sweep(socket, {"batch_size": [16, 32], "seed": list(range(10))}, epochs=5)
            seconds = time.monotonic() - began
        self.assertEqual([frame["data"]["seq"] for frame in frames], list(range(1, len(frames) + 1)))
        *progress, result = [frame["data"] for frame in frames]
        scores = [score for data in progress for score in data["results"]]
        self.assertEqual([(each["seed"], each["combination"]) for each in scores],
                         [(seed, number) for seed in range(10) for number in range(2)])  # fmt: skip
        self.assertEqual([data["done"] for data in progress], sorted({data["done"] for data in progress}))
        self.assertEqual((progress[-1]["done"], progress[-1]["progress"], progress[-1]["eta_seconds"]), (20, 100, 0))
        self.assertTrue(all(data["total"] == 20 for data in progress))
        self.assertLess(len(progress), 20 * seconds + 2)
        by_combination = {each["combination"]: each["scores"] for each in result["combinations"]}
        for number, values in by_combination.items():
            self.assertEqual(values, [each["score"] for each in scores if each["combination"] == number])

    async def test_the_best_combination_trained_by_itself_gives_the_same_test_scores(self):
        for spec, vary in (
            ({"user_arch": NETWORK, "epochs": 20}, {"user_arch[0].out_features": [2, 8], "patience": [3]}),
            ({"user_model": "RandomForestClassifier(n_estimators=5)"}, {"user_model.max_depth": [1, 3]}),
            ({"default": "WINE", "epochs": 5}, {"test_size": [0.2, 0.4], "shuffle": [True]}),
        ):
            async with open_socket(APPLICATION) as socket:
                result = (await self.sweep(socket, vary | {"seed": [4, 7]}, **spec))[-1]["data"]
                best, *others = result["combinations"]
                self.assertEqual([each["test_scores"] for each in others], [[] for _ in others])
                self.assertAlmostEqual(best["test_mean"], mean(best["test_scores"]))
                for seed, score in zip(best["seeds"], best["test_scores"], strict=True):
                    await socket.send("runTraining", **{**result["spec"], **best["changes"], "seed": seed})
                    alone = (await socket.receive_until("trainingResult", "error"))[-1]["data"]
                    with self.subTest(**best["values"], seed=seed):
                        self.assertEqual(alone["auxiliary_outputs"]["metrics"]["accuracy"], score)

    async def test_regressions_are_scored_by_r2(self):
        async with open_socket(APPLICATION) as socket:
            spec = {"default": "DIABETES", "user_model": "Ridge()"}
            result = (await self.sweep(socket, {"user_model.alpha": [0.1, 1e6], "seed": [1, 2]}, **spec))[-1]["data"]
            self.assertEqual(result["metric"], "r2")
            best, worst = result["combinations"]
            self.assertEqual((best["values"], worst["values"]), ({"user_model.alpha": 0.1}, {"user_model.alpha": 1e6}))
            self.assertTrue(0.3 < best["mean"] < 0.7, best)
            self.assertLess(best["baseline"], 0.01)
            vary, spec = {"learning_rate": [1e-6, 0.005]}, {"default": "DIABETES", "seed": 1, "epochs": 10}
            best, worst = (await self.sweep(socket, vary, **spec))[-1]["data"]["combinations"]
            self.assertEqual((best["values"], best["spread"]), ({"learning_rate": 0.005}, None))
            self.assertLess(worst["mean"], best["mean"])

    async def test_a_combination_that_diverges_is_a_result_with_its_reason_and_comes_last(self):
        async with open_socket(APPLICATION) as socket:
            spec = {"default": "DIABETES", "optimizer_name": "SGD", "epochs": 5}
            frames = await self.sweep(socket, {"learning_rate": [900, 0.01], "seed": [0, 1]}, **spec)
        result = frames[-1]["data"]
        self.assertTrue(result["success"])
        best, worst = result["combinations"]
        self.assertEqual((best["values"]["learning_rate"], best["failed"], best["message"]), (0.01, 0, ""))
        self.assertEqual((worst["failed"], worst["mean"], worst["scores"]), (2, None, [None, None]))
        self.assertIn("the training diverged", worst["message"])
        codes = {score["code"] for frame in frames[:-1] for score in frame["data"]["results"]}
        self.assertEqual(codes, {"", "diverged"})

    async def test_a_sweep_of_which_nothing_comes_to_a_score_has_failed(self):
        async with open_socket(APPLICATION) as socket:
            spec = {"default": "DIABETES", "optimizer_name": "SGD", "epochs": 2}
            result = (await self.sweep(socket, {"learning_rate": [800, 900]}, **spec))[-1]["data"]
        self.assertEqual((result["success"], result["code"]), (False, "sweep_failed"))
        self.assertTrue(result["hint"])

    async def test_inline_data_is_swept_over(self):
        records = [{"x": n, "colour": "red" if n % 3 else None, "y": "ab"[n >= 30]} for n in range(60)]
        async with open_socket(APPLICATION) as socket:
            vary = {"user_model.max_depth": [1, 2], "seed": [1, 2]}
            spec = {"default": None, "csvData": records, "target": "y", "user_model": "DecisionTreeClassifier()"}
            result = (await self.sweep(socket, vary, **spec))[-1]["data"]
        self.assertGreater(result["combinations"][0]["mean"], 0.9)
        self.assertNotIn("csvData", result["spec"])


class LifeTests(SweepCase):
    async def test_whoever_comes_back_gets_the_same_and_then_it_is_over(self):
        client = await new_guest()
        async with open_socket(APPLICATION, client=client) as socket:
            frames = await self.sweep(socket, {"seed": [1, 2, 3]}, epochs=3, user_arch=NETWORK)
        async with open_socket(APPLICATION, client=client) as socket:
            run_id = frames[0]["data"]["run_id"]
            await socket.send("watchTraining", run_id=run_id, after_seq=1)
            self.assertEqual(await socket.receive_until(*END), frames[1:])
            listed = (await socket.ask("listTrainings"))["data"]["runs"]
            self.assertEqual(
                [(run["run_id"], run["kind"], run["progress"]) for run in listed], [(run_id, "sweep", 100)]
            )

    async def test_strangers_neither_watch_nor_cancel_it(self):
        async with open_socket(APPLICATION) as owner, open_socket(APPLICATION) as stranger:
            run_id = (await owner.ask("runSweep", **LONG))["data"]["run_id"]
            for event in ("watchTraining", "cancelTraining"):
                answer = await stranger.ask(event, run_id=run_id)
                self.assertEqual((answer["event"], answer["data"]["code"]), ("error", "run_not_found"))
            await owner.send("cancelTraining", run_id=run_id)
            self.assertEqual((await owner.receive_until(*END))[-1]["event"], "trainingCancelled")

    def test_it_is_cancelled_within_a_batch_and_keeps_its_scores(self):
        run_id = create_sweep({"seed": list(range(200))}, epochs=20)
        wait_until(lambda: len(runs.read_scores(run_id)) >= 3, "three scores")
        began = time.monotonic()
        runs.request_cancel(run_id)
        run = wait_until_over(run_id)
        self.assertLess(time.monotonic() - began, 1)
        self.assertEqual(run.status, RunStatus.CANCELLED)
        seeds = [score.seed for score in runs.read_scores(run_id)]
        self.assertEqual(seeds, list(range(len(seeds))))
        self.assertTrue(3 <= len(seeds) < 200)

    def test_a_queued_one_is_cancelled_at_once(self):
        self.engine.stop()
        run_id = create_sweep({"seed": [1]})
        runs.request_cancel(run_id)
        self.assertEqual(TrainingRun.objects.get(pk=run_id).status, RunStatus.CANCELLED)
        self.engine.start()
        self.assertTrue(self.engine.pool.wait_until_warm(120))

    def test_a_lost_worker_costs_no_training_twice_and_changes_no_number(self):
        vary, spec = {"learning_rate": [0.1, 0.01], "seed": list(range(30))}, {"epochs": 10, "seed": 3}
        undisturbed = create_sweep(vary, **spec)
        wait_until_over(undisturbed, timeout=120)
        run_id = create_sweep(vary, **spec)
        wait_until(lambda: len(runs.read_scores(run_id)) >= 10, "ten scores")
        with self.assertLogs("training.engines.worker_group", "WARNING"):
            os.kill(self.worker_of(run_id).pid, signal.SIGKILL)
            run = wait_until_over(run_id, timeout=120)
        self.assertEqual(run.status, RunStatus.SUCCEEDED)
        scores, others = runs.read_scores(run_id), runs.read_scores(undisturbed)
        self.assertEqual(scores, others)
        self.assertEqual(len({(score.combination, score.seed) for score in scores}), len(scores))
        disturbed, whole = result_of(run_id), result_of(undisturbed)
        self.assertEqual(disturbed["combinations"], whole["combinations"])
        self.assertEqual(disturbed["message"], whole["message"])
        self.assertTrue(self.engine.pool.wait_until_warm(60))

    def test_it_has_no_files_and_no_model(self):
        run = wait_until_over(create_sweep({"seed": [1, 2]}, epochs=2))
        self.assertEqual((run.status, run.building, run.last_epoch), (RunStatus.SUCCEEDED, 0, 0))
        self.assertFalse(Artifact.objects.filter(run=run).exists())
        self.assertIsNone(runs.read_result(run.pk))

    def test_it_earns_no_lab_and_is_reported_to_nobody(self):
        load_lesson()
        user = create_user()
        confirm_address(user, "ada@example.org")
        run = wait_until_over(create_sweep({"seed": [1]}, user, epochs=50, user_arch=NETWORK, notify=True))
        wait_for_receivers()
        self.assertEqual(run.status, RunStatus.SUCCEEDED)
        self.assertFalse(Attempt.objects.exists())
        self.assertFalse(EmailMessage.objects.filter(kind="report").exists())


class LimitTests(SweepCase):
    async def refuse(self, code: str, where: str, vary: dict[str, Any], **spec: Any) -> dict[str, Any]:
        async with open_socket(APPLICATION) as socket:
            answer = await socket.ask("runSweep", spec={"default": "IRIS", **spec}, vary=vary)
        data = answer["data"]
        self.assertEqual((answer["event"], data.get("code"), data.get("where")), ("error", code, where), data)
        self.assertTrue(data["message"] and data["hint"])
        self.assertFalse(await database_sync_to_async(TrainingRun.objects.exists)())
        return data

    async def test_what_cannot_vary_is_refused_with_what_would_fit(self):
        data = await self.refuse("unknown_variable", 'vary["learn_rate"]', {"learn_rate": [1]})
        self.assertIn("learning_rate", data["hint"])
        await self.refuse("bad_vary", 'vary["epochs"][1]', {"epochs": [1, "many"]})
        await self.refuse("unknown_variable", 'vary["user_arch[9].p"]', {"user_arch[9].p": [1]}, user_arch=NETWORK)
        await self.refuse("invalid_data", "vary", {})

    async def test_every_combination_passes_the_preflight_or_nothing_is_stored(self):
        data = await self.refuse("too_many_epochs", 'vary["epochs"]', {"epochs": [10, 20_000]})
        self.assertIn("With epochs 20000", data["message"])
        vary = {"user_arch[2].out_features": [3, 4], "learning_rate": [0.1, 0.01]}
        await self.refuse("wrong_output_size", 'vary["user_arch[2].out_features"]', vary, user_arch=NETWORK)
        await self.refuse("criterion_mismatch", 'vary["criterion"]', {"criterion": ["CELOSS", "MSELOSS"]})
        await self.refuse("train_split_too_small", 'vary["test_size"]', {"test_size": [0.2, 0.999]})

    @override_settings(TRAINING_MAX_SWEEP_RUNS=10)
    async def test_there_are_only_so_many_runs(self):
        data = await self.refuse("too_many_sweep_runs", "vary", {"seed": list(range(11))})
        self.assertIn("These are 11 runs; at most 10 are", data["message"])
        self.assertIn("fewer values", data["hint"])

    @patch.object(SweepLimits, "from_settings", lambda: SweepLimits(epochs=1000))
    async def test_there_are_only_so_many_epochs(self):
        await self.refuse("too_many_sweep_epochs", "vary", {"epochs": [1, 100], "seed": list(range(10))})
        async with open_socket(APPLICATION) as socket:
            result = (await self.sweep(socket, {"epochs": [1, 99], "seed": list(range(10))}))[-1]["data"]
            self.assertTrue(result["success"])

    @override_settings(TRAINING_MAX_SWEEP_SECONDS=1, TRAINING_MAX_SECONDS=600)
    def test_one_over_its_time_fails_with_a_reason(self):
        run = wait_until_over(create_sweep({"seed": list(range(500))}, epochs=1000))
        result = result_of(run.pk)
        self.assertEqual((run.status, result["success"], result["code"]), (RunStatus.FAILED, False, "time_limit"))

    @override_settings(TRAINING_MAX_SECONDS=1)
    def test_the_time_of_a_single_run_is_not_that_of_a_sweep(self):
        run_id = create_sweep({"seed": list(range(500))}, epochs=100)
        wait_until(lambda: runs.read_scores(run_id), "a score")
        worker = self.worker_of(run_id)
        wait_until(lambda: worker.busy_seconds() > 2, "longer than a single run may take")
        self.assertEqual(TrainingRun.objects.get(pk=run_id).status, RunStatus.RUNNING)

    @override_settings(TRAINING_MAX_ACTIVE_RUNS_PER_OWNER=1)
    async def test_it_counts_among_the_owners_runs(self):
        async with open_socket(APPLICATION) as socket:
            run_id = (await socket.ask("runSweep", **LONG))["data"]["run_id"]
            self.assertEqual((await socket.ask("runSweep", **LONG))["data"]["code"], "too_many_runs")
            await socket.send("cancelTraining", run_id=run_id)
            await socket.receive_until("trainingCancelled")


class CheckTests(SweepCase):
    async def check(self, vary: dict[str, Any], **spec: Any) -> dict[str, Any]:
        async with open_socket(APPLICATION) as socket:
            answer = await socket.ask("checkSweep", spec={"default": "IRIS", **spec}, vary=vary)
        self.assertEqual(answer["event"], "sweepChecked", answer)
        return answer["data"]

    async def test_it_says_how_many_runs_and_about_how_long_and_trains_nothing(self):
        vary = {"learning_rate": [0.1, 0.01, 0.001], "seed": list(range(20))}
        checked = await self.check(vary, epochs=100)
        self.assertEqual((checked["runs"], checked["combinations"], checked["problems"]), (60, 3, []))
        self.assertTrue(0 < checked["seconds"] < 120, checked)
        shorter = await self.check(vary, epochs=10)
        self.assertLess(shorter["seconds"], checked["seconds"])
        self.assertFalse(await database_sync_to_async(TrainingRun.objects.exists)())

    async def test_problems_are_told_as_those_of_a_training(self):
        checked = await self.check({"learn_rate": [1]})
        self.assertEqual([(each["code"], each["where"]) for each in checked["problems"]],
                         [("unknown_variable", 'vary["learn_rate"]')])  # fmt: skip
        checked = await self.check({"learning_rate": [0.01, 50], "batch_size": [8, 16]})
        (problem,) = checked["problems"]
        self.assertEqual((problem["level"], problem["where"]), ("warning", 'vary["learning_rate"]'))
        self.assertIn("With learning_rate 50.0", problem["message"])
        self.assertGreater(checked["seconds"], 0)
        (problem,) = (await self.check({"seed": [1]}, default=None))["problems"]
        self.assertEqual(problem["code"], "no_data")

    async def test_a_fault_of_the_spec_itself_keeps_its_place_and_its_fix(self):
        broken = [*NETWORK[:2], "nn.Linear(8, 5)"]
        checked = await self.check({"learning_rate": [0.1, 0.01]}, user_arch=broken)
        (problem,) = checked["problems"]
        self.assertEqual((problem["code"], problem["where"]), ("wrong_output_size", "user_arch[2]"))
        self.assertTrue(problem["fix"])
        self.assertIsNone(checked["seconds"])

    async def test_a_setting_that_an_estimator_does_not_look_at_is_told(self):
        checked = await self.check({"learning_rate": [0.1, 0.01]}, user_model="LogisticRegression()")
        self.assertEqual([(each["code"], each["where"]) for each in checked["problems"]],
                         [("setting_without_effect", 'vary["learning_rate"]')])  # fmt: skip

    async def test_it_does_not_guess_where_it_cannot_know(self):
        self.assertIsNone((await self.check({"user_model.C": [1, 10]}, user_model="SVC()"))["seconds"])
        self.assertGreater((await self.check({"seed": [1, 2]}, user_model="GaussianNB()"))["seconds"], 0)
