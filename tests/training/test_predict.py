"""Use the model: what a finished run's stored files alone say of new rows."""

from __future__ import annotations

import io

import numpy as np
from django.test import SimpleTestCase

from tests.training.data import builtin_data, csv_data
from tests.training.tables import read_csv
from training.artifacts.weights import build_pipeline, build_preparation, build_skops, build_state_dict, load_trained
from training.datasets.rows import parse_rows, type_columns
from training.exceptions import SpecRefused
from training.spec import ProblemType, TrainingSpec
from training.trainers.defaults import complete
from training.trainers.estimators import ESTIMATORS
from training.trainers.train import train


def messy_text() -> str:
    lines = ["day,city,age,income,left"]
    for n in range(120):
        city, income = ("Bern", "Genf", "", "Zürich")[n % 4], "" if n % 9 == 0 else f'"{1 + n},{n:03}.50"'
        age = 18 + n * 7 % 60
        lines.append(f"2024-{1 + n % 12:02}-{1 + n % 28:02},{city},{age},{income},{'yes' if age > 40 else 'no'}")
    return "\n".join(lines) + "\n"


def train_and_reload(data, **fields):
    """The outcome of a run, and its model as it comes back from its files."""
    spec = complete(TrainingSpec(seed=0, **fields), data.plan)
    outcome = train(data, spec, on_epoch=lambda row: None, is_cancelled=lambda: False)
    if spec.user_model is None:
        model = build_state_dict(outcome.model)
    else:
        model = build_skops(build_pipeline(data.preparation, outcome.model))
    return outcome, load_trained(spec, io.BytesIO(build_preparation(data.preparation)), io.BytesIO(model))


class StoredModelTests(SimpleTestCase):
    def test_a_model_from_its_files_says_of_the_test_rows_what_the_run_said(self):
        messy = csv_data(messy_text(), target="left", seed=0)
        amounts = csv_data(messy_text(), target="income", seed=0)
        cases = [
            (builtin_data("IRIS"), {"epochs": 5}),
            (builtin_data("DIABETES"), {"epochs": 5}),
            (builtin_data("MOONS"), {"epochs": 5, "criterion": "BCELOSS"}),
            (builtin_data("MOONS"), {"epochs": 5, "criterion": "BCEWITHLOGITSLOSS"}),
            (messy, {"epochs": 5}),
            (amounts, {"epochs": 5}),
            (messy, {"user_model": "RandomForestClassifier(n_estimators=10)"}),
            (amounts, {"user_model": "RandomForestRegressor(n_estimators=10)"}),
        ]
        for data, fields in cases:
            with self.subTest(target=data.target, fields=fields):
                outcome, trained = train_and_reload(data, **fields)
                predictions, probabilities = trained.answer(data.test_frame)
                if data.classes:
                    np.testing.assert_array_equal(predictions, outcome.predictions)
                    np.testing.assert_allclose(probabilities, outcome.probabilities, rtol=1e-6)
                else:
                    np.testing.assert_allclose(predictions, outcome.predictions, rtol=1e-6)
                    self.assertIsNone(probabilities)

    def test_every_estimator_comes_back_from_its_file_and_says_the_same(self):
        for entry in ESTIMATORS.values():
            data = builtin_data("IRIS" if entry.problem_type is ProblemType.CLASSIFICATION else "DIABETES")
            quick = {name: 5 for name in ("n_estimators", "max_iter") if name in {a.name for a in entry.arguments}}
            others = [{a.name: choice} for a in entry.arguments for choice in a.choices if choice != a.default]
            for arguments in ({}, *others):
                with self.subTest(estimator=entry.name, arguments=arguments):
                    model = {"estimator": entry.name, **quick, **arguments}
                    outcome, trained = train_and_reload(data, user_model=model)
                    predictions, _ = trained.answer(data.test_frame)
                    if data.classes:
                        np.testing.assert_array_equal(predictions, outcome.predictions)
                    else:
                        np.testing.assert_allclose(predictions, outcome.predictions, rtol=1e-6)

    def test_a_pipeline_taken_home_says_labels_and_numbers_in_the_targets_units(self):
        for target in ("left", "income"):
            data = csv_data(messy_text(), target=target, seed=0)
            kind = "Classifier" if data.classes else "Regressor"
            outcome, trained = train_and_reload(data, user_model=f"RandomForest{kind}(n_estimators=10)")
            pipeline = build_pipeline(trained.preparation, trained.model)
            answers = pipeline.predict(data.preparation.to_model_types(data.test_frame))
            expected = np.asarray(data.classes)[outcome.predictions] if data.classes else outcome.predictions
            self.assertEqual(answers.tolist(), expected.tolist())


class RowTests(SimpleTestCase):
    def setUp(self) -> None:
        self.data = csv_data(messy_text(), target="left", seed=0)
        self.preparation = self.data.preparation

    def parse(self, *rows: dict):
        return parse_rows(rows, self.preparation)

    def refuse(self, *rows: dict):
        with self.assertRaises(SpecRefused) as caught:
            self.parse(*rows)
        return caught.exception.data

    def test_rows_mean_what_the_same_rows_of_the_table_meant(self):
        row = self.data.plan.frame.iloc[[5]]
        written = {"day": "2024-06-06", "city": "Genf", "age": 53, "income": "6,005.50"}
        self.assertEqual(row["income"].item(), 6005.5)
        np.testing.assert_array_equal(self.preparation.transform(self.parse(written)), self.preparation.transform(row))

    def test_what_is_left_out_null_or_unseen_is_filled_in_as_in_training(self):
        full = {"day": "2024-06-06", "city": "Genf", "age": 53, "income": 6005.5}
        for hole in ({"income": None}, {"income": ""}, {"city": "?"}, {"day": None}, {"city": "Atlantis"}):
            with self.subTest(hole=hole):
                self.assertTrue(np.isfinite(self.preparation.transform(self.parse({**full, **hole}))).all())
        only = self.preparation.transform(self.parse({"age": 30}))
        self.assertEqual(only.shape, (1, self.data.X_train.shape[1]))

    def test_what_no_column_fits_is_refused_with_the_row_and_what_is_near(self):
        error = self.refuse({"age": 1}, {"agee": 30})
        self.assertEqual((error.code, error.where), ("no_known_column", "rows[1]"))
        self.assertIn("Did you mean age?", error.hint)

    def test_wrong_values_are_refused_by_row_and_column(self):
        error = self.refuse({"age": 30}, {"age": "old"})
        self.assertEqual((error.code, error.where), ("not_numbers", "rows[1].age"))
        self.assertIn("'old'", error.message)
        error = self.refuse({"day": "yesterday"})
        self.assertEqual((error.code, error.where), ("not_dates", "rows[0].day"))

    def test_a_file_needs_every_column_that_was_learned_from(self):
        frame = read_csv(io.BytesIO(b"day,city,agee,income\n2024-01-01,Bern,30,5\n"), "new.csv").frame
        with self.assertRaises(SpecRefused) as caught:
            type_columns(frame, self.preparation)
        self.assertEqual(caught.exception.data.code, "column_missing")
        self.assertIn("'agee'", caught.exception.data.hint)
