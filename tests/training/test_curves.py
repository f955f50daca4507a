"""ROC, precision-recall and calibration are scikit-learn's, however the scores fall; long curves are thinned."""

from __future__ import annotations

import numpy as np
from django.test import SimpleTestCase
from sklearn import metrics
from sklearn.calibration import calibration_curve

from training.trainers.results.calibration import build_calibration
from training.trainers.results.curves import build_precision_recall, build_roc, choose_points, sweep


def odd_scores():
    """bool (n,), float (n,): few and many rows, ties, zeros and ones, the class rare and common."""
    random = np.random.default_rng(0)
    for rows in (2, 3, 10, 150):
        for share in (0.1, 0.5, 0.9):
            is_class = random.random(rows) < share
            if not is_class.any() or is_class.all():
                is_class[0] = not is_class[0]
            yield is_class, random.random(rows)
            yield is_class, random.integers(0, 3, rows) / 2
            yield is_class, is_class.astype(float)
            yield is_class, np.full(rows, 0.3)
            yield is_class, np.where(is_class, 0.9, random.random(rows))


class CurveTests(SimpleTestCase):
    def test_roc_curves_and_their_areas_are_scikit_learns(self):
        for is_class, scores in odd_scores():
            false_rate, true_rate, area = build_roc(sweep(is_class, scores))
            expected = metrics.roc_curve(is_class, scores)
            np.testing.assert_allclose(false_rate, expected[0], atol=1e-12)
            np.testing.assert_allclose(true_rate, expected[1], atol=1e-12)
            self.assertAlmostEqual(area, metrics.roc_auc_score(is_class, scores), places=12)

    def test_precision_recall_curves_and_their_averages_are_scikit_learns(self):
        for is_class, scores in odd_scores():
            recall, precision, average = build_precision_recall(sweep(is_class, scores))
            expected = metrics.precision_recall_curve(is_class, scores, drop_intermediate=True)
            np.testing.assert_allclose(precision[::-1], expected[0], atol=1e-12)
            np.testing.assert_allclose(recall[::-1], expected[1], atol=1e-12)
            self.assertAlmostEqual(average, metrics.average_precision_score(is_class, scores), places=12)

    def test_a_class_without_rows_has_no_curves_and_one_with_all_rows_no_roc(self):
        none, all_ = (sweep(np.full(4, value), np.arange(4.0)) for value in (False, True))
        self.assertIsNone(build_roc(none))
        self.assertIsNone(build_precision_recall(none))
        self.assertIsNone(build_roc(all_))
        self.assertEqual(build_precision_recall(all_)[2], 1)

    def test_long_curves_are_thinned_and_keep_their_ends_and_area(self):
        random = np.random.default_rng(0)
        is_class, scores = random.random(50_000) > 0.5, random.random(50_000)
        counts = sweep(is_class, scores)
        false_rate, true_rate, area = build_roc(counts)
        self.assertEqual((len(false_rate), len(true_rate)), (200, 200))
        self.assertEqual((false_rate[0], true_rate[0], false_rate[-1], true_rate[-1]), (0, 0, 1, 1))
        self.assertAlmostEqual(area, metrics.roc_auc_score(is_class, scores), places=12)
        recall, precision, average = build_precision_recall(counts)
        self.assertEqual((len(recall), len(precision)), (200, 200))
        self.assertEqual((recall[0], precision[0], recall[-1], precision[-1]), (0, 1, 1, is_class.mean()))
        self.assertAlmostEqual(average, metrics.average_precision_score(is_class, scores), places=12)

    def test_many_classes_share_the_points(self):
        self.assertEqual([choose_points(count) for count in (2, 50, 100, 1_000)], [200, 200, 100, 20])


class CalibrationTests(SimpleTestCase):
    def setUp(self) -> None:
        random = np.random.default_rng(0)
        self.y = {n: random.integers(0, n, 300) for n in (2, 5)}
        self.probabilities = {n: random.dirichlet(np.full(n, 0.4), 300) for n in (2, 5)}
        for n in (2, 5):  # what falls on the edges of bins, and outright zeros and ones
            self.probabilities[n][:20] = np.eye(n)[random.integers(0, n, 20)]
            self.probabilities[n][20:30] = [0.3, 0.7, *[0] * (n - 2)]
        self.predictions = {n: self.probabilities[n].argmax(1) for n in (2, 5)}

    def build(self, n: int):
        guesses = np.full((300, n), 1 / n)
        return build_calibration(self.y[n], self.predictions[n], self.probabilities[n], guesses, list("abcde")[:n])

    def test_two_classes_are_calibrated_by_the_second_class(self):
        built = self.build(2)
        self.assertEqual(built.label, "b")
        observed, predicted = calibration_curve(self.y[2], self.probabilities[2][:, 1], n_bins=10)
        np.testing.assert_allclose([row.observed for row in built.bins], observed, atol=1e-12)
        np.testing.assert_allclose([row.predicted for row in built.bins], predicted, atol=1e-12)
        self.assertEqual(sum(row.count for row in built.bins), 300)

    def test_more_classes_are_calibrated_by_the_predicted_class(self):
        built = self.build(5)
        self.assertIsNone(built.label)
        right = self.predictions[5] == self.y[5]
        observed, predicted = calibration_curve(right, self.probabilities[5].max(1), n_bins=10)
        np.testing.assert_allclose([row.observed for row in built.bins], observed, atol=1e-12)
        np.testing.assert_allclose([row.predicted for row in built.bins], predicted, atol=1e-12)

    def test_the_brier_scores_are_scikit_learns(self):
        for n in (2, 5):
            built, labels = self.build(n), range(n)
            brier = metrics.brier_score_loss(self.y[n], self.probabilities[n], labels=labels)
            self.assertAlmostEqual(built.brier, brier, places=12)
            brier = metrics.brier_score_loss(self.y[n], np.full((300, n), 1 / n), labels=labels)
            self.assertAlmostEqual(built.baseline_brier, brier, places=12)

    def test_the_calibration_error_is_the_gap_weighted_by_rows(self):
        y, said = np.array([1, 1, 0, 1]), np.array([0.85, 0.85, 0.85, 0.25])
        built = build_calibration(y, said > 0.5, np.column_stack([1 - said, said]), np.full((4, 2), 0.5), ["a", "b"])
        self.assertAlmostEqual(built.expected_calibration_error, (3 * (0.85 - 2 / 3) + 0.75) / 4)

    def test_certain_and_correct_predictions_have_no_calibration_error(self):
        y = np.array([0, 1, 2, 1])
        built = build_calibration(y, y, np.eye(3)[y], np.full((4, 3), 1 / 3), list("abc"))
        self.assertEqual((built.brier, built.expected_calibration_error), (0, 0))
