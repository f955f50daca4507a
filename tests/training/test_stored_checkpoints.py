"""Checkpoints in the file storage: when they are due, what of a broken one, what of a full disk."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from itertools import pairwise
from unittest import mock
from uuid import uuid4

import torch
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import SimpleTestCase, override_settings

from playground.file_storage import WholeFileStorage
from training.datasets.sources import Builtin
from training.jobs.jobs import Checkpointing, TrainJob
from training.limits import Limits
from training.messages.events import EpochRow, TrainingProgress, TrainingResult
from training.spec import Trainer, TrainingSpec
from training.trainers import checkpoint as trainers_checkpoint
from training.trainers.checkpoint import Checkpoint as Content
from training.trainers.checkpoint import CheckpointUnusable
from training.trainers.compiled import choice
from training.updates import CheckpointStored, FilesStored
from training.work.checkpoints import COST, StoredCheckpoints
from training.work.execute import execute

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
        """Offer epochs that end at these times. Return those that were kept as checkpoints."""
        now, kept = [0.0], []

        def take(epoch):
            now[0] += costs
            return content_of(epoch)

        with mock.patch("training.work.checkpoints.monotonic", lambda: now[0]):
            checkpoints = StoredCheckpoints(
                uuid4(),
                checkpointing,
                begin=lambda trainer: None,
                report=lambda stored: kept.append(stored.epoch),
                is_stopping=lambda: False,
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
        """Return the final result of a run, without its times."""
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
                with self.assertLogs("training.work.checkpoints", "WARNING"):
                    resumed = self.resume_from(newest, older)
                self.assertEqual(self.epochs_of(resumed), list(range(epoch + 1, 13)))
                self.assertEqual(self.result_of(resumed), whole)
        self.break_file(older, tear)
        with self.assertLogs("training.work.checkpoints", "WARNING"):
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
            self.assertLogs("training.work.checkpoints", "WARNING") as logs,
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
        with mock.patch.object(choice, "is_ready", lambda: False):  # otherwise autograd would train it
            resumed = self.resume_from(kept, job=unsaid)
        self.assertEqual(self.epochs_of(resumed), list(range(6, 13)))
        self.assertEqual(self.result_of(resumed)[1].trainer, "compiled")
        with mock.patch.object(choice, "is_installed", lambda: False):
            anew = self.resume_from(kept, job=unsaid)
        self.assertEqual(self.epochs_of(anew), list(range(1, 13)))
        self.assertEqual(self.result_of(anew)[1].trainer, "autograd")

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
