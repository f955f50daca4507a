"""Labs: what a finished run must show to earn one, and that the learner's open socket hears of it."""

from __future__ import annotations

import unittest
from dataclasses import replace
from typing import Any
from unittest import mock
from uuid import UUID, uuid4

from asgiref.sync import sync_to_async

from playground.routing import build_application
from playground.wire.identity import Identity
from progress import services
from progress.catalogue import LabContent, Metric
from progress.exceptions import StorageUnavailable
from progress.labs import FinishedRun, find_shortfalls
from progress.models import Attempt, Module
from tests.progress.lessons import client_of, key_of, load_lesson, new_user, wire_key
from tests.sockets import open_socket
from tests.training.cases import EngineTestCase, RunTestCase, catch_up, create_run, grow_older, wait_for_receivers
from training import runs
from training.datasets.builtin import BUILTINS
from training.messages.events import TrainingResult
from training.messages.runs import RunStatus
from training.runs.finish_signal import send_finished

APPLICATION = build_application()
LAB = LabContent(dataset="WINE", metric=Metric.ACCURACY, at_least=0.95, max_parameters=200, estimator=False)
RUN = FinishedRun(
    run_id=uuid4(),
    owner="guest:alice",
    table=BUILTINS["WINE"],
    target="cultivar",
    test_size=0.2,
    is_estimator=False,
    metrics={"accuracy": 0.95, "log_loss": 0.1, "roc_auc": None},
    parameters=200,
)


class RequirementTests(unittest.TestCase):
    def test_a_run_at_the_edge_of_every_bound_meets_it(self):
        self.assertEqual(find_shortfalls(LAB, RUN), [])

    def test_each_requirement_counts_and_what_is_missing_is_said(self):
        for changes, shortfall in (
            ({"metrics": {"accuracy": 0.9}}, "Its accuracy is 0.9; the lab asks for at least 0.95."),
            ({"metrics": {"accuracy": 0.94999}}, "Its accuracy is 0.94999; the lab asks for at least 0.95."),
            ({"metrics": {"accuracy": None}}, "It has no accuracy to go by."),
            ({"metrics": {}}, "It has no accuracy to go by."),
            ({"parameters": 201}, "It has 201 parameters; the lab allows 200."),
            ({"parameters": None}, "It does not say how many parameters it has; the lab allows 200."),
            ({"table": BUILTINS["IRIS"]}, "It learned from IRIS; the lab is about WINE."),
            ({"target": "alcohol"}, "It predicts “alcohol”; the lab is about “cultivar”."),
            ({"test_size": 0.05}, "It kept 5% of the rows for testing; the lab asks for 10%."),
            ({"is_estimator": True}, "The lab asks for a neural network."),
            ({"chose_test_rows": True}, "Its test rows were given; the lab asks for test rows that nobody chose."),
        ):
            with self.subTest(**changes):
                self.assertEqual(find_shortfalls(LAB, replace(RUN, **changes)), [shortfall])

    def test_all_that_is_missing_is_said(self):
        shortfalls = find_shortfalls(LAB, replace(RUN, is_estimator=True, parameters=300, metrics={"accuracy": 0.5}))
        self.assertEqual(len(shortfalls), 3)

    def test_bounds_work_both_ways_and_what_is_not_asked_for_does_not_count(self):
        lab = LabContent(dataset="WINE", metric=Metric.LOG_LOSS, at_most=0.1)
        self.assertEqual(find_shortfalls(lab, replace(RUN, is_estimator=True, parameters=None)), [])
        too_much = find_shortfalls(lab, replace(RUN, metrics={"log_loss": 0.11}))
        self.assertEqual(too_much, ["Its log loss is 0.11; the lab asks for at most 0.1."])
        self.assertTrue(find_shortfalls(LabContent(dataset="WINE", metric=Metric.ROC_AUC, at_most=0.1), RUN))
        self.assertTrue(find_shortfalls(lab.model_copy(update={"estimator": True}), RUN))

    def test_a_run_that_does_not_count_its_parameters_is_logged(self):
        with self.assertLogs("progress.labs", "INFO") as log:
            find_shortfalls(LAB, replace(RUN, parameters=None))
        self.assertIn(str(RUN.run_id), log.output[0])


class FinishedRunTests(RunTestCase):
    """Runs as the engine records them, without the training."""

    def setUp(self) -> None:
        load_lesson()
        user = new_user()
        self.me = Identity(f"user:{user.pk}", user_id=user.pk)

    def finish(self, identity: Identity | None = None, success: bool = True, spec: Any = None, **outputs: Any) -> UUID:
        run_id = create_run(identity or self.me, **(spec or {}))
        claim = runs.claim(run_id, "engine")
        assert claim
        whole = {"kind": "network", "target": "species", "metrics": {"accuracy": 0.9}, "parameters": 83, **outputs}
        result = TrainingResult(
            run_id=run_id, success=success, status=200 if success else 400, message="", auxiliary_outputs=whole
        )
        self.assertTrue(runs.record(claim, [result]))
        wait_for_receivers()
        return run_id

    def points(self, identity: Identity | None = None) -> int:
        return services.read_progress(identity or self.me).points

    def test_a_run_that_meets_the_lab_earns_it_once(self):
        for _ in range(2):
            self.finish()
            self.assertEqual(services.read_progress(self.me).earned, {key_of("lab"): 50})

    def test_it_earns_for_its_owner_alone_guests_included(self):
        guest = Identity("guest:carol")
        self.finish(guest)
        self.assertEqual((self.points(guest), self.points()), (50, 0))

    def test_one_that_falls_short_is_an_attempt_and_opens_a_hint(self):
        run_id = self.finish(metrics={"accuracy": 0.4})
        self.assertEqual(self.points(), 0)
        attempt = Attempt.objects.get(owner=self.me.owner)
        self.assertEqual(attempt.answer, {"run_id": str(run_id), "accuracy": 0.4, "parameters": 83})
        self.assertFalse(attempt.correct)
        shown = services.get_module(self.me, "shapes").sections[1].questions[-1]
        self.assertEqual((shown.questionID, shown.attempts, shown.hints), ("lab", 1, ["SECRET-hint-lab"]))

    def test_an_end_that_is_told_of_twice_is_one_attempt(self):
        run_id = self.finish(metrics={"accuracy": 0.4})
        send_finished(run_id, RunStatus.SUCCEEDED).result(timeout=30)
        self.assertEqual(Attempt.objects.filter(owner=self.me.owner).count(), 1)

    def test_the_way_the_table_is_named_does_not_matter(self):
        self.finish(spec={"default": "iris"})
        self.assertEqual(self.points(), 50)

    def test_neither_failures_nor_other_tables_nor_drafts_earn(self):
        self.finish(success=False)
        self.finish(spec={"default": "WINE"}, target="cultivar")
        self.finish(spec={"default": None, "csvData": "a,b\n1,2\n"})
        self.finish(parameters=1001)
        self.finish(parameters=None)
        self.finish(kind="estimator")
        Module.objects.filter(slug="shapes").update(status=Module.Status.DRAFT)
        self.finish()
        self.assertEqual(self.points(), 0)
        self.assertEqual(Attempt.objects.filter(owner=self.me.owner, correct=True).count(), 0)

    def test_a_fault_in_the_check_does_not_reach_whoever_records_the_run(self):
        with (
            mock.patch("progress.labs.find_shortfalls", side_effect=ZeroDivisionError),
            self.assertLogs("django.dispatch", "ERROR"),
        ):
            run_id = self.finish()
        self.assertEqual(runs.get_run(self.me, run_id).status, "succeeded")

    def test_what_a_fault_or_a_killed_server_kept_from_being_earned_is_earned_later(self):
        with (
            mock.patch("progress.labs.services.award", side_effect=StorageUnavailable("away")),
            self.assertLogs("django.dispatch", "ERROR"),
        ):
            self.finish()
        catch_up()
        self.assertEqual(self.points(), 0)  # not yet: it may still be at it
        grow_older()
        catch_up()
        self.assertEqual(self.points(), 50)
        with mock.patch("training.runs.recording.send_finished"):
            self.finish(guest := Identity("guest:carol"))
        grow_older()
        catch_up()
        self.assertEqual(self.points(guest), 50)


class TrainedLabTests(EngineTestCase):
    async def test_a_learner_trains_and_the_open_socket_hears_what_is_missing_and_of_the_points(self):
        def prepare():
            load_lesson()
            return client_of(new_user())

        client = await sync_to_async(prepare)()
        async with (
            open_socket(APPLICATION, "/ws/progress/", client=client) as progress,
            open_socket(APPLICATION, "/ws/training/", client=client) as training,
        ):
            layers = ["Linear(16)", "ReLU()", "Linear(3)"]  # few enough parameters
            too_short = {"epochs": 1, "learning_rate": 1e-6, "seed": 0}  # other seeds begin with half of IRIS right
            queued = await training.ask("runTraining", default="IRIS", user_arch=layers, **too_short)
            frame = await progress.receive(timeout=60)
            self.assertEqual(frame["event"], "labTried", frame)
            told = {name: frame["data"][name] for name in ("moduleID", "sectionID", "questionID")}
            self.assertEqual((told, frame["data"]["run_id"]), (wire_key("lab"), queued["data"]["run_id"]))
            self.assertRegex(
                frame["data"]["shortfalls"][0], r"Its accuracy is 0\.\d+; the lab asks for at least 0\.\d+\."
            )
            await training.receive_until("trainingArtifacts")
            queued = await training.ask("runTraining", default="IRIS", user_arch=layers, epochs=50, seed=1)
            self.assertEqual(queued["event"], "trainingQueued", queued)
            frame = await progress.receive(timeout=60)
            self.assertEqual(frame["event"], "userProgressUpdated")
            told = {name: frame["data"][name] for name in ("moduleID", "sectionID", "questionID")}
            self.assertEqual(told, wire_key("lab"))
            self.assertEqual(frame["data"]["points"], 50)
            await training.receive_until("trainingArtifacts")
