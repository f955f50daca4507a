"""Early stopping: remembers the best epoch's weights, and says when to wait no longer. Used by the loop."""

from __future__ import annotations

import math

from torch import Tensor, nn

from training.trainers.checkpoint import State


class EarlyStopping:
    """`best_epoch` is None until an epoch had a finite validation loss."""

    def __init__(self, patience: int) -> None:
        self.patience = patience
        self.best_epoch: int | None = None
        self._best_loss = math.inf
        self._weights: dict[str, Tensor] = {}
        self._waited = 0

    def hear(self, epoch: int, val_loss: float, network: nn.Module) -> bool:
        """One more epoch has ended; true when it was one too many without improvement."""
        if val_loss < self._best_loss:
            self.best_epoch, self._best_loss, self._waited = epoch, val_loss, 0
            self._weights = {name: tensor.clone() for name, tensor in network.state_dict().items()}
        else:
            self._waited += 1
        return self._waited >= self.patience

    def restore(self, network: nn.Module) -> None:
        """Gives the network the best epoch's weights back, and what its layers have counted."""
        if self.best_epoch is not None:
            network.load_state_dict(self._weights)

    def get_state(self) -> State:
        return {
            "best_epoch": self.best_epoch,
            "best_loss": self._best_loss,
            "weights": self._weights,
            "waited": self._waited,
        }

    def set_state(self, state: State) -> None:
        self.best_epoch, self._best_loss = state["best_epoch"], state["best_loss"]
        self._weights, self._waited = state["weights"], state["waited"]
