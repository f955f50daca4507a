"""Train a network: build it, run its epochs, stop early, and predict the test rows."""

from __future__ import annotations

import math
import time
from functools import partial
from typing import Protocol

import torch
from torch import nn

from training.datasets.preprocessing import PreparedData
from training.exceptions import TrainingDiverged
from training.messages.events import EpochRow
from training.spec import Trainer, TrainingSpec
from training.trainers.base import Fitted, IsCancelled, OnEpoch, OnModel
from training.trainers.checkpoint import NONE, Checkpoint, Checkpoints, State
from training.trainers.compiled.choice import choose_trainer, uses_gpu
from training.trainers.networks import random_state
from training.trainers.networks.early_stopping import EarlyStopping
from training.trainers.networks.layers import Layer
from training.trainers.networks.loop import AutogradLoop
from training.trainers.networks.network import build_network
from training.trainers.networks.parameters import unflatten
from training.trainers.networks.predict import predict_in_training, predict_network
from training.trainers.networks.schedules import LearningRate


class Loop(Protocol):
    """A training loop that runs one epoch at a time. Losses are means over rows; accuracies are None for regression."""

    def train_epoch(self, rate: float, is_cancelled: IsCancelled) -> tuple[float, float | None]:
        """Train for one epoch. Returns the mean loss and the accuracy, measured during the epoch.

        Raises Cancelled.
        """

    def test(self) -> tuple[float, float | None]:
        """Return the mean loss and the accuracy on the test rows."""

    def validate(self) -> float | None:
        """Return the mean loss on the validation rows; None without validation rows."""

    def get_state(self) -> State:
        """Return a copy of the state besides the parameters, such as the optimiser's."""

    def set_state(self, state: State) -> None:
        """Restore a state that `get_state` returned."""


def fit_network(
    layers: list[Layer],
    spec: TrainingSpec,
    data: PreparedData,
    *,
    on_epoch: OnEpoch,
    is_cancelled: IsCancelled,
    on_model: OnModel | None = None,
    checkpoints: Checkpoints = NONE,
) -> Fitted:
    """Train a network with compiled code if possible, or else with autograd, on CUDA if available.

    The spec is a completed one. The same spec, seed and data give the same numbers on the same machine, also after
    resuming from a checkpoint. A checkpoint is only resumed by the loop that wrote it.

    Raises Cancelled within one batch or some hundredths of a second, TrainingDiverged if the loss is not finite, and
    SpecRefused if there are too few rows for validation.
    """
    assert spec.seed is not None and spec.epochs
    random_state.seed(spec.seed)
    network = build_network(layers, data.X_train.shape[1])
    trainer, start = _choose(layers, spec, data.X_train.shape[1], checkpoints.start)
    checkpoints.begin(trainer.value)
    loop = _start(trainer, network, spec, data)
    learning_rate = LearningRate(spec)
    stopping = EarlyStopping(spec.patience) if spec.patience else None
    rows: list[EpochRow] = []
    if start is not None:
        rows += start.rows
        _set_state(start.state, network, loop, learning_rate, stopping)

    def take() -> Checkpoint:
        return Checkpoint(trainer.value, tuple(rows), _get_state(network, loop, learning_rate, stopping))

    for epoch in range(len(rows) + 1, spec.epochs + 1):
        row = _run_epoch(loop, epoch, learning_rate.value, is_cancelled)
        rows.append(row)
        on_epoch(row)
        if on_model:
            on_model(epoch, partial(predict_in_training, network, spec=spec, preparation=data.preparation))
        learning_rate.end_epoch(row.val_loss)
        if stopping and row.val_loss is not None and stopping.hear(epoch, row.val_loss, network):
            break
        checkpoints.offer(take)
    if stopping:
        stopping.restore(network)
    kept_epoch = stopping.best_epoch if stopping else None
    trained = unflatten(network).cpu().eval()
    predictions, probabilities = predict_network(trained, data.X_test, spec, data.preparation)
    return Fitted(network, rows, predictions, probabilities, kept_epoch, trainer.value)


def _choose(
    layers: list[Layer], spec: TrainingSpec, n_features: int, start: Checkpoint | None
) -> tuple[Trainer, Checkpoint | None]:
    """Return the trainer of the checkpoint and the checkpoint, or another trainer and None if that one is not
    available.
    """
    if start is None:
        return choose_trainer(layers, spec, n_features), None
    trainer = choose_trainer(layers, spec.model_copy(update={"trainer": Trainer(start.trainer)}), n_features)
    return trainer, start if start.trainer == trainer.value else None


def _start(trainer: Trainer, network: nn.Sequential, spec: TrainingSpec, data: PreparedData) -> Loop:
    if trainer is Trainer.COMPILED:
        from training.trainers.compiled.loop import CompiledLoop  # loads numba

        return CompiledLoop(network, spec, data)
    return AutogradLoop(network, spec, data, torch.device("cuda" if uses_gpu(spec) else "cpu"))


def _get_state(
    network: nn.Sequential, loop: Loop, learning_rate: LearningRate, stopping: EarlyStopping | None
) -> State:
    return {
        "network": {name: tensor.clone() for name, tensor in network.state_dict().items()},
        "loop": loop.get_state(),
        "learning_rate": learning_rate.get_state(),
        "stopping": stopping.get_state() if stopping else None,
        "draws": random_state.get_state(),
    }


def _set_state(
    state: State, network: nn.Sequential, loop: Loop, learning_rate: LearningRate, stopping: EarlyStopping | None
) -> None:
    network.load_state_dict(state["network"])  # in place: the loops share the memory of weights and running statistics
    loop.set_state(state["loop"])
    learning_rate.set_state(state["learning_rate"])
    if stopping:
        stopping.set_state(state["stopping"])
    random_state.set_state(state["draws"])


def _run_epoch(loop: Loop, epoch: int, rate: float, is_cancelled: IsCancelled) -> EpochRow:
    began = time.perf_counter()
    train_loss, train_acc = loop.train_epoch(rate, is_cancelled)
    train_time = time.perf_counter() - began
    if not math.isfinite(train_loss):
        raise TrainingDiverged(f"The loss became {train_loss} in epoch {epoch}: the training diverged.")
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
