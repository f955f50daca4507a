"""The autograd loop and the estimators: determinism, batches, cancel, divergence, and the seam between them."""

from __future__ import annotations

import dataclasses

import numpy as np
import torch
from django.test import SimpleTestCase
from torch import nn

from tests.training.data import builtin_data, separable_data, two_class_data
from training.exceptions import TrainingDiverged
from training.spec import Optimizer, TrainingSpec
from training.trainers.base import Cancelled
from training.trainers.defaults import complete
from training.trainers.layers import parse_layer
from training.trainers.loop import flatten, split_batches, unflatten
from training.trainers.network import build_network
from training.trainers.optimizers import build_step
from training.trainers.train import train


def fit(data, *, on_epoch=lambda row: None, is_cancelled=lambda: False, **fields):
    spec = complete(TrainingSpec.model_validate({"seed": 0, **fields}), data.plan)
    return train(data, spec, on_epoch=on_epoch, is_cancelled=is_cancelled)


def numbers(outcome) -> list[tuple]:
    return [(row.epoch, row.train_loss, row.test_loss, row.train_acc, row.test_acc) for row in outcome.epochs]


class NetworkTests(SimpleTestCase):
    def test_iris_is_learned(self):
        outcome = fit(builtin_data("IRIS"))
        self.assertEqual(len(outcome.epochs), 100)
        self.assertGreater(outcome.auxiliary["metrics"]["accuracy"], 0.9)
        self.assertLess(outcome.epochs[-1].train_loss, outcome.epochs[0].train_loss / 3)

    def test_the_same_spec_and_seed_give_the_same_numbers_and_weights(self):
        first, again = (fit(builtin_data("IRIS"), epochs=20) for _ in range(2))
        self.assertEqual(numbers(first), numbers(again))
        for one, two in zip(first.model.parameters(), again.model.parameters(), strict=True):
            self.assertTrue(torch.equal(one, two))
        self.assertEqual(first.auxiliary, again.auxiliary)
        self.assertNotEqual(numbers(first), numbers(fit(builtin_data("IRIS"), epochs=20, seed=1)))

    def test_every_test_row_is_evaluated_and_the_confusion_matrix_holds_them_all(self):
        data = builtin_data("DIGITS")
        outcome = fit(data, epochs=2, batch_size=50)
        self.assertEqual(outcome.predictions.shape, data.y_test.shape)
        self.assertEqual(np.sum(outcome.auxiliary["confusion_matrix"]), len(data.y_test))
        self.assertEqual(np.shape(outcome.auxiliary["confusion_matrix"]), (10, 10))

    def test_the_last_short_batch_is_used(self):
        network = nn.Sequential(nn.Linear(2, 2))
        self.assertEqual(split_batches(120, 50, network), [50, 50, 20])
        self.assertEqual(split_batches(100, 50, network), [50, 50])
        self.assertEqual(split_batches(101, 50, network), [50, 50, 1])
        # A batch norm has no variance of one row: it joins the batch before.
        self.assertEqual(split_batches(101, 50, nn.Sequential(nn.BatchNorm1d(2))), [50, 51])
        self.assertEqual(split_batches(7, 50, network), [7])

    def test_batch_norm_trains_even_where_a_single_row_is_left_over(self):
        data = builtin_data("IRIS")  # 120 training rows: 7 batches of 17 and one row
        self.assertEqual(
            len(
                fit(
                    data, epochs=2, batch_size=17, user_arch=["Linear(8)", "BatchNorm1d()", "ReLU()", "Linear(3)"]
                ).epochs
            ),
            2,
        )

    def test_the_reported_loss_is_that_of_the_reported_model(self):
        data = builtin_data("IRIS")
        outcome = fit(data, epochs=5, user_arch=["Linear(3)"])
        with torch.no_grad():
            outputs = outcome.model(torch.from_numpy(data.X_test))
            loss = nn.functional.cross_entropy(outputs, torch.from_numpy(data.y_test)).item()
        self.assertAlmostEqual(outcome.epochs[-1].test_loss, loss, places=5)
        accuracy = (outputs.argmax(1).numpy() == data.y_test).mean()
        self.assertAlmostEqual(outcome.epochs[-1].test_acc, accuracy, places=6)

    def test_cancel_stops_within_one_batch(self):
        steps = []

        def is_cancelled() -> bool:
            steps.append(1)
            return len(steps) > 7

        with self.assertRaises(Cancelled):
            fit(builtin_data("IRIS"), is_cancelled=is_cancelled)
        self.assertEqual(len(steps), 8)

    def test_a_loss_that_is_no_number_stops_the_run_with_advice(self):
        epochs = []
        with self.assertRaises(TrainingDiverged) as caught:
            fit(builtin_data("DIABETES"), optimizer_name="SGD", learning_rate=900, on_epoch=epochs.append)
        self.assertIn("learning rate", caught.exception.data.hint)
        self.assertLess(len(epochs), 100)

    def test_every_criterion_learns(self):
        for data, criteria in (
            (separable_data(), ("CELOSS", "WCELOSS", "BCELOSS", "BCEWITHLOGITSLOSS")),
            (builtin_data("DIABETES"), ("MSELOSS", "L1LOSS", "HUBERLOSS")),
        ):
            for criterion in criteria:
                with self.subTest(criterion=criterion):
                    outcome = fit(data, criterion=criterion, epochs=40)
                    headline = outcome.auxiliary["headline"]
                    self.assertGreater(headline["value"], headline["baseline"] + 0.2)
                    if outcome.probabilities is not None:
                        np.testing.assert_allclose(outcome.probabilities.sum(1), 1, atol=1e-6)

    def test_probabilities_are_the_same_whether_softmax_ends_the_network_or_not(self):
        data = builtin_data("IRIS")
        plain = fit(data, epochs=30, user_arch=["Linear(3)"])
        log = fit(data, epochs=30, user_arch=["Linear(3)", "LogSoftmax()"])
        np.testing.assert_allclose(plain.probabilities, log.probabilities, atol=1e-4)


class OptimizerTests(SimpleTestCase):
    """Each step on one flat vector is the step of torch's own optimiser."""

    TORCH = {
        Optimizer.SGD: torch.optim.SGD,
        Optimizer.ADAM: torch.optim.Adam,
        Optimizer.ADAMW: torch.optim.AdamW,
        Optimizer.RMSPROP: torch.optim.RMSprop,
        Optimizer.ADAGRAD: torch.optim.Adagrad,
    }

    def test_every_optimizer_takes_torchs_steps(self):
        self.assertEqual(set(self.TORCH), set(Optimizer))
        X, y = torch.randn(64, 4), torch.randint(0, 3, (64,))
        for optimizer, reference in self.TORCH.items():
            with self.subTest(optimizer=optimizer):
                layers = [parse_layer(entry) for entry in ("Linear(8)", "Tanh()", "Linear(3)")]
                torch.manual_seed(1)
                ours = build_network(layers, 4)
                torch.manual_seed(1)
                theirs = build_network(layers, 4)
                vector, gradients = flatten(ours)
                step = build_step(optimizer, vector, gradients, 0.01, 0.001)
                torch_optimizer = reference(theirs.parameters(), lr=0.01, weight_decay=0.001)
                for _ in range(25):
                    gradients.zero_()
                    nn.functional.cross_entropy(ours(X), y).backward()
                    step()
                    torch_optimizer.zero_grad()
                    nn.functional.cross_entropy(theirs(X), y).backward()
                    torch_optimizer.step()
                for one, two in zip(ours.parameters(), theirs.parameters(), strict=True):
                    torch.testing.assert_close(one, two, rtol=1e-4, atol=1e-6)

    def test_unflatten_gives_parameters_storage_of_their_own(self):
        network = nn.Sequential(nn.Linear(3, 2))
        flatten(network)
        unflatten(network)
        self.assertEqual(len({parameter.untyped_storage().data_ptr() for parameter in network.parameters()}), 2)


class EstimatorTests(SimpleTestCase):
    def test_estimators_take_the_same_path_and_learn(self):
        for estimator, name in (
            ("LogisticRegression()", "IRIS"),
            ("RandomForestClassifier(n_estimators=20)", "WINE"),
            ("RandomForestRegressor(n_estimators=20)", "DIABETES"),
        ):
            with self.subTest(estimator=estimator):
                outcome = fit(builtin_data(name), user_model=estimator)
                self.assertEqual(outcome.kind, "estimator")
                headline = outcome.auxiliary["headline"]
                self.assertGreater(headline["value"], headline["baseline"])

    def test_the_same_seed_gives_the_same_forest(self):
        first, again = (fit(builtin_data("WINE"), user_model="RandomForestClassifier()") for _ in range(2))
        np.testing.assert_array_equal(first.probabilities, again.probabilities)

    def test_a_class_without_training_rows_has_no_probability_and_no_crash(self):
        data = two_class_data()
        only_test = dataclasses.replace(
            data, plan=dataclasses.replace(data.plan, classes=("a", "b", "c")), y_test=np.full_like(data.y_test, 2)
        )
        outcome = fit(only_test, user_model="LogisticRegression()")
        np.testing.assert_array_equal(outcome.probabilities[:, 2], 0)

    def test_a_cancel_before_the_fit_is_heard(self):
        with self.assertRaises(Cancelled):
            fit(builtin_data("IRIS"), user_model="LogisticRegression()", is_cancelled=lambda: True)
