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
from training.trainers.layers import Layer
from training.trainers.network import MODAL, BatchNorm, build_network
from training.trainers.objectives import Objective, build_objective, compute_probabilities
from training.trainers.optimizers import build_step

TEST_CHUNK = 8_192  # rows that go through the network at once when it is tested


def fit_network(
    layers: list[Layer], spec: TrainingSpec, data: PreparedData, *, on_epoch: OnEpoch, is_cancelled: IsCancelled
) -> Fitted:
    """Trains on CUDA where there is one. The spec is a completed one.

    The same spec, seed and data give the same numbers on the same machine. Raises Cancelled within one batch,
    TrainingDiverged when the loss is no number any more.
    """
    assert spec.seed is not None and spec.epochs and spec.batch_size and spec.criterion
    torch.manual_seed(spec.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network = build_network(layers, data.X_train.shape[1]).to(device)
    loop = Loop(network, spec, data, device)
    rows = []
    for epoch in range(1, spec.epochs + 1):
        began = time.perf_counter()
        train_loss, train_acc = loop.train_epoch(is_cancelled)
        train_time = time.perf_counter() - began
        if not math.isfinite(train_loss):
            raise TrainingDiverged(
                f"The loss became {train_loss} in epoch {epoch}: the steps were too large to learn from."
            )
        test_loss, test_acc = loop.test()
        row = EpochRow(
            epoch=epoch,
            train_time=train_time,
            train_loss=train_loss,
            test_loss=test_loss,
            train_acc=train_acc,
            test_acc=test_acc,
        )
        rows.append(row)
        on_epoch(row)
    return loop.finish(data, rows, layers[-1].name)


class Loop:
    """A network in training. Its parameters are views of one flat vector, and so are their gradients."""

    def __init__(self, network: nn.Sequential, spec: TrainingSpec, data: PreparedData, device: torch.device) -> None:
        assert spec.criterion and spec.optimizer_name and spec.learning_rate and spec.batch_size
        self.network = network
        self.criterion = spec.criterion
        self.shuffle = spec.shuffle
        self.X_train, self.X_test = torch.from_numpy(data.X_train).to(device), torch.from_numpy(data.X_test).to(device)
        y_train, y_test = torch.from_numpy(data.y_train).to(device), torch.from_numpy(data.y_test).to(device)
        self.objective: Objective = build_objective(spec.criterion, y_train, len(data.classes or ()))
        self.y_train, self.y_test = self.objective.targets(y_train), self.objective.targets(y_test)
        self.batch_sizes = split_batches(len(y_train), spec.batch_size, network)
        self.batch_weights = torch.tensor(self.batch_sizes, device=device) / len(y_train)
        # Network.train() would walk through all modules, twice an epoch.
        self.modal = [module for module in network if isinstance(module, MODAL)]
        parameters, self.gradients = flatten(network)
        self.step = build_step(spec.optimizer_name, parameters, self.gradients, spec.learning_rate, spec.weight_decay)

    def train_epoch(self, is_cancelled: IsCancelled) -> tuple[float, float | None]:
        """One pass over all training rows -> mean loss and accuracy, as measured on the way."""
        network, objective, gradients, step = self.network, self.objective, self.gradients, self.step
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
            step()
            losses.append(loss.detach())
            if objective.decide:
                decisions.append(objective.decide(outputs.detach()))
        # Read once an epoch: every .item() on the way would wait for the device.
        mean_loss = (torch.stack(losses) * self.batch_weights).sum().item()
        return mean_loss, self._share_right(torch.cat(decisions), y) if decisions else None

    def test(self) -> tuple[float, float | None]:
        """All test rows -> mean loss and accuracy."""
        outputs = self.predict()
        loss = self.objective.loss(outputs, self.y_test).item()
        return loss, self._share_right(self.objective.decide(outputs), self.y_test) if self.objective.decide else None

    def predict(self) -> Tensor:
        """The network's outputs (n_test, n_outputs) for the test rows."""
        self._set_training(False)
        with torch.inference_mode():
            chunks = [self.network(chunk) for chunk in self.X_test.split(TEST_CHUNK)]
        return chunks[0] if len(chunks) == 1 else torch.cat(chunks)

    def finish(self, data: PreparedData, rows: list[EpochRow], last_layer: str) -> Fitted:
        outputs = self.predict().cpu()
        network = unflatten(self.network).cpu().eval()
        if data.classes is None:
            return Fitted(network, rows, data.to_units(outputs.view(-1).numpy()), None)
        probabilities = compute_probabilities(self.criterion, outputs, last_layer)
        assert self.objective.decide
        return Fitted(network, rows, self.objective.decide(outputs).numpy().astype(np.int64), probabilities)

    def _set_training(self, training: bool) -> None:
        for module in self.modal:
            module.training = training

    def _share_right(self, decisions: Tensor, y: Tensor) -> float:
        return (decisions == y.view(-1)).float().mean().item()


def split_batches(n_rows: int, batch_size: int, network: nn.Sequential) -> list[int]:
    """Sizes of an epoch's batches; the last, short one is used.

    A last batch of a single row joins the one before it where a BatchNorm could not compute its variance.
    """
    full, rest = divmod(n_rows, batch_size)
    sizes = [batch_size] * full + ([rest] if rest else [])
    needs_two = any(isinstance(module, BatchNorm) for module in network)
    if needs_two and len(sizes) > 1 and sizes[-1] == 1:
        sizes[-2:] = [sizes[-2] + 1]
    return sizes


def flatten(network: nn.Module) -> tuple[Tensor, Tensor]:
    """Moves all parameters into one vector (n,) that they become views of, and gives them gradients in another."""
    parameters = list(network.parameters())
    if not parameters:
        return torch.zeros(0), torch.zeros(0)
    flat = torch.cat([parameter.detach().reshape(-1) for parameter in parameters])
    gradients = torch.zeros_like(flat)
    position = 0
    for parameter in parameters:
        end = position + parameter.numel()
        parameter.data = flat[position:end].view_as(parameter)
        parameter.grad = gradients[position:end].view_as(parameter)
        position = end
    return flat, gradients


def unflatten(network: nn.Sequential) -> nn.Sequential:
    """Gives every parameter storage of its own again, so that a saved state_dict holds each once, and no gradients."""
    for parameter in network.parameters():
        parameter.data = parameter.data.clone()
        parameter.grad = None
    return network
