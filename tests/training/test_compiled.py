"""The compiled trainer beside torch: the same weights from the same first weights and batches, whatever the network."""

from __future__ import annotations

import copy
import itertools
import math
import os
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from unittest.mock import Mock, patch

import numpy as np
import torch
from django.test import SimpleTestCase
from torch import nn

from tests.training import test_loop
from tests.training.data import builtin_data, csv_data, two_class_data
from training.exceptions import TrainingDiverged
from training.spec import Criterion, Optimizer, Trainer, TrainingSpec
from training.trainers.compiled import code_cache
from training.trainers.compiled import loop as compiled_loop
from training.trainers.compiled.choice import choose_trainer
from training.trainers.compiled.dropout_masks import DropoutMasks
from training.trainers.compiled.loop import CompiledLoop
from training.trainers.compiled.operations import LOSSES, STEPS, Operation
from training.trainers.criteria import CLASS_CRITERIA, REGRESSION_CRITERIA
from training.trainers.defaults import complete
from training.trainers.networks.batches import split_batches
from training.trainers.networks.layers import LAYERS, parse_layer
from training.trainers.networks.network import build_network
from training.trainers.networks.objectives import build_objective
from training.trainers.train import train

TORCH = {
    Optimizer.SGD: torch.optim.SGD,
    Optimizer.ADAM: torch.optim.Adam,
    Optimizer.ADAMW: torch.optim.AdamW,
    Optimizer.RMSPROP: torch.optim.RMSprop,
    Optimizer.ADAGRAD: torch.optim.Adagrad,
}
# 20 steps, the last batch of an epoch a short one. All are powers of two: a mean of signs, as L1LOSS has, is exact then
# and its zeros are zeros, of whose last bits Adagrad would make whole steps.
EPOCHS, ROWS, BATCH = 4, 36, 8
TOLERANCE = {torch.float32: 1e-4, torch.float64: 1e-9}


def table(criterion: Criterion):
    """36 training rows of three columns, three classes, two, or a number."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(ROWS + 4, 3))
    mixed = X @ [1.0, -2.0, 0.5] + 0.3 * rng.normal(size=len(X))
    if criterion in REGRESSION_CRITERIA:
        y = mixed
    else:
        n_classes = 3 if criterion in CLASS_CRITERIA else 2
        y = [f"class {index}" for index in np.digitize(mixed, np.quantile(mixed, np.arange(1, n_classes) / n_classes))]
    lines = [",".join(map(str, [*row, value])) for row, value in zip(X, y, strict=True)]
    return csv_data("a,b,c,y\n" + "\n".join(lines), target="y", seed=0, test_size=4 / len(X))


def architecture(layer: str, criterion: Criterion) -> list[str]:
    """The layer in the middle, and what the criterion needs at the end."""
    # A bias before a batch norm changes nothing: its gradient is rounding, and Adam would make steps of that.
    first = "Linear(6, bias=False)" if layer == "BatchNorm1d" else "Linear(6)"
    middle = ["Linear(6)"] if layer == "Linear" else [layer]
    if layer == "BatchNorm1d":
        # Where L1LOSS has the same sign for a whole batch, the gradients straight behind a norm cancel out as well.
        middle.append("Tanh()")
    outputs = 3 if criterion in CLASS_CRITERIA else 1
    return [first, *middle, f"Linear({outputs})", *(["Sigmoid()"] if criterion is Criterion.BCELOSS else [])]


class Twins:
    """A network in compiled training, and the same one in the plainest torch, from the same first weights."""

    def __init__(self, data, real: torch.dtype = torch.float32, **fields) -> None:
        asked = TrainingSpec.model_validate({"seed": 0, "epochs": EPOCHS, "batch_size": BATCH, **fields})
        spec = self.spec = complete(asked, data.plan)
        self.data, self.real = data, real
        torch.manual_seed(spec.seed)
        layers = [parse_layer(entry) for entry in spec.user_arch]
        self.ours = build_network(layers, data.X_train.shape[1]).to(real)
        self.theirs = copy.deepcopy(self.ours)
        self.draws = torch.get_rng_state()
        self.loop = CompiledLoop(self.ours, spec, data)
        self.reports = []

    def train_ours(self) -> None:
        torch.set_rng_state(self.draws)
        for _ in range(self.spec.epochs):
            self.reports.append(self.loop.train_epoch(self.spec.learning_rate, lambda: False))

    def train_theirs(self) -> list[tuple[float, float | None]]:
        spec, network = self.spec, self.theirs.train()
        options = {"momentum": spec.momentum} if spec.optimizer_name is Optimizer.SGD else {}
        optimizer = TORCH[spec.optimizer_name](
            network.parameters(), lr=spec.learning_rate, weight_decay=spec.weight_decay, **options
        )
        X = torch.from_numpy(self.data.X_train).to(self.real)
        y = torch.from_numpy(self.data.y_train)
        objective = build_objective(spec.criterion, y, len(self.data.classes or ()))
        loss_of = self._weighted if spec.criterion is Criterion.WCELOSS else objective.loss
        targets = y if spec.criterion in CLASS_CRITERIA else objective.targets(y).to(self.real)
        sizes = split_batches(len(y), spec.batch_size, network)
        torch.set_rng_state(self.draws)
        reports = []
        for _ in range(spec.epochs):
            order = torch.randperm(len(y)) if spec.shuffle else torch.arange(len(y))
            total, right = 0.0, 0
            for rows in order.split(sizes):
                optimizer.zero_grad()
                outputs = network(X[rows])
                loss = loss_of(outputs, targets[rows])
                loss.backward()
                if spec.gradient_clip is not None:
                    nn.utils.clip_grad_norm_(network.parameters(), spec.gradient_clip)
                optimizer.step()
                total += loss.item() * len(rows)
                if objective.decide:
                    right += (objective.decide(outputs) == y[rows]).sum().item()
            reports.append((total / len(y), right / len(y) if objective.decide else None))
        return reports

    def _weighted(self, outputs: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        counts = np.bincount(self.data.y_train)
        weights = torch.tensor(counts.sum() / (len(counts) * counts), dtype=self.real)
        return nn.functional.cross_entropy(outputs, y, weights)


class EqualityTests(SimpleTestCase):
    """Every layer, criterion and optimiser that it knows, each with each."""

    def assert_equal(self, twins: Twins) -> None:
        twins.train_ours()
        reports = twins.train_theirs()
        limit = TOLERANCE[twins.real]
        theirs = twins.theirs.state_dict()
        for name, tensor in twins.ours.state_dict().items():
            with self.subTest(tensor=name):
                difference = (tensor - theirs[name]).abs().max().item()
                self.assertLessEqual(difference, limit * theirs[name].abs().max().item() + limit * 1e-2)
        np.testing.assert_allclose(
            np.array(twins.reports, float), np.array(reports, float), rtol=10 * limit, atol=limit
        )

    def test_compiled_losses_and_optimisers_are_those_of_the_spec(self):
        self.assertEqual(set(LOSSES), set(Criterion))
        self.assertEqual(set(STEPS), set(Optimizer))
        self.assertLessEqual(set(Operation.__members__), set(LAYERS))

    def test_every_combination_in_both_precisions(self):
        tables = {criterion: table(criterion) for criterion in Criterion}
        count = 0
        for operation, criterion, optimizer in itertools.product(Operation, Criterion, Optimizer):
            data = tables[criterion]
            # Small steps: what is compared is arithmetic, and chaos would magnify its last bits.
            fields = {
                "user_arch": architecture(operation.name, criterion),
                "criterion": criterion, "optimizer_name": optimizer, "learning_rate": 0.001,
            }  # fmt: skip
            for real in TOLERANCE:
                with self.subTest(layer=operation.name, criterion=criterion, optimizer=optimizer, real=real):
                    self.assert_equal(Twins(data, real, **fields))
                    count += 1
        self.assertEqual(count, 2 * 15 * 7 * 5)

    def test_every_setting(self):
        uneven = csv_data(
            "a,b,y\n" + "\n".join(f"{n % 7},{n * n % 11},{'rare' if n % 5 == 0 else 'common'}" for n in range(60)),
            target="y", seed=0,
        )  # fmt: skip
        layers = ["Linear(9, bias=False)", "BatchNorm1d()", "ReLU()", "Dropout(0.3)", "Linear(5)", "LayerNorm()"]
        layers += ["Tanh()", "Dropout(0.1)", "Linear(2)"]
        for optimizer, real in itertools.product(Optimizer, TOLERANCE):
            for fields in (
                {"weight_decay": 0.01, "criterion": "WCELOSS"},
                {"momentum": 0.9, "gradient_clip": 0.5},
                {"shuffle": False, "gradient_clip": 100.0, "user_arch": [*layers[:3], "Linear(2)"]},
                {"batch_size": 1000},
            ):
                with self.subTest(optimizer=optimizer, real=real, **fields):
                    asked = {"user_arch": layers, "optimizer_name": optimizer, "learning_rate": 0.002, **fields}
                    self.assert_equal(Twins(uneven, real, **asked))

    def test_layers_own_arguments(self):
        data = table(Criterion.CELOSS)
        for layer in (
            "Linear(6, bias=False)", "LeakyReLU(0.3)", "ELU(0.7)", "Hardtanh(-0.2, 0.4)", "Dropout(0.0)",
            "Dropout(0.9)", "BatchNorm1d(eps=0.1, momentum=0.5)", "BatchNorm1d(momentum=0.0)", "LayerNorm(eps=0.1)",
            "Softmax(dim=1)",
        ):  # fmt: skip
            for real in TOLERANCE:
                with self.subTest(layer=layer, real=real):
                    first = "Linear(6, bias=False)" if layer.startswith("Batch") else "Linear(6)"
                    asked = {"user_arch": [first, layer, "Linear(3)"], "learning_rate": 0.003}
                    self.assert_equal(Twins(data, real, **asked))

    def test_networks_of_every_size(self):
        rng = np.random.default_rng(0)
        wide = csv_data(
            ",".join(f"c{n}" for n in range(5000)) + ",y\n"
            + "\n".join(",".join(map(str, rng.integers(0, 9, 5000))) + f",{'ab'[n % 2]}" for n in range(20)),
            target="y", seed=0,
        )  # fmt: skip
        many = csv_data(
            "x,z,y\n" + "\n".join(f"{n},{n % 30},k{n % 1000}" for n in range(3000)), target="y", seed=0,
            problem_type="classification",
        )  # fmt: skip
        for name, data, fields in (
            ("5,000 inputs", wide, {"user_arch": ["Linear(4)", "ReLU()", "Linear(2)"], "learning_rate": 1e-4}),
            ("1,000 classes", many, {"user_arch": ["Linear(1000)"], "epochs": 1, "batch_size": 64}),
            ("one input, one row a batch", two_class_data(), {"user_arch": ["Linear(2)"], "batch_size": 1}),
            ("one row a batch, a norm", two_class_data(), {
                "user_arch": ["Linear(4, bias=False)", "BatchNorm1d()", "ReLU()", "Linear(2)"], "batch_size": 1,
                "learning_rate": 1e-4, "optimizer_name": "SGD",
            }),
            ("one output", two_class_data(), {"user_arch": ["Linear(1)"], "criterion": "BCEWITHLOGITSLOSS"}),
            ("no hidden layer, a norm first", builtin_data("WINE"), {"user_arch": ["LayerNorm()", "Linear(3)"]}),
        ):  # fmt: skip
            for real in TOLERANCE:
                with self.subTest(network=name, real=real):
                    self.assert_equal(Twins(data, real, **fields))


class DropoutTests(SimpleTestCase):
    def test_masks_come_from_the_seed_and_keep_the_rate_and_the_mean(self):
        data = builtin_data("DIGITS")
        fields = {"user_arch": ["Dropout(0.3)", "Linear(10)"], "batch_size": 64}

        def masks(seed: int) -> np.ndarray:
            twins = Twins(data, **fields)
            torch.manual_seed(seed)
            twins.loop._masks.draw(0, 4)
            return twins.loop._program.masks[: 4 * 64 * 64].copy()  # 4 batches of 64 rows of 64 numbers

        first, again, other = masks(1), masks(1), masks(2)
        np.testing.assert_array_equal(first, again)
        self.assertFalse(np.array_equal(first, other))
        self.assertEqual(set(first), {0.0, 1.0})
        deviation = math.sqrt(0.3 * 0.7 / first.size)
        self.assertLess(abs(first.mean() - 0.7), 4 * deviation)
        # Kept values are scaled up, so that the mean stays the same.
        scale = Twins(data, **fields).loop._program.constants[0, 0]
        self.assertAlmostEqual(float(scale), 1 / 0.7, places=6)

    def test_dropout_masks_equal_torchs(self):
        network = nn.Sequential(nn.Linear(4, 64), nn.Dropout(0.2), nn.Linear(64, 33), nn.Dropout(0.0), nn.Dropout(0.7))
        for real in TOLERANCE:
            masks = DropoutMasks(network, 4, [32, 32, 7], real)
            drawn = []
            for draw in (masks.draw, lambda first, last, masks=masks: masks._let_torch_draw(masks._sizes)):
                torch.manual_seed(3)
                for _ in range(4):
                    draw(0, 3)
                drawn.append((masks.memory.copy(), torch.get_rng_state()))
                masks.memory[:] = 1
            (ours, our_state), (theirs, their_state) = drawn
            np.testing.assert_array_equal(ours, theirs)
            self.assertTrue(torch.equal(our_state, their_state))
            self.assertLess(ours.mean(), 1)

    def test_nothing_is_dropped_from_test_rows(self):
        data = builtin_data("IRIS")
        loop = Twins(data, user_arch=["Linear(8)", "Dropout(0.9)", "Linear(3)"]).loop
        self.assertEqual(loop.test(), loop.test())


def fit(data, **fields):
    heard = fields.pop("on_epoch", lambda row: None)
    is_cancelled = fields.pop("is_cancelled", lambda: False)
    spec = complete(TrainingSpec.model_validate({"seed": 0, **fields}), data.plan)
    return train(data, spec, on_epoch=heard, is_cancelled=is_cancelled)


class NetworkTests(test_loop.NetworkTests):
    trainer = Trainer.COMPILED


class EarlyStoppingTests(test_loop.EarlyStoppingTests):
    trainer = Trainer.COMPILED


class OutcomeTests(SimpleTestCase):
    def test_the_model_is_an_ordinary_module_with_the_same_names_and_predictions(self):
        arch = ["Linear(8, bias=False)", "BatchNorm1d()", "ReLU()", "Dropout(0.2)", "Linear(3)"]
        for data, fields in ((builtin_data("WINE"), {"user_arch": arch}), (builtin_data("DIABETES"), {})):
            compiled, autograd = (fit(data, trainer=trainer, epochs=5, **fields) for trainer in Trainer)
            self.assertEqual([compiled.auxiliary.trainer, autograd.auxiliary.trainer], ["compiled", "autograd"])
            one, two = compiled.model.state_dict(), autograd.model.state_dict()
            self.assertEqual(list(one), list(two))
            self.assertEqual([tensor.dtype for tensor in one.values()], [tensor.dtype for tensor in two.values()])
            for name in one:
                torch.testing.assert_close(one[name], two[name], rtol=1e-4, atol=1e-5)
            said = [
                outcome.predictions if outcome.probabilities is None else outcome.probabilities
                for outcome in (compiled, autograd)
            ]
            np.testing.assert_allclose(said[0], said[1], rtol=1e-4, atol=1e-5)
            rows = [[[row.train_loss, row.test_loss] for row in outcome.epochs] for outcome in (compiled, autograd)]
            np.testing.assert_allclose(rows[0], rows[1], rtol=1e-4)

    def test_the_reported_test_loss_and_accuracy_are_those_of_the_model_that_comes_out(self):
        data = builtin_data("DIGITS")  # more test rows than go through at once
        outcome = fit(data, epochs=2)
        with torch.no_grad():
            outputs = outcome.model(torch.from_numpy(data.X_test))
            loss = nn.functional.cross_entropy(outputs, torch.from_numpy(data.y_test)).item()
        self.assertAlmostEqual(outcome.epochs[-1].test_loss, loss, places=5)
        self.assertAlmostEqual(outcome.epochs[-1].test_acc, (outputs.argmax(1).numpy() == data.y_test).mean())

    def test_a_loss_that_is_not_finite_stops_training_as_in_autograd(self):
        data = builtin_data("DIABETES")
        said = []
        for trainer in Trainer:
            with self.assertRaises(TrainingDiverged) as caught:
                fit(data, trainer=trainer, optimizer_name="SGD", learning_rate=900)
            said.append((caught.exception.data.message, caught.exception.data.hint))
        self.assertEqual(said[0][1], said[1][1])
        for message, _ in said:
            self.assertRegex(message, r"^The loss became (nan|inf) in epoch \d+: the training diverged\.$")

    def test_an_epoch_is_divided_into_calls_of_ten_milliseconds(self):
        data = builtin_data("DIGITS")
        for step, pieces in ((3 * compiled_loop.CALL_SECONDS, "single"), (compiled_loop.CALL_SECONDS / 10, "whole")):
            loop = Twins(data, user_arch=["Linear(10)"], batch_size=32).loop
            clock = itertools.count(step=step)  # each call of compiled code takes one step
            with self.subTest(pieces=pieces), patch.object(compiled_loop, "perf_counter", partial(next, clock)):
                for _ in range(6):
                    is_cancelled = Mock(return_value=False)
                    loop.train_epoch(0.001, is_cancelled)
                batches = len(loop._bounds) - 1
                self.assertEqual(is_cancelled.call_count, batches if pieces == "single" else 1)


class ChoiceTests(SimpleTestCase):
    def choose(self, *layers: str, features: int = 4, **fields) -> Trainer:
        return choose_trainer([parse_layer(layer) for layer in layers], TrainingSpec(**fields), features)

    def test_networks_are_compiled_once_the_code_is_ready(self):
        with tempfile.TemporaryDirectory() as folder, patch.dict(os.environ, NUMBA_CACHE_DIR=folder):
            code_cache.find_cache_folder.cache_clear()
            self.addCleanup(code_cache.find_cache_folder.cache_clear)
            self.assertIs(self.choose("Linear(3)", "ReLU()", "Linear(3)"), Trainer.AUTOGRAD)
            self.assertIs(self.choose("Linear(3)", trainer="compiled"), Trainer.COMPILED)
            code_cache.mark_ready()
            self.assertIs(self.choose("Linear(3)", "ReLU()", "Linear(3)"), Trainer.COMPILED)
            self.assertEqual(len(list(Path(folder).iterdir())), 1)

    def test_other_networks_are_trained_by_autograd(self):
        self.assertIs(self.choose("Unflatten(1, (1, 4))", "Flatten()", "Linear(3)"), Trainer.AUTOGRAD)
        self.assertIs(self.choose("Linear(3)", trainer="autograd"), Trainer.AUTOGRAD)
        self.assertIs(self.choose("Linear(1000)", batch_size=100_000), Trainer.AUTOGRAD)

    def test_without_numba_autograd_trains_everything(self):
        code = (
            "import sys; sys.modules['numba'] = None\n"  # as where it is not installed
            "from tests.training.data import builtin_data\n"
            "from tests.training.test_loop import NetworkTests\n"
            "tests = NetworkTests(); tests.trainer = 'compiled'\n"
            "print(tests.fit(builtin_data('IRIS'), epochs=2).auxiliary.trainer)\n"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(done.stdout.strip(), "autograd", done.stderr)
