"""Permutation importance is scikit-learn's, moves whole columns of the table, and keeps to its bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd
from django.test import SimpleTestCase
from sklearn.compose import make_column_transformer
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from training.spec import ProblemType
from training.trainers.results.importance import measure_importance

COLOURS = np.array(["red", "green", "blue"], dtype=object)


def build_table(rows: int = 400) -> pd.DataFrame:
    """Return a table in which `colour` and `size` determine most of `y`, `noise` nothing, and one column is not a
    feature.
    """
    random = np.random.default_rng(0)
    colour, size = random.integers(0, 3, rows), random.normal(0, 1, rows)
    frame = pd.DataFrame({"noise": random.normal(0, 1, rows), "size": size, "colour": COLOURS[colour]})
    frame["y"] = 10.0 * (colour == 1) + size + random.normal(0, 0.1, rows)
    frame.index = random.permutation(rows) + 7  # test rows keep the numbers that they had in the table
    return frame


@dataclass
class FittedPipeline:
    pipeline: Any
    columns: tuple[str, ...] = ("noise", "size", "colour")

    def predict(self, frame: pd.DataFrame) -> np.ndarray:
        assert list(frame.columns) == list(self.columns)
        return self.pipeline.predict(frame)


def fit(frame: pd.DataFrame, y: np.ndarray, estimator) -> FittedPipeline:
    steps = make_column_transformer((OneHotEncoder(), ["colour"]), (StandardScaler(), ["noise", "size"]))
    return FittedPipeline(make_pipeline(steps, estimator).fit(frame[["noise", "size", "colour"]], y))


class ImportanceTests(SimpleTestCase):
    def setUp(self) -> None:
        self.frame = build_table()
        self.y = self.frame["y"].to_numpy()
        self.classes = (self.y > 5).astype(int)

    def test_importance_equals_scikit_learns_for_both_problems(self):
        for y, estimator, problem_type, metric in (
            (self.y, LinearRegression(), ProblemType.REGRESSION, "r2"),
            (self.classes, LogisticRegression(), ProblemType.CLASSIFICATION, "accuracy"),
        ):
            model = fit(self.frame, y, estimator)
            measured = measure_importance(model, self.frame, y, problem_type, seed=3)
            X = self.frame[list(model.columns)]
            expected = permutation_importance(model.pipeline, X, y, scoring=metric, n_repeats=5, random_state=3)
            self.assertEqual((measured.metric, measured.rows, measured.note), (metric, 400, ""))
            self.assertAlmostEqual(measured.score, model.pipeline.score(X, y), places=12)
            found = {column.column: column for column in measured.columns}
            for index, name in enumerate(model.columns):
                self.assertAlmostEqual(found[name].importance, expected.importances_mean[index], places=12)
                self.assertAlmostEqual(found[name].spread, expected.importances_std[index], places=12)

    def test_an_informative_column_is_first_and_noise_has_no_importance(self):
        model = fit(self.frame, self.y, LinearRegression())
        measured = measure_importance(model, self.frame, self.y, ProblemType.REGRESSION)
        self.assertEqual([column.column for column in measured.columns], ["colour", "size", "noise"])
        self.assertGreater(measured.columns[0].importance, 1)
        self.assertAlmostEqual(measured.columns[-1].importance, 0, places=3)

    def test_the_same_seed_gives_the_same_numbers(self):
        model = fit(self.frame, self.y, LinearRegression())
        first, again, other = (
            measure_importance(model, self.frame, self.y, ProblemType.REGRESSION, seed=seed) for seed in (1, 1, 2)
        )
        self.assertEqual(first, again)
        self.assertNotEqual(first, other)

    def test_the_table_is_left_as_it_was(self):
        before = self.frame.copy(deep=True)
        model = fit(self.frame, self.y, LinearRegression())
        measure_importance(model, self.frame, self.y, ProblemType.REGRESSION)
        pd.testing.assert_frame_equal(self.frame, before)

    def test_a_sample_of_many_rows_is_measured_and_noted(self):
        frame = build_table(3_000)
        y = frame["y"].to_numpy()
        measured = measure_importance(fit(frame, y, LinearRegression()), frame, y, ProblemType.REGRESSION)
        self.assertEqual(measured.rows, 1_000)
        self.assertEqual(measured.note, "Measured on 1,000 of 3,000 test rows, drawn at random.")
        self.assertEqual(measured.columns[0].column, "colour")
        self.assertGreater(measured.score, 0.99)

    def test_the_first_of_many_columns_are_measured_and_noted(self):
        random = np.random.default_rng(0)
        names = [f"x{n}" for n in range(120)]
        frame = pd.DataFrame(random.normal(0, 1, (200, 120)), columns=names)
        y = frame["x0"].to_numpy() + frame["x119"].to_numpy()
        model = FittedPipeline(LinearRegression().fit(frame, y), tuple(names))
        measured = measure_importance(model, frame, y, ProblemType.REGRESSION)
        self.assertEqual(len(measured.columns), 100)
        self.assertEqual(measured.columns[0].column, "x0")
        self.assertEqual(measured.note, "Only the first 100 of 120 columns were measured.")
        self.assertAlmostEqual(measured.score, 1)  # the others still reach the model

    def test_a_single_row_has_nothing_to_shuffle(self):
        model = fit(self.frame, self.classes, LogisticRegression())
        measured = measure_importance(model, self.frame[:1], self.classes[:1], ProblemType.CLASSIFICATION)
        self.assertEqual({column.importance for column in measured.columns}, {0.0})

    def test_fewer_columns_of_a_slow_model_are_measured_and_noted(self):
        model = fit(self.frame, self.y, LinearRegression())
        with mock.patch("training.trainers.results.importance.MAX_SECONDS", 1e-9):
            measured = measure_importance(model, self.frame, self.y, ProblemType.REGRESSION)
        self.assertEqual([column.column for column in measured.columns], ["noise"])
        self.assertEqual(measured.note, "Only the first 1 of 3 columns were measured.")
