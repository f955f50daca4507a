"""The autograd loop and the estimators: determinism, batches, cancel, divergence, and the seam between them."""

from __future__ import annotations

import dataclasses

import numpy as np
import torch
from django.test import SimpleTestCase
from torch import nn

from tests.training.data import builtin_data, separable_data, two_class_data
from training.exceptions import TrainingDiverged
from training.messages.results import EarlyStopping
from training.spec import Optimizer, Schedule, Trainer, TrainingSpec
from training.trainers.base import Cancelled
from training.trainers.defaults import complete
from training.trainers.networks.batches import split_batches
from training.trainers.networks.holdout import hold_back
from training.trainers.networks.layers import parse_layer
from training.trainers.networks.network import build_network
from training.trainers.networks.parameters import flatten, unflatten
from training.trainers.networks.schedules import LearningRate
from training.trainers.train import train


class TrainerTestCase(SimpleTestCase):
    """The same tests for either trainer; `test_compiled` runs them again."""

    trainer = Trainer.AUTOGRAD

    def fit(self, data, *, on_epoch=lambda row: None, is_cancelled=lambda: False, **fields):
        spec = complete(TrainingSpec.model_validate({"seed": 0, "trainer": self.trainer, **fields}), data.plan)
        return train(data, spec, on_epoch=on_epoch, is_cancelled=is_cancelled)


def numbers(outcome) -> list[tuple]:
    return [(row.epoch, row.train_loss, row.test_loss, row.train_acc, row.test_acc) for row in outcome.epochs]


class NetworkTests(TrainerTestCase):
    def test_iris_is_learned(self):
        outcome = self.fit(builtin_data("IRIS"))
        self.assertEqual(len(outcome.epochs), 100)
        self.assertGreater(outcome.auxiliary.metrics["accuracy"], 0.9)
        self.assertLess(outcome.epochs[-1].train_loss, outcome.epochs[0].train_loss / 3)

    def test_the_same_spec_and_seed_give_the_same_numbers_and_weights(self):
        first, again = (self.fit(builtin_data("IRIS"), epochs=20) for _ in range(2))
        self.assertEqual(numbers(first), numbers(again))
        for one, two in zip(first.model.parameters(), again.model.parameters(), strict=True):
            self.assertTrue(torch.equal(one, two))
        self.assertEqual(first.auxiliary, again.auxiliary)
        self.assertNotEqual(numbers(first), numbers(self.fit(builtin_data("IRIS"), epochs=20, seed=1)))

    def test_every_test_row_is_evaluated_and_the_confusion_matrix_holds_them_all(self):
        data = builtin_data("DIGITS")
        outcome = self.fit(data, epochs=2, batch_size=50)
        self.assertEqual(outcome.predictions.shape, data.y_test.shape)
        self.assertEqual(np.sum(outcome.auxiliary.confusion_matrix), len(data.y_test))
        self.assertEqual(np.shape(outcome.auxiliary.confusion_matrix), (10, 10))

    def test_the_last_short_batch_is_used(self):
        network = nn.Sequential(nn.Linear(2, 2))
        self.assertEqual(split_batches(120, 50, network), [50, 50, 20])
        self.assertEqual(split_batches(100, 50, network), [50, 50])
        self.assertEqual(split_batches(101, 50, network), [50, 50, 1])
        # A batch norm has no variance of one row: it joins the batch before.
        for norm in (nn.BatchNorm1d(2), nn.BatchNorm2d(2), nn.Sequential(nn.BatchNorm3d(2))):
            self.assertEqual(split_batches(101, 50, nn.Sequential(norm)), [50, 51])
            self.assertEqual(split_batches(5, 1, nn.Sequential(norm)), [2, 3])
        self.assertEqual(split_batches(7, 50, network), [7])

    def test_batch_norm_trains_even_where_a_single_row_is_left_over(self):
        data = builtin_data("IRIS")  # 120 training rows: 7 batches of 17 and one row
        self.assertEqual(
            len(
                self.fit(
                    data, epochs=2, batch_size=17, user_arch=["Linear(8)", "BatchNorm1d()", "ReLU()", "Linear(3)"]
                ).epochs
            ),
            2,
        )

    def test_the_reported_loss_is_that_of_the_reported_model(self):
        data = builtin_data("IRIS")
        outcome = self.fit(data, epochs=5, user_arch=["Linear(3)"])
        with torch.no_grad():
            outputs = outcome.model(torch.from_numpy(data.X_test))
            loss = nn.functional.cross_entropy(outputs, torch.from_numpy(data.y_test)).item()
        self.assertAlmostEqual(outcome.epochs[-1].test_loss, loss, places=5)
        accuracy = (outputs.argmax(1).numpy() == data.y_test).mean()
        self.assertAlmostEqual(outcome.epochs[-1].test_acc, accuracy, places=6)

    def test_cancel_stops_within_one_batch(self):
        data = builtin_data("IRIS")
        steps, epochs = [], []

        def is_cancelled() -> bool:
            steps.append(1)
            return len(steps) > 7

        with self.assertRaises(Cancelled):
            self.fit(data, is_cancelled=is_cancelled, on_epoch=epochs.append)
        self.assertEqual(len(steps), 8)
        # Four batches an epoch; compiled code goes through all four in microseconds, and is asked before.
        self.assertEqual(len(epochs), 1 if self.trainer is Trainer.AUTOGRAD else 7)

    def test_a_loss_that_is_not_finite_stops_the_run_with_advice(self):
        epochs = []
        with self.assertRaises(TrainingDiverged) as caught:
            self.fit(builtin_data("DIABETES"), optimizer_name="SGD", learning_rate=900, on_epoch=epochs.append)
        self.assertIn("learning rate", caught.exception.data.hint)
        self.assertLess(len(epochs), 100)

    def test_every_criterion_learns(self):
        for data, criteria in (
            (separable_data(), ("CELOSS", "WCELOSS", "BCELOSS", "BCEWITHLOGITSLOSS")),
            (builtin_data("DIABETES"), ("MSELOSS", "L1LOSS", "HUBERLOSS")),
        ):
            for criterion in criteria:
                with self.subTest(criterion=criterion):
                    outcome = self.fit(data, criterion=criterion, epochs=40)
                    headline = outcome.auxiliary.headline
                    self.assertGreater(headline.value, headline.baseline + 0.2)
                    if outcome.probabilities is not None:
                        np.testing.assert_allclose(outcome.probabilities.sum(1), 1, atol=1e-6)

    def test_probabilities_are_the_same_whether_softmax_ends_the_network_or_not(self):
        data = builtin_data("IRIS")
        plain = self.fit(data, epochs=30, user_arch=["Linear(3)"])
        log = self.fit(data, epochs=30, user_arch=["Linear(3)", "LogSoftmax()"])
        np.testing.assert_allclose(plain.probabilities, log.probabilities, atol=1e-4)


class OptimizerTests(SimpleTestCase):
    """Each step is the step of torch's own optimiser, to the last bit."""

    TORCH = {
        Optimizer.SGD: lambda *args, **options: torch.optim.SGD(*args, **options, fused=True),
        Optimizer.ADAM: lambda *args, **options: torch.optim.Adam(*args, **options, fused=True),
        Optimizer.ADAMW: lambda *args, **options: torch.optim.AdamW(*args, **options, fused=True),
        Optimizer.RMSPROP: torch.optim.RMSprop,
        Optimizer.ADAGRAD: lambda *args, **options: torch.optim.Adagrad(*args, **options, fused=True),
    }

    def test_every_optimizer_takes_torchs_steps(self):
        self.assertEqual(set(self.TORCH), set(Optimizer))
        for optimizer in Optimizer:
            self.assert_same_steps(optimizer, weight_decay=0.001)
            self.assert_same_steps(optimizer, weight_decay=0.0)

    def test_momentum_is_that_of_torchs_sgd(self):
        plain = self.assert_same_steps(Optimizer.SGD, weight_decay=0.001)
        heavy = self.assert_same_steps(Optimizer.SGD, weight_decay=0.001, momentum=0.9)
        self.assertFalse(torch.equal(plain, heavy))

    def test_clipped_gradients_are_those_of_clip_grad_norm(self):
        for optimizer in Optimizer:
            free = self.assert_same_steps(optimizer, weight_decay=0.0)
            clipped = self.assert_same_steps(optimizer, weight_decay=0.0, clip=0.01)
            self.assertFalse(torch.equal(free, clipped))

    def assert_same_steps(self, optimizer, *, weight_decay, clip=None, **options) -> torch.Tensor:
        """The weights after 25 epochs, of the loop and of torch's optimiser on tensors of their own."""
        # Sizes that no vector register divides: the ends of tensors are where kernels differ.
        data = builtin_data("IRIS")
        spec = complete(
            TrainingSpec(
                user_arch=("Linear(7)", "Tanh()", "Linear(3)"), optimizer_name=optimizer, learning_rate=0.01, seed=1,
                weight_decay=weight_decay, gradient_clip=clip, shuffle=False, epochs=25, batch_size=17,
                trainer=Trainer.AUTOGRAD, **options,
            ),
            data.plan,
        )  # fmt: skip
        ours = train(data, spec, on_epoch=lambda row: None, is_cancelled=lambda: False).model
        torch.manual_seed(1)
        theirs = build_network([parse_layer(entry) for entry in spec.user_arch], 4)
        torch_optimizer = self.TORCH[optimizer](theirs.parameters(), lr=0.01, weight_decay=weight_decay, **options)
        X, y = torch.from_numpy(data.X_train), torch.from_numpy(data.y_train)
        for _ in range(25):
            for X_batch, y_batch in zip(X.split(17), y.split(17), strict=True):
                torch_optimizer.zero_grad()
                nn.functional.cross_entropy(theirs(X_batch), y_batch).backward()
                if clip is not None:
                    nn.utils.clip_grad_norm_(theirs.parameters(), clip)
                torch_optimizer.step()
        with self.subTest(optimizer=optimizer, weight_decay=weight_decay, clip=clip, **options):
            for one, two in zip(ours.parameters(), theirs.parameters(), strict=True):
                self.assertTrue(torch.equal(one, two), (one - two).abs().max())
        return nn.utils.parameters_to_vector(ours.parameters()).detach()

    def test_unflatten_gives_parameters_storage_of_their_own(self):
        network = nn.Sequential(nn.Linear(3, 2))
        flatten(network)
        unflatten(network)
        self.assertEqual(len({parameter.untyped_storage().data_ptr() for parameter in network.parameters()}), 2)


class ScheduleTests(TrainerTestCase):
    """The learning rate of every epoch is that of torch's schedulers."""

    def rates(self, losses, **fields) -> list[float]:
        spec = TrainingSpec(learning_rate=0.3, epochs=len(losses), optimizer_name=Optimizer.SGD, **fields)
        rate = LearningRate(complete(spec, two_class_data().plan))
        rates = []
        for loss in losses:
            rates.append(rate.value)
            rate.end_epoch(loss)
        return rates

    def expected(self, losses, build, *, hears_loss=False) -> list[float]:
        optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.3)
        scheduler = build(optimizer)
        rates = []
        for loss in losses:
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step(loss) if hears_loss else scheduler.step()
        return rates

    def test_without_a_schedule_the_learning_rate_is_constant(self):
        self.assertEqual(self.rates([None] * 4), [0.3] * 4)

    def test_step(self):
        losses = [None] * 12
        scheduler = torch.optim.lr_scheduler
        rates = self.rates(losses, schedule=Schedule.STEP)
        self.assertEqual(rates, self.expected(losses, lambda optimizer: scheduler.StepLR(optimizer, 4, 0.1)))
        self.assertEqual(len(set(rates)), 3)
        self.assertEqual(
            self.rates(losses, schedule=Schedule.STEP, schedule_step=2, schedule_gamma=0.7),
            self.expected(losses, lambda optimizer: scheduler.StepLR(optimizer, 2, 0.7)),
        )

    def test_cosine_ends_near_zero(self):
        losses = [None] * 50
        rates = self.rates(losses, schedule=Schedule.COSINE)
        build = torch.optim.lr_scheduler.CosineAnnealingLR
        self.assertEqual(rates, self.expected(losses, lambda optimizer: build(optimizer, 50)))
        self.assertLess(rates[-1], 0.001)

    def test_plateau_falls_when_the_validation_loss_does_not(self):
        losses = [1.0, 0.9, 0.8, *[0.85] * 20, 0.5, *[0.6] * 10]
        build = torch.optim.lr_scheduler.ReduceLROnPlateau
        for fields, patience, factor in (({}, 5, 0.1), ({"schedule_step": 2, "schedule_gamma": 0.5}, 2, 0.5)):
            rates = self.rates(losses, schedule=Schedule.PLATEAU, **fields)
            expected = self.expected(
                losses, lambda optimizer, p=patience, f=factor: build(optimizer, patience=p, factor=f), hears_loss=True
            )
            self.assertEqual(rates, expected)
            self.assertGreater(len(set(rates)), 3)

    def test_every_optimizer_and_criterion_learns_with_every_setting_at_once(self):
        for data, criteria in (
            (separable_data(), ("CELOSS", "WCELOSS", "BCELOSS", "BCEWITHLOGITSLOSS")),
            (builtin_data("DIABETES"), ("MSELOSS", "L1LOSS", "HUBERLOSS")),
        ):
            for optimizer, schedule in zip(Optimizer, [*Schedule, None, Schedule.COSINE], strict=True):
                for criterion in criteria:
                    with self.subTest(optimizer=optimizer, criterion=criterion, schedule=schedule):
                        settings = {"momentum": 0.5, "gradient_clip": 5, "patience": 30, "schedule": schedule}
                        outcome = self.fit(data, criterion=criterion, optimizer_name=optimizer, epochs=40, **settings)
                        headline = outcome.auxiliary.headline
                        self.assertGreater(headline.value, headline.baseline + 0.2)


class EarlyStoppingTests(TrainerTestCase):
    FIELDS = {"patience": 4, "epochs": 300, "learning_rate": 0.05}

    def test_early_stopping_keeps_the_weights_of_the_best_epoch(self):
        data = builtin_data("WINE")
        outcome = self.fit(data, **self.FIELDS)
        losses = [row.val_loss for row in outcome.epochs]
        best = int(np.argmin(losses)) + 1
        self.assertEqual(len(losses), best + 4)
        self.assertLess(len(losses), 300)
        self.assertEqual(outcome.auxiliary.early_stopping, EarlyStopping(stopped_after=best + 4, kept_epoch=best))
        kept = outcome.epochs[best - 1]
        self.assertAlmostEqual(outcome.auxiliary.metrics["accuracy"], kept.test_acc, places=6)
        with torch.no_grad():
            outputs = outcome.model(torch.from_numpy(data.X_test))
        loss = nn.functional.cross_entropy(outputs, torch.from_numpy(data.y_test)).item()
        self.assertAlmostEqual(loss, kept.test_loss, places=6)
        self.assertNotAlmostEqual(loss, outcome.epochs[-1].test_loss, places=6)

    def test_early_stopping_restores_running_statistics(self):
        data = builtin_data("WINE")
        outcome = self.fit(data, user_arch=["Linear(16)", "BatchNorm1d()", "ReLU()", "Linear(3)"], **self.FIELDS)
        kept = outcome.epochs[outcome.auxiliary.early_stopping.kept_epoch - 1]
        with torch.no_grad():
            outputs = outcome.model(torch.from_numpy(data.X_test))
        loss = nn.functional.cross_entropy(outputs, torch.from_numpy(data.y_test)).item()
        self.assertAlmostEqual(loss, kept.test_loss, places=6)

    def test_without_a_stop_the_best_epoch_is_kept(self):
        outcome = self.fit(builtin_data("IRIS"), patience=1000, epochs=30)
        losses = [row.val_loss for row in outcome.epochs]
        self.assertEqual(outcome.auxiliary.early_stopping.stopped_after, 30)
        self.assertEqual(outcome.auxiliary.early_stopping.kept_epoch, int(np.argmin(losses)) + 1)

    def test_the_same_seed_gives_the_same_numbers(self):
        first, again = (self.fit(builtin_data("WINE"), schedule="plateau", **self.FIELDS) for _ in range(2))
        self.assertEqual(numbers(first), numbers(again))
        self.assertEqual([row.val_loss for row in first.epochs], [row.val_loss for row in again.epochs])
        self.assertEqual(first.auxiliary, again.auxiliary)

    def test_early_stopping_does_not_use_test_rows(self):
        data = builtin_data("WINE")
        # Other test rows, as wrong as can be: every epoch and every weight stays the same.
        spoiled = dataclasses.replace(data, X_test=data.X_test * -9, y_test=(data.y_test + 1) % 3)
        for fields in ({"patience": 3}, {"schedule": "plateau", "schedule_step": 1}):
            with self.subTest(fields=fields):
                one, two = (self.fit(each, **{**self.FIELDS, "patience": None, **fields}) for each in (data, spoiled))
                self.assertNotEqual(one.epochs[0].test_loss, two.epochs[0].test_loss)
                self.assertEqual([row.val_loss for row in one.epochs], [row.val_loss for row in two.epochs])
                for mine, theirs in zip(one.model.parameters(), two.model.parameters(), strict=True):
                    self.assertTrue(torch.equal(mine, theirs))

    def test_a_share_of_the_training_rows_is_held_back_by_class_and_seed(self):
        data = builtin_data("IRIS")
        held = hold_back(data, TrainingSpec(patience=3, seed=1))
        self.assertEqual((len(held.fit), len(held.judge), held.stratified), (102, 18, True))
        self.assertEqual(sorted([*held.fit, *held.judge]), list(range(120)))
        np.testing.assert_array_equal(np.bincount(data.y_train[held.judge]), [6, 6, 6])
        again, other = (hold_back(data, TrainingSpec(patience=3, seed=seed)) for seed in (1, 2))
        np.testing.assert_array_equal(held.judge, again.judge)
        self.assertFalse(np.array_equal(held.judge, other.judge))

    def test_rows_in_order_hold_back_the_last_and_other_runs_none(self):
        data = builtin_data("IRIS")
        held = hold_back(data, TrainingSpec(schedule=Schedule.PLATEAU, shuffle=False))
        np.testing.assert_array_equal(held.judge, np.arange(102, 120))
        self.assertIsNone(hold_back(data, TrainingSpec(schedule=Schedule.COSINE, seed=1)))
        self.assertIsNone(self.fit(data, epochs=1).epochs[0].val_loss)


class EstimatorTests(TrainerTestCase):
    def test_estimators_take_the_same_path_and_learn(self):
        for estimator, name in (
            ("LogisticRegression()", "IRIS"),
            ("RandomForestClassifier(n_estimators=20)", "WINE"),
            ("RandomForestRegressor(n_estimators=20)", "DIABETES"),
        ):
            with self.subTest(estimator=estimator):
                outcome = self.fit(builtin_data(name), user_model=estimator)
                self.assertEqual(outcome.auxiliary.kind, "estimator")
                headline = outcome.auxiliary.headline
                self.assertGreater(headline.value, headline.baseline)

    def test_the_same_seed_gives_the_same_forest(self):
        first, again = (self.fit(builtin_data("WINE"), user_model="RandomForestClassifier()") for _ in range(2))
        np.testing.assert_array_equal(first.probabilities, again.probabilities)

    def test_a_class_without_training_rows_has_no_probability_and_no_crash(self):
        data = two_class_data()
        only_test = dataclasses.replace(
            data, plan=dataclasses.replace(data.plan, classes=("a", "b", "c")), y_test=np.full_like(data.y_test, 2)
        )
        outcome = self.fit(only_test, user_model="LogisticRegression()")
        np.testing.assert_array_equal(outcome.probabilities[:, 2], 0)

    def test_a_cancel_before_the_fit_is_heard(self):
        with self.assertRaises(Cancelled):
            self.fit(builtin_data("IRIS"), user_model="LogisticRegression()", is_cancelled=lambda: True)
