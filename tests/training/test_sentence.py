"""The sentence claims what the test rows show, and no more."""

from __future__ import annotations

import numpy as np
from django.test import SimpleTestCase

from training.trainers.results.sentence import Verdict, describe_classification, describe_regression, judge


def describe(y, predictions, guess: int = 0, classes=("no", "yes")) -> str:
    y, predictions = np.array(y), np.array(predictions)
    recalls = np.array([(predictions[y == index] == index).mean() if (y == index).any() else 0 for index in (0, 1)])
    return describe_classification(y, predictions, guess, recalls, classes)


class ClassificationTests(SimpleTestCase):
    def test_better_than_guessing_by_how_much(self):
        y = [0, 1] * 20
        text = describe(y, y)
        self.assertEqual(
            text, "Right for 100.0% of 40 test rows, 50.0 points better than always guessing 'no' (50.0%)."
        )

    def test_no_better_than_guessing_names_the_class_that_is_never_found(self):
        self.assertEqual(
            describe([0] * 35 + [1] * 5, [0] * 40),
            "Right for 87.5% of 40 test rows, no better than always guessing 'no' (87.5%); "
            "weakest on 'yes', of which it finds 0 of 5.",
        )

    def test_a_little_better_may_be_luck(self):
        y = [0] * 20 + [1] * 20
        text = describe(y, [0] * 20 + [1, 1, *[0] * 18])
        self.assertIn("55.0% of 40 test rows, not clearly better than always guessing 'no' (50.0%)", text)

    def test_worse_than_guessing(self):
        text = describe([0] * 30 + [1] * 10, [1] * 40)
        self.assertIn("25.0% of 40 test rows, 50.0 points worse than always guessing 'no' (75.0%)", text)

    def test_a_class_with_hardly_any_rows_or_hardly_worse_is_not_blamed(self):
        self.assertNotIn("weakest", describe([0] * 36 + [1] * 4, [0] * 40))
        y = [0, 1] * 20
        self.assertNotIn("weakest", describe(y, [0, 1] * 18 + [0, 0] * 2))

    def test_few_rows_settle_nothing(self):
        y = [0, 1] * 6
        self.assertIn("so few test rows (12) cannot settle it", describe(y, y))
        self.assertNotIn("few", describe(y * 3, y * 3))
        self.assertIn("Right for 100.0% of 1 test row, not clearly better", describe([1], [1]))

    def test_long_labels_are_cut(self):
        text = describe([0, 1] * 20, [1, 0] * 20, classes=("n" * 500, "y" * 500))
        self.assertLess(len(text), 300)
        self.assertIn("nnn…'", text)


class RegressionTests(SimpleTestCase):
    def setUp(self) -> None:
        self.y = np.arange(40.0)

    def test_better_no_better_and_worse(self):
        mean = self.y.mean()
        for predictions, expected in (
            (self.y + 1, "Off by 1 on average over 40 test rows, 9 less than always guessing the mean of 'age' (10)."),
            (np.full(40, mean), "Off by 10 on average over 40 test rows, no better than"),
            (self.y + 30, "Off by 30 on average over 40 test rows, 20 more than always guessing"),
        ):
            self.assertTrue(describe_regression(self.y, predictions, mean, "age").startswith(expected))

    def test_few_rows_settle_nothing(self):
        text = describe_regression(self.y[:3], self.y[:3], 1.0, "age")
        self.assertIn("not clearly better", text)
        self.assertIn("so few test rows (3) cannot settle it", text)


class VerdictTests(SimpleTestCase):
    def test_guessing_at_random_is_rarely_called_learning(self):
        random = np.random.default_rng(0)
        verdicts = [judge(random.choice([-1.0, 0, 1], 100)) for _ in range(1_000)]
        self.assertLess(verdicts.count(Verdict.BETTER), 40)
        self.assertLess(verdicts.count(Verdict.WORSE), 40)

    def test_a_sure_gain_is_called_one(self):
        self.assertIs(judge(np.ones(10)), Verdict.BETTER)
        self.assertIs(judge(-np.ones(10)), Verdict.WORSE)
        self.assertIs(judge(np.zeros(10)), Verdict.NO_BETTER)
