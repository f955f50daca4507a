"""The autograd loop: trains networks of all layers on any device. Called by `fit_network`."""

from __future__ import annotations

from itertools import repeat

import numpy as np
import torch
from torch import Tensor, nn

from training.datasets.preprocessing import PreparedData
from training.spec import TrainingSpec
from training.trainers.base import Cancelled, IsCancelled
from training.trainers.checkpoint import State
from training.trainers.networks.batches import split_batches
from training.trainers.networks.holdout import compute_row_weights, hold_back
from training.trainers.networks.network import MODAL, run_network
from training.trainers.networks.objectives import Objective, build_objective, find_score_threshold
from training.trainers.networks.optimizers import build_step
from training.trainers.networks.parameters import flatten


class AutogradLoop:
    """Train a network epoch by epoch with torch's autograd.

    Moves the network to the device. Its parameters become views of one flat vector, and so do their gradients.
    """

    def __init__(self, network: nn.Sequential, spec: TrainingSpec, data: PreparedData, device: torch.device) -> None:
        assert spec.criterion and spec.optimizer_name and spec.batch_size
        self.network = network.to(device)
        self.shuffle = spec.shuffle
        self.gradient_clip = spec.gradient_clip
        X, y = torch.from_numpy(data.X_train), torch.from_numpy(data.y_train)
        holdout = hold_back(data, spec)
        fit = slice(None) if holdout is None else torch.from_numpy(holdout.fit)
        self.X_train, y_train = X[fit].to(device), y[fit].to(device)
        if not spec.shuffle:  # aligned memory, as after shuffling: sums depend on it in their last bits
            self.X_train = self.X_train.clone()
        loss_weights = compute_row_weights(data, spec, holdout)
        class_weights = loss_weights.of_classes
        self.objective: Objective = build_objective(
            spec.criterion,
            y_train,
            len(data.classes or ()),
            None if class_weights is None else torch.tensor(class_weights, dtype=torch.float32, device=device),
            find_score_threshold(spec),
        )
        self.weights = _as_tensor(loss_weights.of_fit, device)
        self.y_train = self.objective.targets(y_train)
        self.X_test = torch.tensor(data.X_test, device=device)
        self.y_test = self.objective.targets(torch.tensor(data.y_test, device=device))
        self.validation: tuple[Tensor, Tensor, Tensor | None] | None = None
        if holdout is not None:
            held = torch.from_numpy(holdout.judge)
            weights = _as_tensor(loss_weights.of_validation, device)
            self.validation = X[held].to(device), self.objective.targets(y[held].to(device)), weights
        self.batch_sizes = split_batches(len(y_train), spec.batch_size, network)
        self.batch_weights = torch.tensor(self.batch_sizes, device=device) / len(y_train)
        # Setting the mode of these modules only is faster than Network.train(), which visits all modules.
        self.modal = [module for module in network.modules() if isinstance(module, MODAL)]
        self.flat = flatten(network)
        self.parameters = list(network.parameters())
        self.step = build_step(spec.optimizer_name, self.flat, spec.weight_decay, spec.momentum)

    def train_epoch(self, rate: float, is_cancelled: IsCancelled) -> tuple[float, float | None]:
        """Train for one epoch with a learning rate. Returns the mean loss, and the accuracy in a classification.

        Raises Cancelled between batches.
        """
        network, objective, gradients, step = self.network, self.objective, self.flat.gradients, self.step.take
        self._set_training(True)
        X, y, weights = self.X_train, self.y_train, self.weights
        if self.shuffle:
            order = torch.randperm(len(y), device=X.device)
            X, y = X[order], y[order]
            weights = weights if weights is None else weights[order]
        losses, decisions = [], []
        w_batches = repeat(None) if weights is None else weights.split(self.batch_sizes)
        batches = zip(X.split(self.batch_sizes), y.split(self.batch_sizes), w_batches, strict=False)
        for X_batch, y_batch, w_batch in batches:
            if is_cancelled():
                raise Cancelled
            outputs = network(X_batch)
            loss = objective.loss(outputs, y_batch, w_batch)
            gradients.zero_()
            loss.backward()
            if self.gradient_clip is not None:
                nn.utils.clip_grad_norm_(self.parameters, self.gradient_clip)
            step(rate)
            losses.append(loss.detach())
            if objective.decide:
                decisions.append(objective.decide(outputs.detach()))
        # Read the losses once an epoch: each .item() waits for the device.
        mean_loss = (torch.stack(losses) * self.batch_weights).sum().item()
        return mean_loss, _share_right(torch.cat(decisions), y) if decisions else None

    def test(self) -> tuple[float, float | None]:
        """Return the loss on the test rows, and the accuracy in a classification."""
        outputs = self._predict(self.X_test)
        loss = self.objective.loss(outputs, self.y_test, None).item()
        return loss, _share_right(self.objective.decide(outputs), self.y_test) if self.objective.decide else None

    def validate(self) -> float | None:
        """Return the loss on the validation rows, None if there are none."""
        if self.validation is None:
            return None
        X, y, weights = self.validation
        return self.objective.loss(self._predict(X), y, weights).item()

    def get_state(self) -> State:
        """Return the state of the optimiser for a checkpoint."""
        return {"memory": [tensor.clone() for tensor in self.step.memory]}

    def set_state(self, state: State) -> None:
        """Restore a state that `get_state` returned."""
        for tensor, kept in zip(self.step.memory, state["memory"], strict=True):
            tensor.copy_(kept)

    def _predict(self, X: Tensor) -> Tensor:
        self._set_training(False)
        return run_network(self.network, X)

    def _set_training(self, training: bool) -> None:
        for module in self.modal:
            module.training = training


def _as_tensor(weights: np.ndarray | None, device: torch.device) -> Tensor | None:
    return None if weights is None else torch.tensor(weights, dtype=torch.float32, device=device)


def _share_right(decisions: Tensor, y: Tensor) -> float:
    """Return the accuracy of predicted class indices."""
    return (decisions == y.view(-1)).float().mean().item()
