"""What a trained network says of rows: predictions and probabilities. Called by the trainer, and by whoever uses it."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from training.datasets.preparation import Preparation
from training.spec import TrainingSpec
from training.trainers.networks.layers import parse_layer
from training.trainers.networks.network import run_network
from training.trainers.networks.objectives import compute_probabilities, find_decision


def answer_network(
    network: nn.Module, X: np.ndarray, spec: TrainingSpec, preparation: Preparation
) -> tuple[np.ndarray, np.ndarray | None]:
    """X: float32 (n, n_features) -> class indices int64 (n,) and probabilities float64 (n, n_classes), or for
    regression target units float64 (n,) and None. The spec is a completed one; the network is not in training.
    """
    assert spec.criterion
    device = next((parameter.device for parameter in network.parameters()), None)
    outputs = run_network(network, torch.from_numpy(X).to(device)).cpu()
    decide = find_decision(spec.criterion)
    if decide is None:
        return preparation.to_units(outputs.view(-1).numpy()), None
    last_layer = parse_layer(spec.user_arch[-1]).name
    probabilities = compute_probabilities(spec.criterion, outputs, last_layer)
    return preparation.decide(decide(outputs).numpy(), probabilities), probabilities


def ask_in_training(
    network: nn.Module, X: np.ndarray, spec: TrainingSpec, preparation: Preparation
) -> tuple[np.ndarray, np.ndarray | None]:
    """As `answer_network`, of a network that goes on training after it just as if it had not been asked: no layer
    draws a random number, counts a batch or stays in another mode than before.
    """
    modes = [(module, module.training) for module in network.modules()]
    network.eval()
    try:
        return answer_network(network, X, spec, preparation)
    finally:
        for module, training in modes:
            module.training = training
