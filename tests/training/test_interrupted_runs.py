"""Runs whose worker was lost: they go on from a checkpoint and end as their twins, and nothing is left of it."""

from __future__ import annotations

import os
import signal
from unittest.mock import patch
from uuid import uuid4

import torch
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from tests.training.cases import (
    ALICE,
    WARM_UP,
    EngineTestCase,
    RunTestCase,
    create_run,
    wait_for_epoch,
    wait_until,
    wait_until_over,
)
from tests.training.test_runs import progress, result
from training import runs
from training.exceptions import TrainingBroke
from training.jobs.from_rows import build_file_job, build_training_job
from training.jobs.jobs import TrainJob
from training.messages.runs import RunStatus
from training.models import Artifact, Building, Checkpoint, RunEvent, TrainingRun
from training.updates import CheckpointStored


def files_in(folder: str) -> list[str]:
    return default_storage.listdir(folder)[1] if default_storage.exists(folder) else []


class LedgerTests(RunTestCase):
    def setUp(self):
        self.run_id = create_run()
        self.claim = runs.claim(self.run_id, "engine:1")

    def store(self, epoch: int, claim: runs.Claim | None = None) -> str:
        location = default_storage.save(f"checkpoints/{self.run_id}/{uuid4().hex}", ContentFile(b"x"))
        runs.record(claim or self.claim, [progress(self.run_id, epoch), CheckpointStored(self.run_id, location, epoch)])
        return location

    def test_the_newest_two_are_kept(self):
        locations = [self.store(epoch) for epoch in range(1, 6)]
        self.assertEqual(list(Checkpoint.objects.values_list("epoch", flat=True)), [4, 5])
        self.assertEqual([default_storage.exists(each) for each in locations], [False, False, False, True, True])

    def test_whoever_takes_the_run_up_gets_them_newest_first(self):
        self.assertEqual(build_training_job(self.run_id).checkpointing.kept, ())
        older, newest = self.store(1), self.store(2)
        runs.give_back(self.claim)
        again = runs.claim(self.run_id, "engine:2")
        self.assertEqual(build_training_job(self.run_id).checkpointing.kept, (newest, older))
        late = self.store(3)  # by the worker that has lost its lease
        self.assertFalse(default_storage.exists(late))
        self.assertEqual(build_training_job(self.run_id).checkpointing.kept, (newest, older))
        third = self.store(3, again)
        self.assertEqual([default_storage.exists(each) for each in (older, newest, third)], [False, True, True])

    def test_all_go_when_the_run_ends_however_it_does(self):
        ends = {
            RunStatus.SUCCEEDED: lambda: runs.record(self.claim, [result(self.run_id)]),
            RunStatus.FAILED: lambda: runs.fail(self.claim, TrainingBroke("It broke.")),
            RunStatus.CANCELLED: lambda: (runs.give_back(self.claim), runs.request_cancel(self.run_id)),
        }
        for status, end in ends.items():
            with self.subTest(status):
                self.setUp()
                locations = [self.store(1), self.store(2)]
                end()
                self.assertEqual(TrainingRun.objects.get(pk=self.run_id).status, status)
                self.assertFalse(Checkpoint.objects.exists())
                self.assertFalse(any(default_storage.exists(each) for each in locations))

    def test_all_go_with_a_run_that_is_deleted(self):
        location = self.store(1)
        TrainingRun.objects.get(pk=self.run_id).delete()  # as the admin does
        self.assertFalse(default_storage.exists(location))

    def test_a_run_that_is_over_keeps_none(self):
        runs.record(self.claim, [result(self.run_id)])
        self.assertFalse(default_storage.exists(self.store(1)))
        self.assertFalse(Checkpoint.objects.exists())

    def test_a_model_that_was_lost_is_trained_again_without_checkpoints(self):
        spec = {"spec": {"default": "IRIS", "epochs": 2, "seed": 0, "trainer": "autograd"}}
        message = result(self.run_id)
        message = message.model_copy(update={"auxiliary_outputs": message.auxiliary_outputs.model_copy(update=spec)})
        runs.record(self.claim, [message])
        runs.give_back(self.claim)
        self.assertIsNotNone(runs.claim_building("engine:2", urgent_only=False))
        job = build_file_job(self.run_id)
        self.assertIsInstance(job, TrainJob)
        self.assertIsNone(job.checkpointing)


@patch("training.jobs.from_rows.CHECKPOINT_SECONDS", 0.05)
class EngineTests(EngineTestCase):
    SPECS = {
        "autograd": {"epochs": 300, "batch_size": 8, "trainer": "autograd"},
        "compiled": {"epochs": 3_000, "batch_size": 2, "trainer": "compiled"},
        "estimator": {"user_model": "MLPClassifier(max_iter=1000, learning_rate_init=0.0001)"},
    }

    def test_a_run_whose_worker_is_killed_goes_on_from_its_checkpoint_and_ends_as_its_undisturbed_twin(self):
        for name, fields in self.SPECS.items():
            with self.subTest(name):
                twin = self.wait_until_model(create_run(ALICE, seed=4, **fields))
                run_id = create_run(ALICE, seed=4, **fields)
                epoch = self.kill_worker_of(run_id)
                run = self.wait_until_model(run_id)
                self.assertEqual(self.numbers_of(run), self.numbers_of(twin))
                self.assert_once(run)
                # An epoch's time is never the same twice: those up to the checkpoint were not trained again.
                recorded = [row.train_time for row in runs.read_epochs(run_id)]
                used = [row["train_time"] for row in self.result_of(run)["dl_results"]]
                self.assertEqual(used[:epoch], recorded[:epoch])
                self.assertFalse(Checkpoint.objects.exists())
                self.assertEqual(files_in(f"checkpoints/{run_id}"), [])

    def test_an_engine_that_stops_keeps_where_its_runs_stand(self):
        fields = {"epochs": 3_000, "batch_size": 8, "seed": 4}
        twin = self.wait_until_model(create_run(**fields))
        run_id = create_run(**fields)
        wait_for_epoch(run_id, 100)
        self.engine.stop()
        run = TrainingRun.objects.get(pk=run_id)
        self.assertEqual((run.status, run.lease_until), (RunStatus.QUEUED, None))  # the lease need not expire
        kept = Checkpoint.objects.filter(run=run_id).latest("epoch").epoch
        self.assertEqual(kept, run.last_epoch)
        recorded = [row.train_time for row in runs.read_epochs(run_id)]
        self.engine.start()
        self.assertTrue(self.engine.pool.wait_until_warm(WARM_UP))
        run = self.wait_until_model(run_id)
        self.assertEqual(self.numbers_of(run), self.numbers_of(twin))
        self.assert_once(run)
        used = [row["train_time"] for row in self.result_of(run)["dl_results"]]
        self.assertEqual(used[:kept], recorded[:kept])

    def wait_until_model(self, run_id) -> TrainingRun:
        run = wait_until_over(run_id, timeout=WARM_UP)
        self.assertEqual(run.status, RunStatus.SUCCEEDED, run.message)
        stored = Artifact.objects.filter(run=run, name="predictions.csv")  # the last of what the job stores together
        wait_until(stored.exists, "the model's files", WARM_UP)
        TrainingRun.objects.filter(pk=run_id).update(building=Building.NOT_WANTED)  # plots are not what this is about
        return run

    def kill_worker_of(self, run_id) -> int:
        """Once it has kept something -> the epoch from which it goes on at the latest."""
        checkpoint = wait_until(lambda: Checkpoint.objects.filter(run=run_id).last(), "a checkpoint")
        (victim,) = (
            worker
            for worker in self.engine.pool.workers
            if worker.assignment and worker.assignment.claim and worker.assignment.claim.run_id == run_id
        )
        with self.assertLogs("training.engines.worker_group", "WARNING"):
            os.kill(victim.pid, signal.SIGKILL)
            wait_until(lambda: victim not in self.engine.pool.workers, "the dead worker to be noticed")
        self.assertEqual(TrainingRun.objects.get(pk=run_id).finished, None, "it had ended before: nothing was shown")
        return checkpoint.epoch

    def numbers_of(self, run: TrainingRun) -> tuple:
        result = self.result_of(run)
        rows = [{**row, "train_time": 0} for row in result["dl_results"]]
        return rows, result["auxiliary_outputs"], self.read(run, "predictions.csv"), self.weights_of(run)

    def weights_of(self, run: TrainingRun) -> list:
        if not Artifact.objects.filter(run=run, name="model.pt").exists():
            return []
        with Artifact.objects.get(run=run, name="model.pt").file.open() as file:
            state = torch.load(file, weights_only=True)
        return [(name, tensor.tolist()) for name, tensor in state.items()]

    def read(self, run: TrainingRun, name: str) -> bytes:
        with Artifact.objects.get(run=run, name=name).file.open() as file:
            return file.read()

    def result_of(self, run: TrainingRun) -> dict:
        return RunEvent.objects.get(run=run, event="trainingResult").data

    def assert_once(self, run: TrainingRun) -> None:
        epochs = [row.epoch for row in runs.read_epochs(run.pk)]
        self.assertEqual(epochs, list(range(1, len(self.result_of(run)["dl_results"]) + 1)))
        events = runs.read_events(run.pk, 0)
        self.assertEqual([seq for seq, *_ in events], list(range(1, len(events) + 1)))
