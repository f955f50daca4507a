"""The order of the tests: those of the engine come last, since nothing else may empty the tables under it."""

from __future__ import annotations

from django.core.management import CommandError
from django.test import SimpleTestCase

from tests.runner import Runner
from tests.training.cases import EngineTestCase

LABELS = ["tests.training.test_views", "tests.progress.test_labs", "tests.training.test_runs"]


class OrderTests(SimpleTestCase):
    def test_tests_of_the_engine_come_last_in_whatever_order(self):
        for options in ({}, {"shuffle": 7}, {"reverse": True}):
            with self.subTest(**options):
                suite = Runner(verbosity=0, **options).build_suite(LABELS)
                need_engine = [isinstance(test, EngineTestCase) for test in suite]
                self.assertEqual(need_engine, sorted(need_engine))
                self.assertEqual(set(need_engine), {False, True})

    def test_tests_that_share_an_engine_do_not_run_in_parallel(self):
        with self.assertRaisesMessage(CommandError, "without --parallel"):
            Runner(verbosity=0, parallel=2).build_suite(LABELS)
