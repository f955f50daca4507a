"""Checkpoints from the worker to the next one: when they are due, what of a broken one, and what is left in the end."""

from __future__ import annotations

import errno
import os
import signal
from dataclasses import replace
from itertools import pairwise
from unittest import mock
from uuid import uuid4

import torch
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import SimpleTestCase, override_settings

from playground.file_storage import WholeFileStorage
from tests.training.cases import (
    ALICE,
    WARM_UP,
    EngineTestCase,
    RunTestCase,
    create_run,
    wait_until,
    wait_until_over,
)
from tests.training.test_runs import progress, result
from training import runs
from training.datasets.sources import Builtin
from training.engines.checkpoints import COST, StoredCheckpoints
from training.engines.execute import execute
from training.engines.jobs import Checkpointing, CheckpointStored, FilesStored, TrainJob
from training.engines.orders import order_building, order_training
from training.exceptions import TrainingBroke
from training.limits import Limits
from training.messages import TrainingProgress, TrainingResult
from training.models import Artifact, Building, Checkpoint, RunEvent, TrainingRun
from training.parts import EpochRow, RunStatus
from training.spec import Trainer, TrainingSpec
from training.trainers import checkpoint as trainers_checkpoint
from training.trainers.checkpoint import Checkpoint as Content
from training.trainers.checkpoint import CheckpointUnusable
from training.trainers.compiled import choice

ALWAYS = Checkpointing(epochs=1, seconds=0)


class FullDisk(WholeFileStorage):
    """There is room for the first few bytes of a checkpoint only."""

    def _save(self, name, content):
        if not name.startswith("checkpoints/"):
            return super()._save(name, content)
        read = content.read

        def chunks():
            yield read(10)
            raise OSError(errno.ENOSPC, "No space left on device")

        content.chunks = chunks
        return super()._save(name, content)


def content_of(epoch: int, trainer: str = "autograd") -> Content:
    rows = [EpochRow(epoch=number, train_time=0.1, train_loss=1.0, test_loss=1.0) for number in range(1, epoch + 1)]
    return Content(trainer, tuple(rows), {"weights": torch.full((100,), float(epoch))})


def files_in(folder: str) -> list[str]:
    return default_storage.listdir(folder)[1] if default_storage.exists(folder) else []


class ParseTests(SimpleTestCase):
    def test_what_was_written_is_read_back(self):
        kept = content_of(3)
        read = Content.parse(kept.to_bytes())
        self.assertEqual((read.trainer, read.rows, read.epoch), (kept.trainer, kept.rows, 3))
        self.assertTrue(torch.equal(read.state["weights"], kept.state["weights"]))

    def test_a_torn_file_and_one_changed_byte_are_noticed(self):
        data = content_of(3).to_bytes()
        for broken in (b"", data[:10], data[:-1], data[1:], data + b"x"):
            with self.assertRaises(CheckpointUnusable):
                Content.parse(broken)
        for place in range(0, len(data), 97):
            flipped = bytearray(data)
            flipped[place] ^= 1
            with self.assertRaises(CheckpointUnusable):
                Content.parse(bytes(flipped))

    def test_what_other_software_made_is_not_gone_on_from(self):
        with mock.patch.object(trainers_checkpoint, "_name_software", lambda: "format 0, torch 1"):
            data = content_of(3).to_bytes()
        with self.assertRaises(CheckpointUnusable):
            Content.parse(data)


class DueTests(SimpleTestCase):
    def offer(self, checkpointing: Checkpointing, clock: list[float], costs: float = 0.0) -> list[int]:
        """Epochs that end at these times -> those that were kept."""
        now, kept = [0.0], []

        def take(epoch):
            now[0] += costs
            return content_of(epoch)

        with mock.patch("training.engines.checkpoints.monotonic", lambda: now[0]):
            checkpoints = StoredCheckpoints(
                uuid4(), checkpointing, report=lambda stored: kept.append(stored.epoch), is_stopping=lambda: False
            )
            for epoch, now[0] in enumerate(clock, start=1):
                checkpoints.offer(lambda epoch=epoch: take(epoch))
        return kept

    def test_one_is_due_after_so_many_epochs_and_so_many_seconds(self):
        self.assertEqual(self.offer(Checkpointing(1, 0), [1, 2, 3]), [1, 2, 3])
        self.assertEqual(self.offer(Checkpointing(2, 0), [1, 2, 3, 4, 5]), [2, 4])
        self.assertEqual(self.offer(Checkpointing(1, 10), [4, 9, 11, 12, 20, 22]), [3, 6])
        self.assertEqual(self.offer(Checkpointing(3, 10), [30, 60, 90, 91, 92, 93, 120]), [3, 7])
        self.assertEqual(self.offer(Checkpointing(1, 10), [n / 1000 for n in range(1, 9_999)]), [])

    def test_where_keeping_takes_long_it_is_done_less_often(self):
        clock = [float(second) for second in range(1, 200)]
        kept = self.offer(Checkpointing(1, 1), clock, costs=2.0)
        self.assertEqual(kept[0], 1)
        self.assertTrue(all(later - earlier >= 2.0 / COST for earlier, later in pairwise(kept)))
        self.assertGreater(len(kept), 3)


class ExecuteTests(SimpleTestCase):
    def setUp(self):
        spec = TrainingSpec.model_validate({"default": "IRIS", "epochs": 12, "seed": 2, "trainer": "autograd"})
        self.job = TrainJob(uuid4(), spec, Builtin("IRIS"), Limits(), ALWAYS)

    def run_job(self, job: TrainJob, stops_after: int | None = None) -> list:
        """All that is emitted."""
        emitted, epochs = [], 0

        def is_stopping():
            nonlocal epochs
            epochs += 1
            return epochs == stops_after

        execute(job, emitted.extend, lambda: False, is_stopping)
        return emitted

    def resume_from(self, *kept: str, job: TrainJob | None = None) -> list:
        job = job or self.job
        return self.run_job(replace(job, checkpointing=replace(ALWAYS, kept=kept)))

    def epochs_of(self, emitted: list) -> list[int]:
        return [row.epoch for each in emitted if isinstance(each, TrainingProgress) for row in each.epochs]

    def result_of(self, emitted: list) -> tuple:
        """What is said of the run in the end, without the times."""
        (found,) = (each for each in emitted if isinstance(each, TrainingResult))
        self.assertTrue(found.success, found.message)
        return [row.model_copy(update={"train_time": 0}) for row in found.dl_results], found.auxiliary_outputs

    def test_each_checkpoint_comes_after_the_epochs_that_led_to_it(self):
        emitted, told = self.run_job(self.job), 0
        for each in emitted:
            if isinstance(each, CheckpointStored):
                self.assertEqual(each.epoch, told)
            elif isinstance(each, TrainingProgress):
                told = each.epochs[-1].epoch
        self.assertGreater(len([each for each in emitted if isinstance(each, CheckpointStored)]), 0)
        self.assertEqual(self.epochs_of(emitted), list(range(1, 13)))

    def test_an_engine_that_stops_leaves_a_checkpoint_from_which_the_rest_is_trained(self):
        rare = replace(self.job, checkpointing=Checkpointing(1, 3_600))
        whole = self.result_of(self.run_job(replace(rare, run_id=uuid4())))
        begun = self.run_job(rare, stops_after=5)
        self.assertEqual(self.epochs_of(begun), [1, 2, 3, 4, 5])
        self.assertIsInstance(begun[-1], CheckpointStored)
        resumed = self.resume_from(begun[-1].location)
        self.assertEqual(self.epochs_of(resumed), list(range(6, 13)))
        self.assertEqual(self.result_of(resumed), whole)

    def test_an_older_checkpoint_serves_where_the_newest_is_broken_and_the_start_where_all_are(self):
        begun = self.run_job(self.job, stops_after=6)
        stored = [each for each in begun if isinstance(each, CheckpointStored)]
        (older, epoch), newest = (stored[-2].location, stored[-2].epoch), stored[-1].location
        whole = self.result_of(self.run_job(replace(self.job, run_id=uuid4())))

        def tear(data):
            return data[: len(data) // 2]

        def flip(data):
            return data[:500] + bytes([data[500] ^ 1]) + data[501:]

        for breaks in (tear, flip, None):
            with self.subTest(breaks):
                self.break_file(newest, breaks)
                with self.assertLogs("training.engines.checkpoints", "WARNING"):
                    resumed = self.resume_from(newest, older)
                self.assertEqual(self.epochs_of(resumed), list(range(epoch + 1, 13)))
                self.assertEqual(self.result_of(resumed), whole)
        self.break_file(older, tear)
        with self.assertLogs("training.engines.checkpoints", "WARNING"):
            anew = self.resume_from(newest, older)
        self.assertEqual(self.epochs_of(anew), list(range(1, 13)))
        self.assertEqual(self.result_of(anew), whole)

    def break_file(self, location: str, breaks) -> None:
        with default_storage.open(location) as file:
            data = file.read()
        default_storage.delete(location)
        if breaks is not None:
            default_storage.save(location, ContentFile(breaks(data)))

    def test_a_full_disk_costs_the_checkpoint_and_not_the_run(self):
        whole = self.result_of(self.run_job(replace(self.job, run_id=uuid4())))
        full = {"BACKEND": f"{__name__}.FullDisk", "OPTIONS": {"location": default_storage.location}}
        with (
            override_settings(STORAGES={"default": full}),
            self.assertLogs("training.engines.checkpoints", "WARNING") as logs,
        ):
            emitted = self.run_job(self.job)
            self.assertEqual(files_in(f"checkpoints/{self.job.run_id}"), [])
        self.assertIn("No space left", "".join(logs.output))
        self.assertEqual(self.result_of(emitted), whole)
        self.assertIsInstance(emitted[-1], FilesStored)
        self.assertFalse(any(isinstance(each, CheckpointStored) for each in emitted))

    def test_a_checkpoint_is_taken_up_by_the_trainer_that_made_it_or_not_at_all(self):
        compiled = replace(self.job, spec=self.job.spec.model_copy(update={"trainer": Trainer.COMPILED}))
        kept = [job for job in self.run_job(compiled, stops_after=5) if isinstance(job, CheckpointStored)][-1].location
        unsaid = replace(self.job, spec=self.job.spec.model_copy(update={"trainer": None}))
        with mock.patch.object(choice, "is_ready", lambda: False):  # or else autograd would train it
            resumed = self.resume_from(kept, job=unsaid)
        self.assertEqual(self.epochs_of(resumed), list(range(6, 13)))
        self.assertEqual(self.result_of(resumed)[1]["trainer"], "compiled")
        with mock.patch.object(choice, "is_installed", lambda: False):
            anew = self.resume_from(kept, job=unsaid)
        self.assertEqual(self.epochs_of(anew), list(range(1, 13)))
        self.assertEqual(self.result_of(anew)[1]["trainer"], "autograd")

    def test_what_learns_at_once_keeps_nothing_and_starts_over(self):
        for model in ("LogisticRegression()", "HistGradientBoostingClassifier(max_iter=5)"):
            spec = TrainingSpec.model_validate({"default": "IRIS", "user_model": model, "seed": 2})
            emitted = self.run_job(replace(self.job, spec=spec))
            self.result_of(emitted)
            self.assertFalse(any(isinstance(each, CheckpointStored) for each in emitted))

    def test_what_nobody_heard_of_is_cleared_away_when_the_run_is_taken_up(self):
        begun = self.run_job(self.job, stops_after=6)
        kept = begun[-1].location
        default_storage.save(f"checkpoints/{self.job.run_id}/torn.part", ContentFile(b"x"))
        rare = Checkpointing(1, 3_600, kept=(kept,))
        self.run_job(replace(self.job, checkpointing=rare))
        self.assertEqual(files_in(f"checkpoints/{self.job.run_id}"), [os.path.basename(kept)])


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
        self.assertEqual(order_training(self.run_id).checkpointing.kept, ())
        older, newest = self.store(1), self.store(2)
        runs.give_back(self.claim)
        again = runs.claim(self.run_id, "engine:2")
        self.assertEqual(order_training(self.run_id).checkpointing.kept, (newest, older))
        late = self.store(3)  # by the worker that has lost its lease
        self.assertFalse(default_storage.exists(late))
        self.assertEqual(order_training(self.run_id).checkpointing.kept, (newest, older))
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
        message = message.model_copy(update={"auxiliary_outputs": {**message.auxiliary_outputs, **spec}})
        runs.record(self.claim, [message])
        runs.give_back(self.claim)
        self.assertIsNotNone(runs.claim_building("engine:2", urgent_only=False))
        job = order_building(self.run_id)
        self.assertIsInstance(job, TrainJob)
        self.assertIsNone(job.checkpointing)


@override_settings(TRAINING_CHECKPOINT_SECONDS=0.05)
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
            for worker in self.engine.workers
            if worker.assignment and worker.assignment.claim and worker.assignment.claim.run_id == run_id
        )
        with self.assertLogs("training.engines.local", "WARNING"):
            os.kill(victim.pid, signal.SIGKILL)
            wait_until(lambda: victim not in self.engine.workers, "the dead worker to be noticed")
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
