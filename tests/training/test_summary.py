"""The summary of a result claims what the test rows show, and no more."""

from __future__ import annotations

import numpy as np
from django.test import SimpleTestCase

from training.trainers.results.summary import Verdict, describe_classification, describe_regression, judge


def describe(y, predictions, guess: int = 0, classes=("no", "yes")) -> str:
    y, predictions = np.array(y), np.array(predictions)
    recalls = np.array([(predictions[y == index] == index).mean() if (y == index).any() else 0 for index in (0, 1)])
    return describe_classification(y, predictions, guess, recalls, classes)


class ClassificationTests(SimpleTestCase):
    def test_better_than_the_baseline_by_how_much(self):
        y = [0, 1] * 20
        text = describe(y, y)
        self.assertEqual(
            text,
            "Accuracy 100.0% on 40 test rows, 50.0 points better than the baseline (50.0%), "
            "which always predicts 'no'.",
        )

    def test_no_better_than_the_baseline_names_the_class_with_the_lowest_recall(self):
        self.assertEqual(
            describe([0] * 35 + [1] * 5, [0] * 40),
            "Accuracy 87.5% on 40 test rows, no better than the baseline (87.5%), which always predicts 'no'; "
            "lowest recall for 'yes': 0 of 5 rows.",
        )

    def test_a_small_gain_may_be_chance(self):
        y = [0] * 20 + [1] * 20
        text = describe(y, [0] * 20 + [1, 1, *[0] * 18])
        self.assertIn("55.0% on 40 test rows, not clearly better than the baseline (50.0%)", text)

    def test_worse_than_the_baseline(self):
        text = describe([0] * 30 + [1] * 10, [1] * 40)
        self.assertIn("25.0% on 40 test rows, 50.0 points worse than the baseline (75.0%)", text)

    def test_a_class_with_few_rows_or_nearly_the_accuracy_is_not_named(self):
        self.assertNotIn("lowest recall", describe([0] * 36 + [1] * 4, [0] * 40))
        y = [0, 1] * 20
        self.assertNotIn("lowest recall", describe(y, [0, 1] * 18 + [0, 0] * 2))

    def test_few_rows_cause_a_warning(self):
        y = [0, 1] * 6
        self.assertIn("12 test rows are too few to be certain", describe(y, y))
        self.assertNotIn("few", describe(y * 3, y * 3))
        self.assertIn("Accuracy 100.0% on 1 test row, not clearly better", describe([1], [1]))

    def test_long_labels_are_shortened(self):
        text = describe([0, 1] * 20, [1, 0] * 20, classes=("n" * 500, "y" * 500))
        self.assertLess(len(text), 300)
        self.assertIn("nnn…'", text)


class RegressionTests(SimpleTestCase):
    def setUp(self) -> None:
        self.y = np.arange(40.0)

    def test_better_no_better_and_worse(self):
        mean = self.y.mean()
        for predictions, expected in (
            (
                self.y + 1,
                "Mean absolute error 1 on 40 test rows, 9 less than the baseline (10), "
                "which always predicts the mean of 'age'.",
            ),
            (np.full(40, mean), "Mean absolute error 10 on 40 test rows, no better than"),
            (self.y + 30, "Mean absolute error 30 on 40 test rows, 20 more than the baseline"),
        ):
            self.assertTrue(describe_regression(self.y, predictions, mean, "age").startswith(expected))

    def test_few_rows_cause_a_warning(self):
        text = describe_regression(self.y[:3], self.y[:3], 1.0, "age")
        self.assertIn("not clearly better", text)
        self.assertIn("3 test rows are too few to be certain", text)


class VerdictTests(SimpleTestCase):
    def test_random_gains_are_rarely_significant(self):
        random = np.random.default_rng(0)
        verdicts = [judge(random.choice([-1.0, 0, 1], 100)) for _ in range(1_000)]
        self.assertLess(verdicts.count(Verdict.BETTER), 40)
        self.assertLess(verdicts.count(Verdict.WORSE), 40)

    def test_a_sure_gain_is_called_one(self):
        self.assertIs(judge(np.ones(10)), Verdict.BETTER)
        self.assertIs(judge(-np.ones(10)), Verdict.WORSE)
        self.assertIs(judge(np.zeros(10)), Verdict.NO_BETTER)
