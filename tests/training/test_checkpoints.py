"""Checkpoints in the trainers: what goes on from one ends as what was never interrupted, to the last bit."""

from __future__ import annotations

import itertools
import random

import numpy as np
import torch
from django.test import SimpleTestCase

from tests.training.data import builtin_data
from training.spec import Trainer, TrainingSpec
from training.trainers.checkpoint import NONE, Checkpoint, Checkpoints
from training.trainers.defaults import complete
from training.trainers.train import train

NETWORK = ["Linear(12)", "BatchNorm1d()", "ReLU()", "Dropout(0.3)", "Linear(8)", "Tanh()", "Dropout(0.1)", "Linear(3)"]
IMAGES = [
    "Unflatten(1, (1, 8, 8))",
    "Conv2d(4, 3)",
    "BatchNorm2d()",
    "ReLU()",
    "Dropout2d(0.2)",
    "Flatten()",
    "Linear(10)",
]

NETWORKS = {
    "SGD": {"optimizer_name": "SGD"},
    "momentum, unshuffled": {"optimizer_name": "SGD", "momentum": 0.9, "shuffle": False},
    "Adam, steps": {"optimizer_name": "Adam", "weight_decay": 0.01, "schedule": "step", "schedule_step": 3},
    "AdamW, cosine": {"optimizer_name": "AdamW", "schedule": "cosine", "gradient_clip": 0.5},
    "RMSprop, plateau": {"optimizer_name": "RMSprop", "schedule": "plateau", "schedule_step": 1},
    "Adagrad, few rows at once": {"optimizer_name": "Adagrad", "batch_size": 7},
    "patience": {"optimizer_name": "Adam", "learning_rate": 0.05, "patience": 4, "epochs": 60},
    "patience and plateau": {"patience": 9, "epochs": 60, "schedule": "plateau", "schedule_step": 2},
    "a number": {"default": "DIABETES", "user_arch": [*NETWORK[:-1], "Linear(1)"]},
}
AUTOGRAD_ONLY = {"images": {"default": "DIGITS", "user_arch": IMAGES, "epochs": 5, "batch_size": 300}}

ESTIMATORS = (
    ("IRIS", "MLPClassifier(max_iter=40)"),
    ("DIGITS", "MLPClassifier(hidden_layer_sizes=(12, 8), solver='sgd', max_iter=250)"),  # an epoch is some passes
    ("BREAST CANCER", "MLPClassifier(learning_rate_init=0.1, max_iter=200)"),  # stops before
    ("DIABETES", "MLPRegressor(max_iter=30)"),
    ("WINE", "RandomForestClassifier(n_estimators=30)"),
    ("DIABETES", "RandomForestRegressor(n_estimators=60)"),
    ("IRIS", "ExtraTreesClassifier(n_estimators=10)"),
    ("DIGITS", "GradientBoostingClassifier(n_estimators=6)"),
    ("DIABETES", "GradientBoostingRegressor(n_estimators=150, subsample=0.7)"),
)


class Kept(Checkpoints):
    """Those of some epochs, as the bytes that are stored."""

    def __init__(self, epochs: set[int], start: bytes | None = None) -> None:
        self.start = None if start is None else Checkpoint.parse(start)
        self.offered = 0 if self.start is None else self.start.epoch
        self.epochs, self.kept = epochs, {}

    def offer(self, take) -> None:
        self.offered += 1
        if self.offered in self.epochs:
            self.kept[self.offered] = take().to_bytes()


class ResumeTestCase(SimpleTestCase):
    def train(self, checkpoints: Checkpoints, **fields):
        """The outcome, and the epochs that were reported on the way."""
        data = builtin_data(fields["default"])
        spec = complete(TrainingSpec.model_validate({"seed": 5, **fields}), data.plan)
        heard = []
        torch.manual_seed(random.randrange(2**31))  # nothing may hang on where the generators stand
        np.random.seed(random.randrange(2**31))
        outcome = train(data, spec, on_epoch=heard.append, is_cancelled=lambda: False, checkpoints=checkpoints)
        return outcome, heard

    def assert_resumes(self, **fields) -> None:
        """From the first epoch, the last and some between: the same as without any checkpoint."""
        whole, _ = self.train(NONE, **fields)
        n = len(whole.epochs)
        checkpoints = Kept({1, n - 1, n, *random.sample(range(2, n - 1), 2)})
        watched, _ = self.train(checkpoints, **fields)
        self.assert_same(watched, whole)
        self.assertGreaterEqual(len(checkpoints.kept), 4)  # none is offered where learning stops early
        for epoch, kept in checkpoints.kept.items():
            with self.subTest(**fields, resumed_after=epoch):
                resumed, heard = self.train(Kept(set(), kept), **fields)
                self.assertEqual([row.epoch for row in heard], list(range(epoch + 1, n + 1)))
                self.assert_same(resumed, whole)

    def assert_same(self, one, two) -> None:
        self.assertEqual(*([row.model_copy(update={"train_time": 0}) for row in each.epochs] for each in (one, two)))
        for name in ("predictions", "probabilities"):
            np.testing.assert_array_equal(getattr(one, name), getattr(two, name), strict=True)
        self.assertEqual(one.auxiliary, two.auxiliary)
        if one.auxiliary.is_network:
            states = [each.model.state_dict() for each in (one, two)]
            self.assertEqual(list(states[0]), list(states[1]))
            for name, tensor in states[0].items():
                self.assertTrue(torch.equal(tensor, states[1][name]), name)
        else:
            self.assertEqual(one.model.get_params(), two.model.get_params())
            for one_array, two_array in itertools.zip_longest(*map(numbers_of, (one.model, two.model))):
                np.testing.assert_array_equal(one_array, two_array, strict=True)


def numbers_of(estimator) -> list[np.ndarray]:
    """All that it has learned: each tree's nodes, or each layer's weights."""
    if hasattr(estimator, "coefs_"):
        return [*estimator.coefs_, *estimator.intercepts_, np.array(estimator.loss_curve_), np.array(estimator.n_iter_)]
    trees = [tree.tree_.__getstate__() for tree in np.ravel(estimator.estimators_)]
    scores = [getattr(estimator, name) for name in ("train_score_", "oob_improvement_") if hasattr(estimator, name)]
    return [np.array(len(trees)), *(state[name] for state in trees for name in ("nodes", "values")), *scores]


class NetworkTests(ResumeTestCase):
    def test_autograd_resumes_with_the_same_result(self):
        for name, fields in (NETWORKS | AUTOGRAD_ONLY).items():
            with self.subTest(name):
                self.assert_resumes(
                    **{"default": "IRIS", "user_arch": NETWORK, "epochs": 12, "trainer": Trainer.AUTOGRAD, **fields}
                )

    def test_the_compiled_trainer_resumes_with_the_same_result(self):
        for name, fields in NETWORKS.items():
            with self.subTest(name):
                self.assert_resumes(
                    **{"default": "IRIS", "user_arch": NETWORK, "epochs": 12, "trainer": Trainer.COMPILED, **fields}
                )


class EstimatorTests(ResumeTestCase):
    def test_estimators_with_steps_resume_with_the_same_result(self):
        for table, model in ESTIMATORS:
            with self.subTest(model):
                self.assert_resumes(default=table, user_model=model)
