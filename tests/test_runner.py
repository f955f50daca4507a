"""The order of the tests: those of the engine come last, since nothing else may empty the tables under it."""

from __future__ import annotations

import io
import pickle
import unittest

from django.test import SimpleTestCase

from tests.runner import FailedSubtest, Result, Runner, needs_engine

LABELS = ["tests.training.test_views", "tests.progress.test_labs", "tests.training.test_runs"]


class OrderTests(SimpleTestCase):
    def test_tests_of_the_engine_come_last_in_whatever_order(self):
        for options in ({}, {"shuffle": 7}, {"reverse": True}, {"parallel": 2}):
            with self.subTest(**options):
                suite = Runner(verbosity=0, **options).build_suite(LABELS)
                need_engine = [needs_engine(test) for test in suite]
                self.assertEqual(need_engine, sorted(need_engine))
                self.assertEqual(set(need_engine), {False, True})


class SubtestTests(SimpleTestCase):
    def test_a_failed_subtest_of_a_test_that_cannot_be_pickled_is_reported(self):
        class Holder(unittest.TestCase):
            def runTest(self) -> None:
                self.unpicklable = lambda: None
                with self.subTest(width=390):
                    self.fail("too narrow")

        result = Result()
        Holder().run(result)
        [failed] = [event for event in result.events if event[0] == "addSubTest"]
        self.assertIsInstance(failed[2], FailedSubtest)
        subtest = pickle.loads(pickle.dumps(failed[2]))
        output = io.StringIO()
        shown = unittest.TextTestRunner(output)._makeResult()  # as the process that prints them does
        shown.addSubTest(self, subtest, failed[3])
        shown.printErrors()
        self.assertIn("(width=390)", output.getvalue())
        self.assertIn("too narrow", output.getvalue())
