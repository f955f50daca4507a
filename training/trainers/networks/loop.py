"""The autograd loop: a network, tensors and a spec in; epochs out."""

from __future__ import annotations

import math
import time

import numpy as np
import torch
from torch import Tensor, nn

from training.datasets.preprocessing import PreparedData
from training.exceptions import TrainingDiverged
from training.parts import EpochRow
from training.spec import TrainingSpec
from training.trainers.base import Cancelled, Fitted, IsCancelled, OnEpoch
from training.trainers.networks.holdout import hold_back
from training.trainers.networks.layers import Layer
from training.trainers.networks.network import MODAL, BatchNorm, build_network
from training.trainers.networks.objectives import Objective, build_objective, compute_probabilities
from training.trainers.networks.optimizers import build_step
from training.trainers.networks.parameters import flatten, unflatten
from training.trainers.networks.patience import EarlyStopping
from training.trainers.networks.schedules import LearningRate

TEST_CHUNK = 8_192  # rows that go through the network at once when it is tested


def fit_network(
    layers: list[Layer], spec: TrainingSpec, data: PreparedData, *, on_epoch: OnEpoch, is_cancelled: IsCancelled
) -> Fitted:
    """Trains on CUDA where there is one. The spec is a completed one.

    The same spec, seed and data give the same numbers on the same machine. Raises Cancelled within one batch,
    TrainingDiverged when the loss is no number any more, SpecRefused where there are too few rows to hold any back.
    """
    assert spec.seed is not None and spec.epochs
    torch.manual_seed(spec.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network = build_network(layers, data.X_train.shape[1]).to(device)
    loop = Loop(network, spec, data, device)
    stopping = EarlyStopping(spec.patience) if spec.patience else None
    rows = []
    for epoch in range(1, spec.epochs + 1):
        row = _run_epoch(loop, epoch, is_cancelled)
        rows.append(row)
        on_epoch(row)
        loop.learning_rate.end_epoch(row.val_loss)
        if stopping and row.val_loss is not None and stopping.hear(epoch, row.val_loss, network):
            break
    if stopping:
        stopping.restore(network)
    return loop.finish(data, rows, layers[-1].name, stopping.best_epoch if stopping else None)


def _run_epoch(loop: Loop, epoch: int, is_cancelled: IsCancelled) -> EpochRow:
    began = time.perf_counter()
    train_loss, train_acc = loop.train_epoch(is_cancelled)
    train_time = time.perf_counter() - began
    if not math.isfinite(train_loss):
        raise TrainingDiverged(
            f"The loss became {train_loss} in epoch {epoch}: the steps were too large to learn from."
        )
    test_loss, test_acc = loop.test()
    return EpochRow(
        epoch=epoch,
        train_time=train_time,
        train_loss=train_loss,
        test_loss=test_loss,
        val_loss=loop.validate(),
        train_acc=train_acc,
        test_acc=test_acc,
    )


class Loop:
    """A network in training. Its parameters are views of one flat vector, and so are their gradients."""

    def __init__(self, network: nn.Sequential, spec: TrainingSpec, data: PreparedData, device: torch.device) -> None:
        assert spec.criterion and spec.optimizer_name and spec.batch_size
        self.network = network
        self.criterion = spec.criterion
        self.shuffle = spec.shuffle
        self.gradient_clip = spec.gradient_clip
        X, y = torch.from_numpy(data.X_train), torch.from_numpy(data.y_train)
        holdout = hold_back(data, spec)
        fit = slice(None) if holdout is None else torch.from_numpy(holdout.fit)
        self.X_train, y_train = X[fit].to(device), y[fit].to(device)
        if not spec.shuffle:  # as shuffling does, this moves the rows to memory that torch has aligned
            self.X_train = self.X_train.clone()
        self.objective: Objective = build_objective(spec.criterion, y_train, len(data.classes or ()))
        self.y_train = self.objective.targets(y_train)
        self.X_test = torch.tensor(data.X_test, device=device)
        self.y_test = self.objective.targets(torch.tensor(data.y_test, device=device))
        self.validation: tuple[Tensor, Tensor] | None = None
        if holdout is not None:
            held = torch.from_numpy(holdout.validation)
            self.validation = X[held].to(device), self.objective.targets(y[held].to(device))
        self.batch_sizes = split_batches(len(y_train), spec.batch_size, network)
        self.batch_weights = torch.tensor(self.batch_sizes, device=device) / len(y_train)
        # Network.train() would walk through all modules, twice an epoch.
        self.modal = [module for module in network.modules() if isinstance(module, MODAL)]
        self.flat = flatten(network)
        self.parameters = list(network.parameters())
        self.learning_rate = LearningRate(spec)
        self.step = build_step(spec.optimizer_name, self.flat, spec.weight_decay, spec.momentum)

    def train_epoch(self, is_cancelled: IsCancelled) -> tuple[float, float | None]:
        """One pass over the rows to learn from -> mean loss and accuracy, as measured on the way."""
        network, objective, gradients, step = self.network, self.objective, self.flat.gradients, self.step
        learning_rate = self.learning_rate.value
        self._set_training(True)
        X, y = self.X_train, self.y_train
        if self.shuffle:
            order = torch.randperm(len(y), device=X.device)
            X, y = X[order], y[order]
        losses, decisions = [], []
        for X_batch, y_batch in zip(X.split(self.batch_sizes), y.split(self.batch_sizes), strict=True):
            if is_cancelled():
                raise Cancelled
            outputs = network(X_batch)
            loss = objective.loss(outputs, y_batch)
            gradients.zero_()
            loss.backward()
            if self.gradient_clip is not None:
                nn.utils.clip_grad_norm_(self.parameters, self.gradient_clip)
            step(learning_rate)
            losses.append(loss.detach())
            if objective.decide:
                decisions.append(objective.decide(outputs.detach()))
        # Read once an epoch: every .item() on the way would wait for the device.
        mean_loss = (torch.stack(losses) * self.batch_weights).sum().item()
        return mean_loss, self._share_right(torch.cat(decisions), y) if decisions else None

    def test(self) -> tuple[float, float | None]:
        """All test rows -> mean loss and accuracy."""
        outputs = self.predict(self.X_test)
        loss = self.objective.loss(outputs, self.y_test).item()
        return loss, self._share_right(self.objective.decide(outputs), self.y_test) if self.objective.decide else None

    def validate(self) -> float | None:
        """The mean loss of the rows that were held back; None where none were."""
        if self.validation is None:
            return None
        X, y = self.validation
        return self.objective.loss(self.predict(X), y).item()

    def predict(self, X: Tensor) -> Tensor:
        """The network's outputs (n, n_outputs) for rows (n, n_features)."""
        self._set_training(False)
        with torch.inference_mode():
            chunks = [self.network(chunk) for chunk in X.split(TEST_CHUNK)]
        return chunks[0] if len(chunks) == 1 else torch.cat(chunks)

    def finish(self, data: PreparedData, rows: list[EpochRow], last_layer: str, kept_epoch: int | None) -> Fitted:
        outputs = self.predict(self.X_test).cpu()
        network = unflatten(self.network).cpu().eval()
        if data.classes is None:
            return Fitted(network, rows, data.to_units(outputs.view(-1).numpy()), None, kept_epoch)
        probabilities = compute_probabilities(self.criterion, outputs, last_layer)
        assert self.objective.decide
        predictions = self.objective.decide(outputs).numpy().astype(np.int64)
        return Fitted(network, rows, predictions, probabilities, kept_epoch)

    def _set_training(self, training: bool) -> None:
        for module in self.modal:
            module.training = training

    def _share_right(self, decisions: Tensor, y: Tensor) -> float:
        return (decisions == y.view(-1)).float().mean().item()


def split_batches(n_rows: int, batch_size: int, network: nn.Sequential) -> list[int]:
    """Sizes of an epoch's batches; the last, short one is used.

    A batch norm cannot compute the variance of a single row: batches have two at least then, and a last row that is
    left over joins the batch before.
    """
    needs_two = any(isinstance(module, BatchNorm) for module in network.modules())
    if needs_two:
        batch_size = max(batch_size, 2)
    full, rest = divmod(n_rows, batch_size)
    sizes = [batch_size] * full + ([rest] if rest else [])
    if needs_two and len(sizes) > 1 and sizes[-1] == 1:
        sizes[-2:] = [sizes[-2] + 1]
    return sizes
