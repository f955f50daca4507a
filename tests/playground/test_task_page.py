"""The pages of sweeps and comparisons: what they know before their sockets speak, and to whom they are shown."""

from __future__ import annotations

import json
import re
from typing import Any
from uuid import UUID, uuid4

from django.test import Client, TransactionTestCase

from playground.task_page import describe_comparison, describe_sweep
from playground.wire.identity import Identity
from tests.training.cases import ALICE, create_run
from training import runs
from training.messages.runs import RunKind
from training.messages.sweeps import Difference
from training.models import TrainingRun
from training.spec import TrainingSpec
from training.sweeps.tasks import ComparisonTask, SweepTask

ATTACK = "</script><img src=x onerror=alert(1)>"
NETWORK = ["nn.Linear(8)", "nn.ReLU()", "nn.Linear(3)"]


def create_task(identity: Identity, kind: RunKind, task: SweepTask | ComparisonTask, **spec: Any) -> TrainingRun:
    run_id = uuid4()
    asked = TrainingSpec.model_validate({"default": "IRIS", "seed": 5, **spec})
    runs.create(
        identity, asked, data="IRIS", model="Ridge / Lasso", dataset=None, run_id=run_id, kind=kind,
        task=task.model_dump(mode="json"),
    )  # fmt: skip
    return TrainingRun.objects.get(pk=run_id)


def create_sweep(vary: dict[str, Any], identity: Identity = ALICE, **spec: Any) -> TrainingRun:
    return create_task(identity, RunKind.SWEEP, SweepTask(vary=tuple(vary.items())), **spec)


def create_comparison(run_id: UUID, other_run_id: UUID, identity: Identity = ALICE) -> TrainingRun:
    difference = Difference(where="epochs", value=3, other=4)
    task = ComparisonTask(
        run_id=run_id, other_run_id=other_run_id, other=TrainingSpec(), differences=(difference,), seeds=20
    )
    return create_task(identity, RunKind.COMPARISON, task)


class SweepPageTests(TransactionTestCase):
    def test_every_combination_is_there_before_any_score_in_the_order_of_the_events(self):
        vary = {"learning_rate": [0.1, 0.01], "user_arch[0].out_features": [4, 8], "seed": [3, 4]}
        page = describe_sweep(ALICE, create_sweep(vary, user_arch=NETWORK))
        paths = ["learning_rate", "user_arch[0].out_features"]
        self.assertEqual((page["paths"], page["seeds"], page["model"]), (paths, (3, 4), ""))
        values = [tuple(each["values"].values()) for each in page["combinations"]]
        self.assertEqual(values, [(0.1, 4), (0.1, 8), (0.01, 4), (0.01, 8)])

    def test_its_spec_with_the_changes_is_one_that_the_train_page_takes(self):
        vary = {"user_arch[0].out_features": [4], "user_model": [None, "Ridge(alpha=2.0)"]}
        page = describe_sweep(ALICE, create_sweep(vary, user_arch=NETWORK))
        network, ridge = (each["changes"] for each in page["combinations"])
        linear = [{"layer": "Linear", "out_features": 4}, {"layer": "ReLU"}, {"layer": "Linear", "out_features": 3}]
        self.assertEqual(network, {"user_arch": linear, "user_model": None})
        self.assertEqual(ridge["user_model"], {"estimator": "Ridge", "alpha": 2.0})
        self.assertEqual([each["values"]["user_model"] for each in page["combinations"]], [None, ridge["user_model"]])
        self.assertEqual(page["run"]["spec"]["user_arch"][0], {"layer": "Linear", "out_features": 8})

    def test_without_seeds_that_vary_its_own_is_the_only_one(self):
        page = describe_sweep(ALICE, create_sweep({"epochs": [1, 2]}, custom_model_name="mine"))
        self.assertEqual((page["seeds"], page["run"]["name"], page["run"]["kind"]), ((5,), "mine", "sweep"))
        self.assertEqual(page["model"], "Ridge / Lasso")


class ComparisonPageTests(TransactionTestCase):
    def test_both_runs_are_named_and_linked_until_they_are_deleted(self):
        first, second = create_run(custom_model_name="first"), create_run(custom_model_name="second")
        comparison = create_comparison(first, second)
        page = describe_comparison(ALICE, comparison)
        self.assertEqual([each["title"] for each in page["runs"]], ["first", "second"])
        self.assertEqual([each["url"] for each in page["runs"]], [f"/runs/{first}/", f"/runs/{second}/"])
        self.assertEqual(page["differences"], [{"where": "epochs", "value": 3, "other": 4}])
        self.assertEqual(page["seeds"], list(range(20)))
        TrainingRun.objects.filter(pk=second).delete()
        page = describe_comparison(ALICE, comparison)
        self.assertEqual(page["runs"][1], {"title": "Lasso", "model": "Lasso", "url": None})


class ViewTests(TransactionTestCase):
    def setUp(self) -> None:
        self.client = Client(headers={"host": "localhost"})
        self.client.get("/")
        self.identity = Identity(f"guest:{self.client.session['guest_id']}")

    def show(self, run: TrainingRun) -> str:
        response = self.client.get(f"/runs/{run.pk}/")
        self.assertEqual(response.status_code, 200)
        return response.content.decode()

    def read_page(self, html: str) -> dict[str, Any]:
        return json.loads(re.search(r'<script id="page" type="application/json">(.*?)</script>', html, re.S).group(1))

    def test_each_kind_of_run_has_a_page_of_its_own(self):
        first, second = create_run(self.identity), create_run(self.identity)
        sweep = create_sweep({"epochs": [1, 2]}, self.identity)
        for run, script in (
            (TrainingRun.objects.get(pk=first), "train/app.js"),
            (sweep, "sweep/sweep.js"),
            (create_comparison(first, second, self.identity), "compare/comparison.js"),
        ):
            with self.subTest(script=script):
                self.assertRegex(self.show(run), rf"playground/{script.replace('.', '[.]')}")

    def test_what_users_write_stays_text(self):
        rows = [{ATTACK: n, "y": n % 2} for n in range(20)]
        spec = {"default": None, "csvData": rows, "target": "y", "features": [ATTACK], "custom_model_name": ATTACK}
        run = create_sweep({"user_arch[0].out_features": [2, 4]}, self.identity, user_arch=["nn.Linear(8)"], **spec)
        html = self.show(run)
        self.assertNotIn("<img", html.replace('<img src="/static/playground/ui/icon', ""))
        page = self.read_page(html)
        self.assertEqual((page["run"]["name"], page["run"]["spec"]), (ATTACK, None))

    def test_strangers_do_not_see_that_it_exists(self):
        self.assertEqual(self.client.get(f"/runs/{create_sweep({'epochs': [1, 2]}).pk}/").status_code, 404)

    def test_what_the_server_no_longer_knows_is_said(self):
        run = create_sweep({"epochs": [1, 2]}, self.identity)
        TrainingRun.objects.filter(pk=run.pk).update(task={"vary": [["rate_of_learning", [1, 2]]]})
        response = self.client.get(f"/runs/{run.pk}/")
        self.assertContains(response, "cannot be varied", status_code=400)
