"""Networks for images and sequences, trained: what the preflight lets through is learned."""

from __future__ import annotations

import torch
from django.test import SimpleTestCase

from tests.training.data import builtin_data
from training.limits import Limits
from training.messages.problems import Level
from training.spec import TrainingSpec
from training.trainers.base import Outcome
from training.trainers.defaults import complete
from training.trainers.preflight import check
from training.trainers.train import train

IMAGE = [
    "nn.Unflatten(1, (1, 8, 8))",
    "nn.Conv2d(8, 3, padding=1)",
    "nn.ReLU()",
    "nn.MaxPool2d(2)",
    "nn.Flatten()",
    "nn.Linear(10)",
]


def fit(arch: list[str], name: str = "DIGITS", **fields) -> Outcome:
    data = builtin_data(name)
    spec = TrainingSpec.model_validate({"user_arch": arch, "seed": 0, **fields})
    problems = check(spec, data.plan, Limits()).problems
    assert not [problem for problem in problems if problem.level is Level.ERROR], problems
    return train(data, complete(spec, data.plan), on_epoch=lambda row: None, is_cancelled=lambda: False)


class ImageTests(SimpleTestCase):
    def test_digits_are_learned_as_images(self):
        outcome = fit(IMAGE, epochs=5)
        self.assertGreater(outcome.auxiliary.metrics["accuracy"], 0.93)
        self.assertEqual(outcome.model[1].weight.shape, (8, 1, 3, 3))

    def test_torchs_own_order_trains_to_the_same_numbers(self):
        own = [*IMAGE[:1], "nn.Conv2d(1, 8, 3, padding=1)", *IMAGE[2:5], "nn.Linear(128, 10)"]
        first, second = (fit(arch, epochs=1).epochs[0] for arch in (IMAGE, own))
        self.assertEqual((first.train_loss, first.test_loss), (second.train_loss, second.test_loss))

    def test_layers_that_behave_otherwise_in_training_do_so_in_images_too(self):
        arch = [*IMAGE[:2], "BatchNorm2d()", "Dropout2d(0.5)", *IMAGE[2:]]
        # 1437 training rows: a single one is left over
        outcome = fit(arch, epochs=2, batch_size=4)
        with torch.no_grad():
            data = builtin_data("DIGITS")
            outputs = outcome.model.eval()(torch.from_numpy(data.X_test))
            loss = torch.nn.functional.cross_entropy(outputs, torch.from_numpy(data.y_test)).item()
        self.assertAlmostEqual(outcome.epochs[-1].test_loss, loss, places=5)

    def test_a_sequence_is_learned_and_a_regression_too(self):
        arch = ["Unflatten(1, (1, 10))", "Conv1d(8, 3)", "LayerNorm()", "Hardtanh()", "AvgPool1d(2)", "Flatten()"]
        outcome = fit([*arch, "Linear(1)"], "DIABETES", epochs=30)
        self.assertGreater(outcome.auxiliary.metrics["r2"], 0.2)

    def test_a_pool_to_one_number_a_channel_ends_a_network(self):
        arch = [*IMAGE[:3], "Conv2d(10, 3)", "AdaptiveAvgPool2d(1)", "Flatten()"]
        self.assertEqual(fit(arch, epochs=1).probabilities.shape[1], 10)
