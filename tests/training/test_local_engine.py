"""The local engine with real workers: they train, are killed, cancelled and limited, and answer questions."""

from __future__ import annotations

import os
import signal
import time
from unittest import mock
from unittest.mock import patch
from uuid import uuid4

import psutil
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.test import override_settings

from tests.training.cases import (
    ALICE,
    BOB,
    WARM_UP,
    EngineTestCase,
    create_run,
    wait_for_epoch,
    wait_until,
    wait_until_files,
    wait_until_over,
)
from training import runs
from training.datasets.sources import Builtin, Inline, Stored
from training.engines.requester import Requester
from training.exceptions import AnswerTimeout, FileGone, SpecRefused, UnreadableTable
from training.jobs.questions import CheckQuestion, DescribeQuestion, SweepQuestion
from training.limits import Limits, SweepLimits
from training.messages.checks import TrainingChecked
from training.messages.runs import RunStatus
from training.messages.sweeps import SweepChecked
from training.models import Artifact, Building, RunEvent, TrainingRun
from training.spec import TrainingSpec
from training.work.roles import Role

LONG = {"epochs": 10_000, "batch_size": 1}  # lasts for minutes unless it is cancelled

REQUESTER = Requester("guest:alice")

QUESTIONS = {
    Role.QUESTION: CheckQuestion(TrainingSpec(), Builtin("IRIS"), Limits()),
    Role.LONG_QUESTION: SweepQuestion(
        TrainingSpec(), {"epochs": (1, 2)}, Builtin("IRIS"), Limits(), SweepLimits(), timed=False
    ),
}


class LocalEngineTests(EngineTestCase):
    def worker_of(self, run_id):
        def find():
            for worker in self.engine.pool.workers:
                assignment = worker.assignment
                if assignment and assignment.claim and assignment.claim.run_id == run_id:
                    return worker
            return None

        return wait_until(find, "a worker to take the run")

    @property
    def workers(self):
        return (*self.engine.pool.workers, *self.engine.questions.workers)

    def idle_worker(self, role: Role):
        def find():
            return next((worker for worker in self.workers if worker.role is role and worker.idle), None)

        return wait_until(find, "an idle worker")

    def assert_whole(self, run_id, epochs: int) -> None:
        """Every epoch once, in order, and every event numbered without a gap."""
        self.assertEqual([row.epoch for row in runs.read_epochs(run_id)], list(range(1, epochs + 1)))
        events = runs.read_events(run_id, 0)
        self.assertEqual([seq for seq, *_ in events], list(range(1, len(events) + 1)))

    def test_a_run_is_trained_to_its_end_with_all_its_files(self):
        run_id = create_run(epochs=30)
        run = wait_until_files(run_id)
        self.assert_whole(run_id, 30)
        self.assertEqual(run.progress, 100)
        result = RunEvent.objects.get(run=run, event="trainingResult").data
        self.assertEqual(len(result["dl_results"]), 30)
        self.assertGreater(result["auxiliary_outputs"]["metrics"]["accuracy"], 0.8)
        for artifact in Artifact.objects.filter(run=run):
            with artifact.file.open() as file:
                self.assertEqual(len(file.read()), artifact.size)
        promised = {file["name"] for file in result["artifacts"]}
        self.assertEqual(set(run.artifacts.values_list("name", flat=True)), {*promised, "preparation.skops"})

    def test_a_model_that_was_lost_before_it_was_stored_is_trained_again_and_nothing_else_changes(self):
        run_id = create_run(epochs=5, seed=1)
        run = wait_until_files(run_id)
        files = {file.name: file.file.open().read() for file in run.artifacts.all()}
        events = runs.read_events(run_id, 0)
        Artifact.objects.filter(run=run).delete()
        TrainingRun.objects.filter(pk=run_id).update(building=Building.WANTED, attempts=0)
        self.engine.wake()
        run = wait_until_files(run_id)
        again = {file.name: file.file.open().read() for file in run.artifacts.all()}
        self.assertEqual(set(again), set(files))
        self.assertEqual(again["predictions.csv"], files["predictions.csv"])
        self.assertEqual(again["results.csv"], files["results.csv"])
        self.assertEqual(runs.read_events(run_id, 0)[: len(events)], events)

    def test_the_same_spec_and_seed_give_the_same_numbers_in_any_worker(self):
        results = []
        for run_id in [create_run(epochs=15, seed=3) for _ in range(4)]:
            wait_until_over(run_id)
            rows = [(row.epoch, row.train_loss, row.test_loss, row.test_acc) for row in runs.read_epochs(run_id)]
            outputs = RunEvent.objects.get(run_id=run_id, event="trainingResult").data["auxiliary_outputs"]
            results.append((rows, outputs))
        self.assertTrue(all(result == results[0] for result in results))

    def test_a_killed_worker_is_noticed_in_two_seconds_and_its_run_ends_with_each_epoch_once(self):
        run_id = create_run(epochs=400, batch_size=8)
        victim = self.worker_of(run_id)
        wait_for_epoch(run_id, 20)
        began = time.monotonic()
        with self.assertLogs("training.engines.worker_group", "WARNING"):
            os.kill(victim.pid, signal.SIGKILL)
            wait_until(lambda: victim not in self.engine.pool.workers, "the dead worker to be noticed")
            noticed = time.monotonic() - began
        self.assertLess(noticed, 2)
        run = wait_until_over(run_id, timeout=60)
        self.assertEqual(run.status, RunStatus.SUCCEEDED)
        self.assert_whole(run_id, 400)
        result = RunEvent.objects.get(run=run, event="trainingResult").data
        for row, kept in zip(result["dl_results"], runs.read_epochs(run_id), strict=True):
            self.assertEqual(row["train_loss"], kept.train_loss)  # what was taken up again gave the same numbers
        self.assertTrue(self.engine.pool.wait_until_warm(WARM_UP))

    def test_a_running_run_is_cancelled_within_a_batch_and_keeps_its_epochs(self):
        run_id = create_run(**LONG)
        wait_for_epoch(run_id)
        worker = self.worker_of(run_id)
        began = time.monotonic()
        runs.request_cancel(run_id)
        run = wait_until_over(run_id)
        self.assertLess(time.monotonic() - began, 1)
        self.assertEqual(run.status, RunStatus.CANCELLED)
        self.assert_whole(run_id, run.last_epoch)
        self.assertGreater(run.last_epoch, 0)
        self.assertIn(worker, self.engine.pool.workers)  # it was asked, not killed

    def test_a_fit_that_hears_no_cancel_is_ended_with_its_worker_within_two_seconds(self):
        run_id = create_run(default="DIABETES", user_model="SVR(kernel='linear', C=1000000)")  # minutes, in one step
        worker = self.worker_of(run_id)
        process = psutil.Process(worker.pid)
        spent = process.cpu_times().user
        wait_until(lambda: process.cpu_times().user > spent + 0.5, "the fit to begin")  # what comes before takes less
        began = time.monotonic()
        runs.request_cancel(run_id)
        run = wait_until_over(run_id)
        self.assertLess(time.monotonic() - began, 2)
        self.assertEqual(run.status, RunStatus.CANCELLED)
        wait_until(lambda: worker not in self.engine.pool.workers, "the worker to be replaced")

    def test_an_estimator_that_learns_in_steps_is_watched_and_cancelled_as_a_network_is(self):
        run_id = create_run(default="DIGITS", user_model="GradientBoostingClassifier(n_estimators=1000)")
        wait_for_epoch(run_id)
        worker = self.worker_of(run_id)
        began = time.monotonic()
        runs.request_cancel(run_id)
        run = wait_until_over(run_id)
        self.assertLess(time.monotonic() - began, 1)
        self.assertEqual(run.status, RunStatus.CANCELLED)
        self.assertTrue(0 < run.progress < 100)
        self.assert_whole(run_id, run.last_epoch)
        self.assertIn(worker, self.engine.pool.workers)

    @override_settings(TRAINING_MAX_SECONDS=1)
    def test_a_run_over_its_time_fails_with_a_reason(self):
        run_id = create_run(**LONG)
        run = wait_until_over(run_id)
        self.assertEqual(run.status, RunStatus.FAILED)
        data = RunEvent.objects.get(run=run, event="trainingResult").data
        self.assertEqual(data["code"], "time_limit")
        self.assertTrue(data["hint"])

    @override_settings(TRAINING_MAX_MEMORY_MB=100)  # less than torch itself takes
    def test_a_run_over_its_memory_fails_with_a_reason(self):
        run_id = create_run(**LONG)
        run = wait_until_over(run_id)
        self.assertEqual(RunEvent.objects.get(run=run, event="trainingResult").data["code"], "memory_limit")

    def test_a_diverging_run_fails_with_advice(self):
        run_id = create_run(default="DIABETES", optimizer_name="SGD", learning_rate=900)
        run = wait_until_over(run_id)
        self.assertEqual(run.status, RunStatus.FAILED)
        self.assertIn("learning rate", RunEvent.objects.get(run=run, event="trainingResult").data["hint"])

    def test_checks_are_answered_in_a_tenth_of_a_second_while_every_worker_trains(self):
        busy = [create_run(identity, **LONG) for identity in (ALICE, BOB)] + [create_run(**LONG)]
        workers = [worker for worker in self.engine.pool.workers if worker.role is Role.JOB]
        wait_until(lambda: all(not worker.idle for worker in workers), "every worker to train")
        times = []
        for units in range(4, 34):
            spec = TrainingSpec.model_validate({"user_arch": [f"Linear({units})", "ReLU()", "Linear(3)"]})
            began = time.monotonic()
            checked = self.engine.ask(CheckQuestion(spec, Builtin("WINE"), Limits()), REQUESTER).result(timeout=10)
            times.append(time.monotonic() - began)
            self.assertIsInstance(checked, TrainingChecked)
            self.assertEqual(checked.layers[0].output_shape, [units])
        self.assertTrue(all(not worker.idle for worker in workers))
        for run_id in busy:
            runs.request_cancel(run_id)
        self.assertLess(sorted(times)[int(0.9 * len(times))], 0.1)

    def test_a_killed_desk_or_reader_is_replaced_and_the_next_question_answered(self):
        for role, question in QUESTIONS.items():
            with self.subTest(role=role):
                worker = self.idle_worker(role)
                with self.assertLogs("training.engines.worker_group", "WARNING"):
                    os.kill(worker.pid, signal.SIGKILL)
                    wait_until(lambda worker=worker: worker not in self.workers, "the loss to be noticed")
                self.assertIsInstance(self.engine.answer(question, REQUESTER), SweepChecked | TrainingChecked)

    @patch("training.limits.ANSWER_SECONDS", WARM_UP)  # for one that takes its place loads torch again
    def test_the_process_that_forks_workers_may_die_too(self):
        forker = psutil.Process(self.idle_worker(Role.QUESTION).pid).parent()
        assert forker is not None
        self.assertNotEqual(forker.pid, os.getpid())
        forker.kill()
        wait_until(lambda: forker.status() == psutil.STATUS_ZOMBIE, "the process that forks to end")
        for role, question in QUESTIONS.items():
            with self.subTest(role=role):
                self.assertIsInstance(self.engine.answer(question, REQUESTER), SweepChecked | TrainingChecked)
                worker = self.idle_worker(role)
                with self.assertLogs("training.engines.worker_group", "WARNING"):
                    os.kill(worker.pid, signal.SIGKILL)
                    wait_until(lambda worker=worker: worker not in self.workers, "the loss to be noticed")
                self.assertIsInstance(self.engine.answer(question, REQUESTER), SweepChecked | TrainingChecked)

    def test_errors_come_back_from_the_desk_as_they_were_raised(self):
        with self.assertRaises(UnreadableTable) as caught:
            self.engine.ask(DescribeQuestion(Inline(text="a,b\n")), REQUESTER).result(timeout=30)
        self.assertTrue(caught.exception.data.hint)
        with self.assertRaises(SpecRefused) as refused:
            self.engine.ask(DescribeQuestion(Builtin("NOTHING")), REQUESTER).result(timeout=30)
        self.assertEqual((refused.exception.data.code, refused.exception.data.where), ("unknown_dataset", "default"))

    @patch("training.limits.ANSWER_SECONDS", 1)
    def test_a_desk_or_reader_that_hangs_is_replaced_and_whoever_asked_is_told(self):
        for role, question in QUESTIONS.items():
            with self.subTest(role=role):
                worker = self.idle_worker(role)
                os.kill(worker.pid, signal.SIGSTOP)
                first, *others = [self.engine.ask(question, REQUESTER) for _ in range(4)]
                self.assertIsInstance(first.exception(timeout=30), AnswerTimeout)
                for other in others:  # the replacement worker gets them
                    self.assertIsInstance(other.result(timeout=30), SweepChecked | TrainingChecked)
                wait_until(lambda worker=worker: worker not in self.workers, "the worker to be replaced")

    def test_a_check_does_not_wait_for_a_large_table_to_be_read(self):
        content = ContentFile(b"a,b,c\n" + b"1.5,x,2024-01-31\n" * 1_000_000)
        location = default_storage.save("datasets/large.csv", content)
        reading = self.engine.ask(DescribeQuestion(Stored(key="large", name="large", location=location)), REQUESTER)
        times = []
        for units in range(4, 9):
            spec = TrainingSpec.model_validate({"user_arch": [f"Linear({units})", "ReLU()", "Linear(3)"]})
            began = time.monotonic()
            self.engine.answer(CheckQuestion(spec, Builtin("IRIS"), Limits()), REQUESTER)
            times.append(time.monotonic() - began)
        self.assertFalse(reading.done(), "the table was read before the checks: nothing was shown")
        self.assertLess(sorted(times)[2], 0.1)
        self.assertEqual(reading.result(timeout=60).rows, 1_000_000)

    def test_a_stopped_engine_leaves_no_process_and_what_was_begun_or_queued_is_trained_after_a_start(self):
        begun = create_run(epochs=300, batch_size=8)
        wait_for_epoch(begun, 5)
        pids = [worker.pid for worker in self.workers]
        self.engine.stop()
        self.assertFalse(any(psutil.pid_exists(pid) for pid in pids))
        queued = create_run(epochs=5)
        self.assertEqual(TrainingRun.objects.get(pk=queued).status, RunStatus.QUEUED)
        self.engine.start()
        self.assertTrue(self.engine.pool.wait_until_warm(WARM_UP))
        for run_id, epochs in ((begun, 300), (queued, 5)):
            run = wait_until_over(run_id, timeout=90)
            self.assertEqual(run.status, RunStatus.SUCCEEDED)
            self.assert_whole(run_id, epochs)

    def test_a_run_whose_table_is_gone_fails_with_a_reason(self):
        with transaction.atomic():  # so that the table is gone before a worker looks for it
            run_id = create_run()
            TrainingRun.objects.filter(pk=run_id).update(spec={"dataset_id": str(uuid4()), "seed": 0})
        run = wait_until_over(run_id)
        self.assertEqual(RunEvent.objects.get(run=run, event="trainingResult").data["code"], "dataset_not_found")

    def test_runs_that_are_deleted_on_their_way_stop_nothing(self):
        for name in ("claim_next", "claim_building"):
            real, deleted = getattr(runs, name), []

            def claim_and_delete(*args, real=real, deleted=deleted, **kwargs):
                claim = real(*args, **kwargs)
                if claim and not deleted:  # a second claim may be under way when the next run is created
                    deleted.append(claim.run_id)
                    TrainingRun.objects.filter(pk=claim.run_id).delete()
                return claim

            with mock.patch(f"training.runs.{name}", claim_and_delete):
                # Answered by the thread that claims: none of its claims began before the patch.
                self.engine.ask(DescribeQuestion(Builtin("IRIS")), REQUESTER).result(timeout=30)
                run_id = create_run(epochs=2)
                wait_until(lambda run_id=run_id: not TrainingRun.objects.filter(pk=run_id).exists(), "the run to go")
            self.assertEqual(wait_until_files(create_run(epochs=2)).status, RunStatus.SUCCEEDED)

    def test_a_stored_table_that_is_missing_is_an_error_not_a_crash(self):
        question = DescribeQuestion(Stored(key=str(uuid4()), name="x.csv", location="datasets/none.csv"))
        error = self.engine.ask(question, REQUESTER).exception(timeout=30)
        self.assertIsInstance(error, FileGone)
