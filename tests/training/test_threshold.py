"""A decision threshold of one's own: what is predicted and measured with it, in the run and in all of its files."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import onnxruntime
import pandas as pd
from django.test import SimpleTestCase
from sklearn.metrics import accuracy_score, confusion_matrix, precision_score, recall_score

from tests.training.scripts import ScriptTestCase, stored
from tests.training.test_weights import KIND, TABLE, THREE, check_on, prepare_for, train_on
from training.artifacts.graph.check import check_onnx
from training.artifacts.graph.features import to_inputs
from training.artifacts.graph.model import build_onnx
from training.artifacts.predictions import build_predictions_csv
from training.artifacts.weights import build_pipeline, build_preparation, build_skops, load_trained
from training.datasets.preprocessing import PreparedData
from training.exceptions import SpecRefused
from training.spec import ProblemType, TrainingSpec
from training.trainers.base import Outcome
from training.trainers.estimators import ESTIMATORS
from training.trainers.estimators.objects import load_object
from training.trainers.train import train
from training.trainers.trained import TrainedModel
from training.work.prepared import build_cache_key

NETWORKS: dict[str, dict[str, Any]] = {
    "CELOSS": {"user_arch": ["Linear(2)"]},
    "Softmax": {"user_arch": ["Linear(2)", "Softmax()"]},
    "BCELOSS": {"user_arch": ["Linear(1)", "Sigmoid()"], "criterion": "BCELOSS"},
    "BCEWITHLOGITSLOSS": {"user_arch": ["Linear(1)"], "criterion": "BCEWITHLOGITSLOSS"},
}
ESTIMATOR_FIELDS = {
    name: {"user_model": name} for name, entry in ESTIMATORS.items() if entry.problem_type is ProblemType.CLASSIFICATION
}
MIXED = TABLE.assign(kind=np.where(TABLE["amount"] > np.quantile(TABLE["amount"], 0.6), "hi", "lo"))
KIND = {**KIND, "learning_rate": 0.05}


def train_with(threshold: float | None, **fields: Any) -> tuple[TrainingSpec, PreparedData, Outcome]:
    spec, data = prepare_for(MIXED, threshold=threshold, **KIND, **fields)
    return spec, data, train(data, spec, on_epoch=lambda row: None, is_cancelled=lambda: False)


def choose_threshold(probabilities: np.ndarray) -> float:
    """Return a threshold that moves a fifth of the rows to the other class, midway between two probabilities."""
    ordered = np.sort(probabilities[:, 1])
    place = len(ordered) // 5
    middle = float(ordered[place : place + 2].mean())
    return min(max(middle, 0.01), 0.99)


class ThresholdTests(SimpleTestCase):
    def test_every_kind_of_model_predicts_the_second_class_from_the_threshold_on(self):
        for name, fields in {**NETWORKS, **ESTIMATOR_FIELDS}.items():
            with self.subTest(name):
                _, _, plain = train_with(None, **fields)
                threshold = choose_threshold(plain.probabilities)
                spec, data, outcome = train_with(threshold, **fields)
                np.testing.assert_array_equal(outcome.probabilities, plain.probabilities)
                expected = (plain.probabilities[:, 1] >= threshold).astype(int)
                np.testing.assert_array_equal(outcome.predictions, expected)
                self.assertAlmostEqual(outcome.epochs[-1].test_acc, outcome.auxiliary.metrics["accuracy"], places=6)
                trained = TrainedModel(spec, data.preparation, outcome.model)
                np.testing.assert_array_equal(trained.predict(data.test_frame), expected)

    def test_the_numbers_are_those_of_scikit_learn_for_these_predictions(self):
        _, data, outcome = train_with(0.2, user_model="LogisticRegression()")
        predictions, auxiliary = (outcome.probabilities[:, 1] >= 0.2).astype(int), outcome.auxiliary
        self.assertEqual(auxiliary.confusion_matrix, confusion_matrix(data.y_test, predictions).tolist())
        self.assertEqual(auxiliary.metrics["accuracy"], accuracy_score(data.y_test, predictions))
        self.assertEqual(auxiliary.headline.value, accuracy_score(data.y_test, predictions))
        positive = auxiliary.per_class[1]
        self.assertEqual(positive.precision, precision_score(data.y_test, predictions))
        self.assertEqual(positive.recall, recall_score(data.y_test, predictions))

    def test_compiled_training_counts_by_the_threshold_too(self):
        for name, fields in NETWORKS.items():
            with self.subTest(name):
                one, other = (train_with(0.35, **fields, trainer=trainer)[2] for trainer in ("autograd", "compiled"))
                self.assertEqual(other.auxiliary.trainer, "compiled")
                for row, same in zip(one.epochs, other.epochs, strict=True):
                    self.assertAlmostEqual(row.train_acc, same.train_acc, places=6)
                    self.assertAlmostEqual(row.test_acc, same.test_acc, places=6)

    def test_a_result_says_what_other_thresholds_would_do(self):
        for threshold in (None, 0.3):
            _, data, outcome = train_with(threshold, user_model="LogisticRegression()")
            told = outcome.auxiliary.threshold
            self.assertEqual((told.positive, told.value), ("lo", threshold))
            self.assertEqual((len(told.hits), len(told.alarms)), (101, 101))
            for step in (0, 1, 30, 50, 77, 100):
                matrix = confusion_matrix(data.y_test, outcome.probabilities[:, 1] >= step / 100)
                self.assertEqual([told.alarms[step], told.hits[step]], matrix[:, 1].tolist())

    def test_more_classes_and_regressions_have_no_thresholds(self):
        self.assertIsNone(train_on(THREE, user_model="GaussianNB()", **KIND)[1].auxiliary.threshold)
        regression = train_on(TABLE, user_model="Ridge()", target="amount", features=["a"])[1]
        self.assertIsNone(regression.auxiliary.threshold)

    def test_a_threshold_where_there_are_not_two_classes_is_refused_with_a_fix(self):
        for frame, fields, message in (
            (THREE, KIND, "A threshold tells two classes apart, and 'kind' has 3 classes."),
            (TABLE, {"target": "amount"}, "A threshold tells two classes apart, and 'amount' is a number."),
        ):
            problem = next(
                problem
                for problem in check_on(frame, threshold=0.3, **fields).problems
                if problem.code == "threshold_not_binary"
            )
            self.assertEqual((problem.message, problem.level), (message, "error"))
            self.assertEqual((problem.fix[0].op, problem.fix[0].path), ("remove", "/threshold"))
            with self.assertRaises(SpecRefused) as caught:
                prepare_for(frame, threshold=0.3, **fields)
            self.assertEqual(caught.exception.data.code, "threshold_not_binary")

    def test_data_prepared_for_another_threshold_are_not_taken(self):
        self.assertNotEqual(build_cache_key(TrainingSpec()), build_cache_key(TrainingSpec(threshold=0.3)))


class ThresholdFileTests(ScriptTestCase):
    def test_onnx_and_skops_say_what_the_run_says(self):
        for name, fields in {**NETWORKS, **ESTIMATOR_FIELDS}.items():
            with self.subTest(name):
                probabilities = train_with(None, **fields)[2].probabilities
                spec, data, outcome = train_with(choose_threshold(probabilities), **fields)
                trained = TrainedModel(spec, data.preparation, outcome.model)
                labels = [data.classes[index] for index in outcome.predictions]
                content = build_onnx(trained)
                check_onnx(content, trained, data.test_frame)
                session = onnxruntime.InferenceSession(content)
                said = session.run(None, to_inputs(data.preparation, data.test_frame))[0].tolist()
                # ONNX sums in another order: a row within rounding of the threshold may fall on either side.
                near = np.abs(outcome.probabilities[:, 1] - data.preparation.threshold) < 1e-5
                self.assertEqual([a for a, n in zip(said, near, strict=True) if not n],
                                 [a for a, n in zip(labels, near, strict=True) if not n])  # fmt: skip
                self.assertEqual(
                    json.loads(session.get_modelmeta().custom_metadata_map["threshold"]), data.preparation.threshold
                )
                if "user_model" in fields:
                    model = build_skops(build_pipeline(data.preparation, outcome.model))
                    frame = data.preparation.to_model_types(data.test_frame)
                    given = load_object(model).predict(frame)
                    self.assertEqual([a for a, n in zip(given, near, strict=True) if not n],
                                     [a for a, n in zip(labels, near, strict=True) if not n])  # fmt: skip
                    self.check_reloaded(spec, data, model, outcome)

    def check_reloaded(self, spec: TrainingSpec, data: PreparedData, model: bytes, outcome: Outcome) -> None:
        import io

        reloaded = load_trained(spec, io.BytesIO(build_preparation(data.preparation)), io.BytesIO(model))
        np.testing.assert_array_equal(reloaded.predict(data.test_frame), outcome.predictions)

    def test_predictions_csv_holds_the_predicted_classes(self):
        _, data, outcome = train_with(0.2, user_model="LogisticRegression()")
        lines = build_predictions_csv(data, outcome.predictions, outcome.probabilities).decode().splitlines()[1:]
        said = [line.split(",")[2].strip('"') for line in lines]
        self.assertEqual(said, ["lo" if p >= 0.2 else "hi" for p in outcome.probabilities[:, 1]])

    def test_scripts_repeat_runs_with_a_threshold(self):
        text, runs = MIXED.to_csv(index=False), {}
        for name, fields in {**NETWORKS, **ESTIMATOR_FIELDS}.items():
            runs[name] = stored(text, threshold=0.23, **KIND, **fields)
        numbered = pd.DataFrame({"a": MIXED["a"], "kind": np.where(MIXED["kind"] == "hi", 9, 10)}).to_csv(index=False)
        runs["labels that sort otherwise as text"] = stored(
            numbered,
            threshold=0.23,
            target="kind",
            problem_type="classification",
            user_model="LogisticRegression()",
            shuffle=False,
        )
        self.assert_scripts_reproduce(runs)
