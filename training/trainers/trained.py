"""A trained model with its preparation: predicts rows as they stand in the table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn

from training.datasets.preparation import Preparation
from training.spec import Criterion, TrainingSpec
from training.trainers.estimators.outputs import predict_estimator
from training.trainers.networks.layers import Layer, parse_layer
from training.trainers.networks.network import build_network
from training.trainers.networks.predict import predict_network


class TrainedModel:
    """A trained model. `model`: an nn.Module for the completed `spec` of a network, or a fitted estimator."""

    def __init__(self, spec: TrainingSpec, preparation: Preparation, model: Any) -> None:
        self.spec = spec
        self.preparation = preparation
        self.model = model

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that a frame must have."""
        return self.preparation.columns

    def predict(self, frame: pd.DataFrame) -> np.ndarray:
        """Return class indices int64 (n,), or values in the target's units float64 (n,), for rows of a table."""
        return self.answer(frame)[0]

    def answer(self, frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray | None]:
        """Return predictions as `predict` does, and probabilities (n, n_classes) or None for a regression."""
        return self.answer_prepared(self.preparation.transform(frame))

    def answer_prepared(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """Return what `answer` returns for prepared rows X, float32 (n, n_features)."""
        if isinstance(self.model, nn.Module):
            return predict_network(self.model, X, self.spec, self.preparation)
        return predict_estimator(self.model, X, self.preparation)

    @property
    def layers(self) -> Sequence[Layer]:
        return [parse_layer(entry) for entry in self.spec.user_arch]

    @property
    def criterion(self) -> Criterion:
        assert self.spec.criterion
        return self.spec.criterion


def rebuild_network(spec: TrainingSpec, n_features: int, state: dict[str, torch.Tensor]) -> nn.Sequential:
    """Return the network of a completed spec with stored weights, in evaluation mode."""
    network = build_network([parse_layer(entry) for entry in spec.user_arch], n_features)
    network.load_state_dict(state)
    return network.eval()
