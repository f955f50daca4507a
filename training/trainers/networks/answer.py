"""What a trained network says of rows: predictions and probabilities. Called by the trainer, and by whoever uses it."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from training.datasets.preprocessing import Preparation
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
    outputs = run_network(network, torch.from_numpy(X))
    decide = find_decision(spec.criterion)
    if decide is None:
        return preparation.to_units(outputs.view(-1).numpy()), None
    last_layer = parse_layer(spec.user_arch[-1]).name
    return decide(outputs).numpy(), compute_probabilities(spec.criterion, outputs, last_layer)
