"""How many bytes one owner may keep: what would go beyond is refused, with what to do about it."""

from __future__ import annotations

import threading
from functools import partial
from unittest.mock import patch
from uuid import uuid4

from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings

from playground.wire.errors import PlaygroundError
from playground.wire.identity import Identity
from tests.together import at_once
from tests.training.cases import ALICE, BOB, PATIENCE, RunTestCase, create_run
from training import runs, uploads
from training.exceptions import StorageFull, TooManyDatasets
from training.jobs.questions import DescribeQuestion
from training.messages.datasets import DatasetDescribed
from training.messages.runs import RunKind
from training.models import Artifact, Dataset, TrainingRun
from training.quota import measure_bytes
from training.spec import TrainingSpec

HERE, THERE = "a" * 32, "b" * 32  # keys of addresses


def never(question):
    raise AssertionError("what is refused is not read")


def describe(question: DescribeQuestion) -> DatasetDescribed:
    return DatasetDescribed(name="t", rows=1, columns=[], preview=[])


def count_files() -> int:
    return len(default_storage.listdir("datasets")[1]) if default_storage.exists("datasets") else 0


class QuotaTests(RunTestCase):
    def setUp(self) -> None:
        """Alice keeps 700 bytes, Bob 50."""
        Dataset.objects.create(owner=ALICE.owner, name="t", size=400, file="datasets/a.csv")
        Dataset.objects.create(owner=BOB.owner, name="t", size=50, file="datasets/b.csv")
        run = TrainingRun.objects.get(pk=create_run())
        for name, size in (("model.pt", 100), ("loss.png", 200)):
            Artifact.objects.create(run=run, name=name, file=f"artifacts/{name}", size=size)

    def test_uploads_and_files_of_runs_count_together_and_for_their_owner_alone(self):
        self.assertEqual((measure_bytes(ALICE.owner), measure_bytes(BOB.owner)), (700, 50))
        self.assertEqual(measure_bytes("guest:nobody"), 0)

    @override_settings(MAX_BYTES_PER_OWNER=700)
    def test_who_keeps_as_much_as_that_starts_no_run_that_makes_files(self):
        with self.assertRaises(StorageFull) as caught:
            create_run()
        data = caught.exception.data
        self.assertEqual(data.code, "storage_full")
        self.assertIn("700 bytes of the 700 bytes that you may keep", data.message)
        self.assertIn("Delete runs", data.hint)
        create_run(BOB)
        sweep = TrainingSpec(default="IRIS")
        runs.create(ALICE, sweep, data="", model="", dataset=None, run_id=uuid4(), kind=RunKind.SWEEP)

    @override_settings(MAX_BYTES_PER_OWNER=800)
    def test_an_upload_is_refused_by_its_size_before_it_is_stored(self):
        with self.assertRaises(StorageFull):
            uploads.add_dataset(ALICE, SimpleUploadedFile("t.csv", b"x" * 100), never)
        with self.assertRaises(AssertionError):
            uploads.add_dataset(ALICE, SimpleUploadedFile("t.csv", b"x" * 99), never)
        create_run()

    @override_settings(MAX_BYTES_PER_OWNER=700)
    def test_nor_is_a_link_followed(self):
        with self.assertRaises(StorageFull):
            uploads.begin_link(ALICE, "https://example.org/t.csv")

    @override_settings(MAX_BYTES_PER_OWNER=0)
    def test_zero_is_without_limit(self):
        self.assertTrue(TrainingRun.objects.filter(pk=create_run()).exists())

    @override_settings(MAX_BYTES_PER_OWNER=700)
    def test_who_deletes_a_run_has_room_again(self):
        run = TrainingRun.objects.get()
        runs.request_cancel(run.pk)
        runs.delete(ALICE, run.pk)
        again = create_run()
        self.assertEqual(TrainingRun.objects.get().pk, again)

    @override_settings(MAX_BYTES_PER_ADDRESS=350)
    def test_guests_at_one_address_share_a_bound_on_bytes(self):
        TrainingRun.objects.update(address_key=HERE)
        Dataset.objects.filter(owner=ALICE.owner).update(address_key=HERE)
        with self.assertRaises(StorageFull) as caught:
            create_run(Identity("guest:new", address=HERE))
        self.assertIn("sign in", caught.exception.data.hint)
        with self.assertRaises(StorageFull):
            uploads.add_dataset(Identity("guest:new", address=HERE), SimpleUploadedFile("t.csv", b"x"), never)
        create_run(Identity("guest:new", address=THERE))
        create_run(Identity("user:1", address=HERE))

    @override_settings(MAX_BYTES_PER_ADDRESS=700, UPLOAD_MAX_DATASETS_PER_ADDRESS=1)
    def test_one_guest_does_not_use_up_what_others_of_the_address_may_keep(self):
        TrainingRun.objects.update(address_key=HERE)
        Dataset.objects.filter(owner=ALICE.owner).update(address_key=HERE)
        alice = Identity(ALICE.owner, address=HERE)
        with self.assertRaises(StorageFull):
            create_run(alice)
        with self.settings(MAX_BYTES_PER_ADDRESS=0), self.assertRaises(TooManyDatasets):
            uploads.add_dataset(alice, SimpleUploadedFile("t.csv", b"x"), never)
        newcomer = Identity("guest:new", address=HERE)
        create_run(newcomer)
        self.assertTrue(uploads.add_dataset(newcomer, SimpleUploadedFile("t.csv", b"x"), describe).dataset_id)

    @patch("training.quota.MAX_DATASETS_PER_OWNER", 2)
    def test_uploads_at_once_keep_no_more_tables_than_are_allowed(self):
        self.check_at_once(TooManyDatasets, [Identity("guest:new", address=HERE)] * 6, 2)

    @override_settings(MAX_BYTES_PER_OWNER=250)
    def test_uploads_at_once_keep_no_more_bytes_than_are_allowed(self):
        self.check_at_once(StorageFull, [Identity("user:1")] * 6, 2)

    @override_settings(UPLOAD_MAX_DATASETS_PER_ADDRESS=1)
    def test_uploads_of_many_guests_at_once_keep_to_the_bound_of_their_address(self):
        self.check_at_once(TooManyDatasets, [Identity(f"guest:{number}", address=HERE) for number in range(6)], 2)

    def check_at_once(self, refusal: type[PlaygroundError], identities: list[Identity], kept: int) -> None:
        """Upload for all of them at once; each is described only when all have been let in."""
        let_in = threading.Barrier(len(identities))
        refused = []

        def describe_late(question: DescribeQuestion) -> DatasetDescribed:
            let_in.wait(PATIENCE)
            return describe(question)

        def upload(identity: Identity) -> None:
            try:
                uploads.add_dataset(identity, SimpleUploadedFile("t.csv", b"x" * 100), describe_late)
            except refusal as error:
                refused.append(error)

        before = count_files()
        at_once([partial(upload, identity) for identity in identities])
        self.assertEqual(Dataset.objects.filter(size=100).count(), kept)
        self.assertEqual(len(refused), len(identities) - kept)
        self.assertEqual(count_files(), before + kept, "the files of refused uploads are deleted")

    @override_settings(UPLOAD_MAX_DATASETS_PER_ADDRESS=1)
    def test_guests_at_one_address_share_a_bound_on_tables(self):
        Dataset.objects.update(address_key=HERE)
        with self.assertRaises(TooManyDatasets):
            uploads.add_dataset(Identity("guest:new", address=HERE), SimpleUploadedFile("t.csv", b"x"), never)
        with self.assertRaises(AssertionError):
            uploads.add_dataset(Identity("user:1", address=HERE), SimpleUploadedFile("t.csv", b"x"), never)
