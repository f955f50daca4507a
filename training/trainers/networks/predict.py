"""Predict with a trained network: class indices or values, and probabilities."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from training.datasets.preparation import Preparation
from training.spec import TrainingSpec
from training.trainers.networks.layers import parse_layer
from training.trainers.networks.network import run_network
from training.trainers.networks.objectives import compute_probabilities, find_decision


def predict_network(
    network: nn.Module, X: np.ndarray, spec: TrainingSpec, preparation: Preparation
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the predictions of a network, and its probabilities in a classification.

    Parameters
    ----------
    network : nn.Module
        In evaluation mode.
    X : ndarray of shape (n, n_features), float32
        Prepared rows.
    spec : TrainingSpec
        A completed spec.

    Returns
    -------
    predictions : ndarray of shape (n,)
        Class indices (int64), or values in the target's units (float64).
    probabilities : ndarray of shape (n, n_classes), float64, or None
        None for a regression.
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


def predict_in_training(
    network: nn.Module, X: np.ndarray, spec: TrainingSpec, preparation: Preparation
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return what `predict_network` returns, and leave the training of the network unchanged.

    No layer draws a random number or updates its running statistics, and every module returns to its mode.
    """
    modes = [(module, module.training) for module in network.modules()]
    network.eval()
    try:
        return predict_network(network, X, spec, preparation)
    finally:
        for module, training in modes:
            module.training = training
