"""The order of the tests: those of the engine come last, since nothing else may empty the tables under it."""

from __future__ import annotations

from django.test import SimpleTestCase

from tests.runner import Runner, needs_engine

LABELS = ["tests.training.test_views", "tests.progress.test_labs", "tests.training.test_runs"]


class OrderTests(SimpleTestCase):
    def test_tests_of_the_engine_come_last_in_whatever_order(self):
        for options in ({}, {"shuffle": 7}, {"reverse": True}, {"parallel": 2}):
            with self.subTest(**options):
                suite = Runner(verbosity=0, **options).build_suite(LABELS)
                need_engine = [needs_engine(test) for test in suite]
                self.assertEqual(need_engine, sorted(need_engine))
                self.assertEqual(set(need_engine), {False, True})
