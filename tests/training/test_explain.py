"""Explanations of single answers: contributions that add up, beside analytic results, shap's own and brute force."""

from __future__ import annotations

import io
import itertools
import math
import subprocess
import sys
from typing import Any
from unittest.mock import patch
from uuid import UUID

import numpy as np
import pandas as pd
from django.test import SimpleTestCase
from pydantic import ValidationError

from tests.training.test_weights import prepare_for
from training.artifacts.weights import build_pipeline, build_preparation, build_skops, load_trained
from training.datasets.preparation import Preparation
from training.exceptions import SpecRefused
from training.jobs.jobs import FinishedRun
from training.jobs.questions import PredictQuestion
from training.limits import Limits
from training.messages.predictions import MAX_EXPLAINED, Predict, Predictions
from training.spec import ProblemType, TrainingSpec
from training.trainers.estimators import ESTIMATORS
from training.trainers.explanations.explain import Explanations, explain
from training.trainers.explanations.linear import LINEAR
from training.trainers.explanations.sampled import sample_contributions
from training.trainers.explanations.trees import TREES
from training.trainers.train import train
from training.trainers.trained import TrainedModel
from training.work import answers

ROWS = 150
RANDOM = np.random.default_rng(1)
RUN_ID = UUID(int=3)


def build_table() -> pd.DataFrame:
    a, b, noise = RANDOM.normal(size=(3, ROWS))
    color = RANDOM.choice(["red", "green", "blue"], ROWS)
    y = 3 * a + np.where(color == "red", 2, 0) - b + 0.1 * noise
    words = np.where(color == "blue", "deep calm water", "bright warm light by the sea")
    day = pd.date_range("2024-01-01", periods=ROWS, tz="UTC")
    return pd.DataFrame({"a": a, "color": color, "b": b, "day": day, "words": words, "y": y})


TABLE = build_table()
BINARY = TABLE.assign(y=np.where(TABLE["y"] > 0, "yes", "no"))
TERNARY = TABLE.assign(y=np.digitize(TABLE["y"], [-1, 2]).astype(str))


def train_model(frame: pd.DataFrame, **fields: Any) -> tuple[TrainedModel, pd.DataFrame]:
    spec, data = prepare_for(frame, **{"target": "y", "column_types": {"words": "text"}, **fields})
    outcome = train(data, spec, on_epoch=lambda row: None, is_cancelled=lambda: False)
    return TrainedModel(spec, data.preparation, outcome.model), data.test_frame.iloc[:6]


def find_output(trained: TrainedModel, frame: pd.DataFrame, units: str) -> np.ndarray:
    """Return the model's output for each row's class or number, computed in another way than explanations do."""
    predictions, probabilities = trained.answer(frame)
    if units == "target":
        return predictions
    given = probabilities[np.arange(len(frame)), predictions]
    return {"probability": given, "log_odds": np.log(given / (1 - given))}[units]


class AdditivityTests(SimpleTestCase):
    def check(self, frame: pd.DataFrame, is_exact: bool | None = None, **fields: Any) -> Explanations:
        trained, rows = train_model(frame, **fields)
        explained = explain(trained, rows, trained.predict(rows))
        self.assertEqual(explained.contributions.shape, (len(rows), len(trained.columns)))
        total = explained.base + explained.contributions.sum(1)
        np.testing.assert_allclose(total, explained.output, rtol=1e-5, atol=1e-6)
        if explained.units != "score":
            expected = find_output(trained, rows, explained.units)
            np.testing.assert_allclose(total, expected, rtol=1e-4, atol=1e-5)
        if is_exact is not None:
            self.assertEqual(explained.exact, is_exact)
        return explained

    def test_contributions_of_every_estimator_add_up_to_its_output(self):
        for name, entry in ESTIMATORS.items():
            tables = [BINARY, TERNARY] if entry.problem_type is ProblemType.CLASSIFICATION else [TABLE]
            for frame in tables:
                with self.subTest(name, classes=len(set(frame["y"])) if len(tables) > 1 else 0):
                    self.check(frame, is_exact=name in LINEAR | TREES, user_model=name)

    def test_contributions_of_networks_add_up_to_their_output(self):
        for frame, fields in (
            (BINARY, {}),
            (TERNARY, {}),
            (BINARY, {"user_arch": ["Linear(1)"], "criterion": "BCEWITHLOGITSLOSS"}),
            (BINARY, {"threshold": 0.9}),
            (TABLE, {}),
        ):
            self.assertFalse(self.check(frame, **fields).exact)

    def test_units_are_those_of_the_sums_of_the_model(self):
        for frame, model, units in (
            (BINARY, "LogisticRegression()", "log_odds"),
            (TERNARY, "LogisticRegression()", "score"),
            (BINARY, "RandomForestClassifier(n_estimators=9)", "probability"),
            (BINARY, "HistGradientBoostingClassifier(max_iter=9)", "log_odds"),
            (BINARY, "KNeighborsClassifier()", "probability"),
            (TABLE, "SVR()", "target"),
        ):
            self.assertEqual(self.check(frame, user_model=model).units, units)

    def test_scores_are_those_whose_softmax_gives_the_probabilities(self):
        for model in ("LogisticRegression()", "GradientBoostingClassifier(n_estimators=9)", "AdaBoostClassifier()"):
            with self.subTest(model):
                trained, rows = train_model(TERNARY, user_model=model)
                _, probabilities = trained.answer(rows)
                scores = np.stack(
                    [explain(trained, rows, np.full(len(rows), index)).output for index in range(3)], axis=1
                )
                given = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
                np.testing.assert_allclose(given, probabilities, atol=1e-6)

    def test_a_class_of_two_is_explained_by_its_own_odds(self):
        trained, rows = train_model(BINARY, user_model="LogisticRegression()")
        one, other = (explain(trained, rows, np.full(len(rows), index)) for index in (0, 1))
        np.testing.assert_allclose(one.contributions, -other.contributions)
        np.testing.assert_allclose(one.base, -other.base)


class ValueTests(SimpleTestCase):
    def test_a_linear_model_contributes_its_weight_times_the_distance_from_the_mean(self):
        trained, rows = train_model(TABLE, user_model="LinearRegression()", features=["a", "b"])
        explained = explain(trained, rows, trained.predict(rows))
        scaler = trained.preparation.preprocessor.named_transformers_["number"][-1]
        slopes = trained.model.coef_ / scaler.scale_ * trained.preparation.target_scale  # by units of a and b
        expected = slopes * (rows[["a", "b"]].to_numpy() - scaler.mean_)
        np.testing.assert_allclose(explained.contributions, expected, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(slopes, [3, -1], atol=0.6)
        np.testing.assert_allclose(explained.base, trained.preparation.target_mean, rtol=1e-4, atol=1e-5)

    def test_contributions_are_summed_over_the_features_of_a_column(self):
        trained, rows = train_model(TABLE, user_model="Ridge()")
        self.assertEqual(trained.columns, ("a", "b", "day", "color", "words"))
        explained = explain(trained, rows, trained.predict(rows))
        preparation = trained.preparation
        X = preparation.transform(rows).astype(float)
        each = trained.model.coef_ * (X - preparation.means) * preparation.target_scale
        for place, column in enumerate(trained.columns):
            made = [
                index
                for index, name in enumerate(preparation.feature_names)
                if name == column or name.startswith((f"{column}_", f"{column}: "))
            ]
            self.assertEqual(np.flatnonzero(preparation.column_of_features == place).tolist(), made)
            np.testing.assert_allclose(explained.contributions[:, place], each[:, made].sum(1), rtol=1e-4, atol=1e-6)

    def test_rare_levels_share_a_feature_of_their_column(self):
        levels = [f"level {n % 70 if n < 140 else n % 3}" for n in range(ROWS)]
        trained, rows = train_model(TABLE.assign(color=levels), user_model="Ridge()", features=["color", "a"])
        owners = trained.preparation.column_of_features
        self.assertEqual(len(owners), trained.preparation.n_features)
        self.assertEqual((owners == 0).sum(), 1)
        self.assertEqual((owners == 1).sum(), trained.preparation.n_features - 1)
        explain(trained, rows, trained.predict(rows))

    def test_trees_are_explained_as_shap_explains_them(self):
        import shap

        for frame, model in ((BINARY, "RandomForestClassifier(n_estimators=7)"), (TABLE, "DecisionTreeRegressor()")):
            trained, rows = train_model(frame, user_model=model, features=["a", "b"])
            predictions = trained.predict(rows)
            explained = explain(trained, rows, predictions)
            X = trained.preparation.transform(rows)
            given = shap.TreeExplainer(trained.model).shap_values(X, check_additivity=False)
            if frame is BINARY:
                given = given[np.arange(len(X)), :, predictions]
            else:
                given = given * trained.preparation.target_scale
            np.testing.assert_allclose(explained.contributions, given, rtol=1e-5, atol=1e-6)

    def test_sampling_comes_near_the_shapley_values_of_all_orders(self):
        background, x = RANDOM.normal(size=(40, 4)), np.array([1.0, -2.0, 0.5, 3.0])
        column_of = np.array([0, 1, 1, 2])  # the second and third feature are one column's

        def ask(X: np.ndarray) -> np.ndarray:
            return X[:, 0] * X[:, 1] + np.sin(X[:, 2]) * X[:, 3] + X[:, 3]

        def value(columns: tuple[int, ...]) -> float:
            return float(ask(np.where(np.isin(column_of, columns), x, background)).mean())

        expected = np.zeros(3)
        for column in range(3):
            others = [other for other in range(3) if other != column]
            for size in range(3):
                weight = math.factorial(size) * math.factorial(2 - size) / math.factorial(3)
                for chosen in itertools.combinations(others, size):
                    expected[column] += weight * (value((*chosen, column)) - value(chosen))
        base, contributions, output = sample_contributions(ask, x, background, column_of, 3)
        self.assertAlmostEqual(base, ask(background).mean())
        self.assertAlmostEqual(base + contributions.sum(), output)
        np.testing.assert_allclose(contributions, expected, atol=0.25)
        again = sample_contributions(ask, x, background, column_of, 3)
        np.testing.assert_array_equal(again[1], contributions)

    def test_an_unused_column_contributes_nothing(self):
        trained, rows = train_model(TABLE.assign(same=1.0), user_model="KNeighborsRegressor()", features=["a", "same"])
        explained = explain(trained, rows.assign(same=99.0), trained.predict(rows))
        np.testing.assert_array_equal(explained.contributions[:, 1], 0)


class AnswerTests(SimpleTestCase):
    def ask(
        self, frame: pd.DataFrame, rows: list[dict[str, Any]], *, explain: bool = True, **fields: Any
    ) -> Predictions:
        trained, _ = train_model(frame, **fields)
        run = FinishedRun(RUN_ID, "", "", TrainingSpec(), TrainingSpec(), None, Limits(), {})
        with patch.object(answers, "get_trained", lambda run: trained):
            return answers.answer_prediction(PredictQuestion(run, tuple(rows), explain))

    def test_an_answer_lists_what_each_column_contributes_the_largest_first(self):
        row = {"a": 2.5, "b": None, "color": "red", "day": "2024-02-03", "words": "warm light"}
        given = self.ask(BINARY, [row, row], user_model="LogisticRegression()")
        self.assertEqual((given.units, given.exact), ("log_odds", True))
        for one in given.predictions:
            self.assertEqual(one.prediction, "yes")
            self.assertEqual(one.contributions[0].column, "a")
            values = {part.column: part.value for part in one.contributions}
            self.assertEqual((values["a"], values["b"], values["color"]), (2.5, None, "red"))
            self.assertTrue(values["day"].startswith("2024-02-03"))
            sizes = [abs(part.contribution) for part in one.contributions]
            self.assertEqual(sizes, sorted(sizes, reverse=True))
            total = one.base_value + sum(part.contribution for part in one.contributions) + one.other_contributions
            self.assertAlmostEqual(total, one.output, places=5)
            odds = one.probabilities["yes"] / one.probabilities["no"]
            self.assertAlmostEqual(one.output, math.log(odds), places=2)  # of probabilities near 1

    def test_explanations_are_computed_on_request_only(self):
        given = self.ask(TABLE, [{"a": 1}], explain=False, user_model="Ridge()")
        self.assertIsNone(given.units)
        self.assertIsNone(given.predictions[0].contributions)

    def test_contributions_that_are_not_listed_are_summed(self):
        with patch.object(answers, "MAX_CONTRIBUTIONS", 2):
            one = self.ask(TABLE, [{"a": 1, "b": 3}], user_model="Ridge()").predictions[0]
        self.assertEqual(len(one.contributions), 2)
        total = one.base_value + sum(part.contribution for part in one.contributions) + one.other_contributions
        self.assertAlmostEqual(total, one.prediction, places=5)

    def test_only_some_rows_are_explained_at_a_time(self):
        Predict(run_id=RUN_ID, rows=[{"a": 1}] * MAX_EXPLAINED, explain=True)
        with self.assertRaisesRegex(ValidationError, "explain at most 10 rows at a time"):
            Predict(run_id=RUN_ID, rows=[{"a": 1}] * (MAX_EXPLAINED + 1), explain=True)
        Predict(run_id=RUN_ID, rows=[{"a": 1}] * (MAX_EXPLAINED + 1))

    def test_a_run_keeps_what_its_explanations_need(self):
        trained, rows = train_model(BINARY, user_model="SVC()", threshold=0.4)
        model = io.BytesIO(build_skops(build_pipeline(trained.preparation, trained.model)))
        reloaded = load_trained(trained.spec, io.BytesIO(build_preparation(trained.preparation)), model)
        self.assertLessEqual(len(reloaded.preparation.background), 64)
        first, again = (explain(one, rows, one.predict(rows)) for one in (trained, reloaded))
        np.testing.assert_array_equal(first.contributions, again.contributions)

    def test_an_earlier_run_without_background_rows_is_refused(self):
        trained, rows = train_model(TABLE, user_model="Ridge()")
        fields = {**{name: getattr(trained.preparation, name) for name in Preparation.__dataclass_fields__}}
        old = Preparation(**{**fields, "background": None, "means": None})
        with self.assertRaises(SpecRefused) as caught:
            explain(TrainedModel(trained.spec, old, trained.model), rows, trained.predict(rows))
        self.assertEqual(caught.exception.data.code, "not_explainable")

    def test_shap_is_loaded_by_explanations_of_trees_and_not_before(self):
        code = (
            "import os, sys, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'playground.settings'; django.setup();"
            "import training.work.execute; assert 'shap' not in sys.modules"
        )
        subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
