"""A column that has one value in all training rows and others later: no untrained weight may meet those."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pandas as pd
from django.test import SimpleTestCase

from tests.training.scripts import ScriptTestCase, stored
from training.artifacts.graph.features import to_inputs
from training.artifacts.graph.model import build_onnx
from training.artifacts.weights import build_pipeline, build_skops
from training.datasets.plan import make_plan
from training.datasets.preprocessing import PreparedData, prepare
from training.datasets.rows import parse_rows
from training.datasets.table import Table
from training.exceptions import SpecRefused
from training.limits import Limits
from training.spec import TrainingSpec
from training.trainers.base import Outcome
from training.trainers.defaults import complete
from training.trainers.estimators.objects import load_object
from training.trainers.preflight import check
from training.trainers.train import train
from training.trainers.trained import TrainedModel

ROWS = 100
RANDOM = np.random.default_rng(0)


def build_table() -> pd.DataFrame:
    """Rows in the order of time: the last fifth, the test rows, has values that no training row has."""
    x = RANDOM.normal(size=ROWS)
    late = np.arange(ROWS) >= ROWS * 0.8
    return pd.DataFrame(
        {
            "x": x,
            "year": np.where(late, 1e6, 2020.0),
            "tenth": np.where(late, 5.0, 0.1),
            "tariff": np.where(late, "new", "old"),
            "y": 3 * x + RANDOM.normal(size=ROWS) * 0.1,
        }
    )


TABLE = build_table()


def train_on(frame: pd.DataFrame, **fields: object) -> tuple[TrainingSpec, PreparedData, Outcome]:
    spec = TrainingSpec.model_validate({"target": "y", "shuffle": False, "seed": 0, "epochs": 30, **fields})
    data = prepare(make_plan(Table("t", frame), spec, Limits()))
    spec = complete(spec, data.plan)
    return spec, data, train(data, spec, on_epoch=lambda row: None, is_cancelled=lambda: False)


class ConstantFeatureTests(SimpleTestCase):
    def test_constant_numbers_are_zero_in_every_row(self):
        _, data, _ = train_on(TABLE, user_model="Ridge()")
        self.assertEqual(data.feature_names, ("x", "year", "tenth"))
        for X in (data.X_train, data.X_test):
            np.testing.assert_array_equal(X[:, 1:], 0)
        np.testing.assert_allclose(data.X_train[:, 0].std(), 1, rtol=1e-5)

    def test_a_model_does_as_well_as_without_the_column(self):
        for model in ({}, {"user_model": "Ridge()"}, {"user_model": "MLPRegressor(max_iter=50)"}):
            with self.subTest(model):
                with_column = train_on(TABLE, **model)[2].auxiliary.metrics["r2"]
                self.assertGreater(with_column, 0.8)

    def test_a_column_that_varies_by_rounding_alone_counts_as_constant(self):
        frame = TABLE.assign(tenth=np.where(np.arange(ROWS) < 80, 0.1 + 0.2, 7.0))
        frame.loc[:10, "tenth"] = 0.3
        self.assertEqual(train_on(frame, user_model="Ridge()")[1].X_test[:, 2].tolist(), [0.0] * 20)

    def test_categories_with_one_level_are_left_out_and_said_so(self):
        _, data, _ = train_on(TABLE, user_model="Ridge()")
        self.assertEqual(data.preparation.columns, ("x", "year", "tenth"))
        note = next(note for note in data.plan.notes if note.code == "constant_feature")
        self.assertIn("'tariff' is left out: it is 'old' in every training row", note.message)

    def test_the_check_says_that_constant_numbers_count_as_zero(self):
        spec = TrainingSpec(target="y", shuffle=False, seed=0, user_model="Ridge()")
        checked = check(spec, make_plan(Table("t", TABLE), spec, Limits()), Limits())
        messages = [problem.message for problem in checked.problems if problem.code == "constant_feature"]
        self.assertIn("'year', 'tenth' are the same in every training row", messages[1])
        self.assertIn("count as 0 in every row", messages[1])

    def test_nothing_but_constant_categories_is_refused(self):
        with self.assertRaises(SpecRefused) as caught:
            train_on(TABLE[["tariff", "y"]])
        self.assertEqual(caught.exception.data.code, "no_usable_feature")

    def test_the_files_and_later_predictions_ignore_the_column_as_well(self):
        frame = TABLE.assign(y=np.where(TABLE["y"] > 0, "high", "low"))
        for model in ({}, {"user_model": "LogisticRegression()"}):
            with self.subTest(model):
                spec, data, outcome = train_on(frame, **model)
                trained = TrainedModel(spec, data.preparation, outcome.model)
                session = onnxruntime.InferenceSession(build_onnx(trained))
                labels, probabilities = session.run(None, to_inputs(data.preparation, data.test_frame))
                np.testing.assert_allclose(probabilities, outcome.probabilities, atol=1e-5)
                self.assertEqual(labels.tolist(), [data.classes[index] for index in outcome.predictions])
                rows = [{"x": 0.5, "year": 2020, "tenth": 0.1}, {"x": 0.5, "year": -9e9, "tenth": 77}]
                first, second = trained.answer(parse_rows(rows, data.preparation))[1]
                np.testing.assert_array_equal(first, second)
                if model:
                    pipeline = load_object(build_skops(build_pipeline(data.preparation, outcome.model)))
                    given = pipeline.predict_proba(data.preparation.to_model_types(data.test_frame))
                    np.testing.assert_allclose(given, outcome.probabilities, atol=1e-6)


class ConstantFeatureScriptTests(ScriptTestCase):
    def test_scripts_repeat_the_run(self):
        text = TABLE.to_csv(index=False)
        runs = {
            name: stored(text, target="y", shuffle=False, **model)
            for name, model in {
                "network": {"user_arch": ["Linear(4)", "ReLU()", "Linear(1)"]},
                "estimator": {"user_model": "Ridge()"},
            }.items()
        }
        self.assertIn("scale_", runs["network"].script)
        self.assert_scripts_reproduce(runs)
