"""A second upload whose rows are the test rows: joined, refused where it differs, checked and kept like the first."""

from __future__ import annotations

import io
from typing import Any
from uuid import uuid4

import numpy as np
from django.core.files.base import ContentFile
from django.db.models import OuterRef, Subquery
from django.test import SimpleTestCase, TransactionTestCase

from playground.routing import build_application
from tests.sockets import open_socket
from tests.training.cases import ALICE, BOB
from training import runs, uploads
from training.access import Access, find_withheld
from training.cleanup import _find_unused
from training.datasets.plan import Plan, make_plan
from training.datasets.sources import Builtin, Inline, Paired, Stored, is_kept, load_table
from training.exceptions import DatasetNotFound, SpecRefused
from training.jobs.from_rows import build_training_job
from training.jobs.sources import find_source
from training.limits import Limits
from training.models import Dataset, TrainingRun
from training.runs.retention import find_runs_on
from training.spec import TrainingSpec
from training.spec.reading import ReadingOptions
from training.work.prepared import get_plan

TESTS = Stored("tests", "tests.csv", "tests")
GIVEN = {"kind": "given", "dataset_id": "5b0c2c4e-0000-4000-8000-000000000000"}
LEARN = "x,colour,y\n" + "".join(f"{n},{'red' if n % 3 else 'blue'},{'ab'[n % 2]}\n" for n in range(40))
TEST = "x,colour,y\n" + "".join(f"{n},{'red' if n % 3 else 'green'},{'ab'[n % 2]}\n" for n in range(100, 110))


def join(learn: str, test: str, **fields: Any) -> Plan:
    contents = {"first": learn.encode(), "tests": test.encode()}
    source = Paired(Stored("first", "first.csv", "first"), TESTS)
    table = load_table(source, lambda location: io.BytesIO(contents[location]))
    spec = TrainingSpec.model_validate({"target": "y", "seed": 0, "split": GIVEN, **fields})
    return make_plan(table, spec, Limits())


class JoinTests(SimpleTestCase):
    def refuse(self, code: str, learn: str, test: str) -> SpecRefused:
        with self.assertRaises(SpecRefused) as caught:
            join(learn, test)
        self.assertEqual((caught.exception.data.code, caught.exception.data.where), (code, "split.dataset_id"))
        return caught.exception

    def test_its_rows_are_the_test_rows(self):
        plan = join(LEARN, TEST)
        np.testing.assert_array_equal(plan.frame["x"].iloc[plan.train], np.arange(40))
        np.testing.assert_array_equal(plan.frame["x"].iloc[plan.test], np.arange(100, 110))
        self.assertEqual(plan.about_split, "The test rows are the 10 rows of a second table.")

    def test_both_tables_get_the_same_types(self):
        plan = join(LEARN, TEST.replace("\n100,", "\nunknown,", 1).replace("\n101,", '\n" 101 ",', 1))
        self.assertIn("x", plan.numbers)
        x = plan.frame["x"].iloc[plan.test].to_numpy(float)
        self.assertTrue(np.isnan(x[0]))
        self.assertEqual(x[1], 101)

    def test_columns_are_matched_by_name(self):
        swapped = "".join(",".join(line.split(",")[::-1]) + "\n" for line in TEST.splitlines())
        np.testing.assert_array_equal(
            join(LEARN, swapped).frame["x"].to_numpy(), join(LEARN, TEST).frame["x"].to_numpy()
        )

    def test_missing_and_extra_columns_are_named(self):
        error = self.refuse("test_table_differs", LEARN, TEST.replace("colour", "color", 1))
        self.assertIn("'tests.csv', lacks 'colour' and has 'color', which the first table lacks", error.message)
        self.assertIn("Is 'color' the same as 'colour'?", error.data.hint)

    def test_a_class_of_the_test_rows_alone_is_a_class(self):
        plan = join(LEARN, TEST.replace(",a\n", ",c\n"))
        self.assertEqual(plan.classes, ("a", "b", "c"))

    def test_test_rows_without_a_target_are_refused(self):
        error = self.refuse("no_test_rows", LEARN, "x,colour,y\n1,red,\n2,red,\n")
        self.assertEqual(
            error.message, "No row of the second table has a value in the target, so that there are no test rows."
        )
        self.assertIn("Fill the target in", error.data.hint)

    def test_a_builtin_table_takes_none(self):
        with self.assertRaises(SpecRefused) as caught:
            load_table(Paired(Builtin("IRIS"), TESTS), lambda location: io.BytesIO(TEST.encode()))
        self.assertEqual(caught.exception.data.code, "test_table_needs_upload")

    def test_only_sources_that_are_kept_are_keys_of_caches(self):
        stored = Stored("first", "first.csv", "first")
        self.assertEqual([is_kept(Paired(stored, TESTS)), is_kept(Builtin("IRIS"))], [True, True])
        records = Inline(records=({"x": 1},))
        self.assertEqual([is_kept(records), is_kept(Paired(records, TESTS))], [False, False])


class KeepingTests(TransactionTestCase):
    def add(self, text: str, name: str) -> Dataset:
        dataset = Dataset(id=uuid4(), owner=ALICE.owner, name=name, size=len(text), described={})
        dataset.file.save(f"{dataset.pk}.csv", ContentFile(text.encode()), save=False)
        dataset.save(force_insert=True)
        return dataset

    def setUp(self) -> None:
        self.first, self.tests = self.add(LEARN, "first.csv"), self.add(TEST, "tests.csv")
        split = {"kind": "given", "dataset_id": str(self.tests.pk)}
        self.spec = TrainingSpec.model_validate(
            {"dataset_id": str(self.first.pk), "target": "y", "split": split, "user_model": "GaussianNB()"}
        )

    def create(self) -> TrainingRun:
        run_id = uuid4()
        about = {"data": "first.csv", "model": "GaussianNB", "dataset": self.first, "test_dataset": self.tests}
        runs.create(ALICE, self.spec, run_id=run_id, **about)
        return TrainingRun.objects.get(pk=run_id)

    def test_its_owner_is_checked(self):
        self.assertEqual(uploads.get_test_dataset(ALICE, self.spec), self.tests)
        self.assertIsNone(uploads.get_test_dataset(BOB, TrainingSpec(default="IRIS")))
        with self.assertRaises(DatasetNotFound) as caught:
            uploads.get_test_dataset(BOB, self.spec)
        self.assertEqual(caught.exception.data.where, "split.dataset_id")

    async def test_a_stranger_neither_trains_nor_sweeps_nor_checks_with_it(self):
        spec = {"default": "IRIS", "split": {"kind": "given", "dataset_id": str(self.tests.pk)}}
        async with open_socket(build_application()) as socket:
            for event, data in (
                ("runTraining", spec),
                ("checkTraining", spec),
                ("runSweep", {"spec": spec, "vary": {"seed": [1, 2]}}),
                ("checkSweep", {"spec": spec, "vary": {"seed": [1, 2]}}),
            ):
                answer = await socket.ask(event, **data)
                told = (answer["event"], answer["data"].get("code"), answer["data"].get("where"))
                self.assertEqual(told, ("error", "dataset_not_found", "split.dataset_id"), event)

    def test_it_travels_to_the_worker_and_is_read_there(self):
        run = self.create()
        runs.claim_next("engine")
        job = build_training_job(run.pk)
        assert isinstance(job.source, Paired)
        self.assertEqual((job.source.first.key, job.source.tests.key), (str(self.first.pk), str(self.tests.pk)))
        plan = get_plan(job.spec, job.source, Limits())
        self.assertEqual((len(plan.train), len(plan.test)), (40, 10))

    def test_a_run_whose_test_rows_are_deleted_fails_with_that_reason(self):
        run = self.create()
        self.tests.delete()
        with self.assertRaisesMessage(DatasetNotFound, "table with the test rows of this run has been deleted"):
            build_training_job(run.pk)
        run.refresh_from_db()
        self.assertIsNone(find_source(self.spec, run.dataset, run.test_dataset))

    def test_it_counts_among_the_tables_in_use(self):
        Dataset.objects.update(created="2020-01-01T00:00Z")
        self.assertEqual(set(_find_unused(1)), {self.first, self.tests})
        self.create()
        self.assertEqual(set(_find_unused(1)), set())
        used = Dataset.objects.filter(pk__in=Subquery(find_runs_on(OuterRef("pk")).values("test_dataset")))
        self.assertEqual(list(used), [self.tests])

    def test_it_is_read_with_its_own_layout_and_the_same_cells(self):
        reading = ReadingOptions(delimiter=";", header_row=3, decimal=",")
        source = find_source(self.spec.model_copy(update={"reading": reading}), self.first, self.tests)
        assert isinstance(source, Paired) and source.tests.reading is not None
        self.assertEqual((source.tests.reading.delimiter, source.tests.reading.header_row), (None, None))
        self.assertEqual(source.tests.reading.decimal, ",")

    def test_strangers_learn_nothing_of_it(self):
        run = self.create()
        shown = Access(run, "token", find_withheld(run), shows_source=False).describe_spec()
        self.assertEqual(shown["split"], {"kind": "given"})
        self.assertIn("dataset_id", Access(run, "", frozenset(), shows_source=True).describe_spec()["split"])
