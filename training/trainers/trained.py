"""A trained model with its preparation: from a table's rows to answers. Used for predictions and importance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn

from training.datasets.preparation import Preparation
from training.spec import Criterion, TrainingSpec
from training.trainers.estimators.outputs import answer_estimator
from training.trainers.networks.answer import answer_network
from training.trainers.networks.layers import Layer, parse_layer
from training.trainers.networks.network import build_network


class TrainedModel:
    """`model`: an `nn.Module` for the completed `spec` of a network, or a fitted scikit-learn estimator."""

    def __init__(self, spec: TrainingSpec, preparation: Preparation, model: Any) -> None:
        self.spec = spec
        self.preparation = preparation
        self.model = model

    @property
    def columns(self) -> tuple[str, ...]:
        """What a frame must have."""
        return self.preparation.columns

    def predict(self, frame: pd.DataFrame) -> np.ndarray:
        """Rows of a table -> class indices int64 (n,), or target units float64 (n,)."""
        return self.answer(frame)[0]

    def answer(self, frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray | None]:
        """Rows of a table -> predictions as of `predict`, and probabilities (n, n_classes) or None for regression."""
        return self.answer_prepared(self.preparation.transform(frame))

    def answer_prepared(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """X: float32 (n, n_features), as `Preparation.transform` gives it."""
        if isinstance(self.model, nn.Module):
            return answer_network(self.model, X, self.spec, self.preparation)
        return answer_estimator(self.model, X, self.preparation)

    @property
    def layers(self) -> Sequence[Layer]:
        return [parse_layer(entry) for entry in self.spec.user_arch]

    @property
    def criterion(self) -> Criterion:
        assert self.spec.criterion
        return self.spec.criterion


def rebuild_network(spec: TrainingSpec, n_features: int, state: dict[str, torch.Tensor]) -> nn.Sequential:
    """The network of a completed spec with these weights, ready to be used."""
    network = build_network([parse_layer(entry) for entry in spec.user_arch], n_features)
    network.load_state_dict(state)
    return network.eval()
