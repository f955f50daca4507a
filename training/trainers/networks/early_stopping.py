"""Early stopping: keeps the weights of the best epoch and decides when training stops."""

from __future__ import annotations

import math

from torch import Tensor, nn

from training.trainers.checkpoint import State


class EarlyStopping:
    """Stop training when the validation loss has not improved for `patience` epochs.

    `best_epoch` is None until an epoch has a finite validation loss.
    """

    def __init__(self, patience: int) -> None:
        self.patience = patience
        self.best_epoch: int | None = None
        self._best_loss = math.inf
        self._weights: dict[str, Tensor] = {}
        self._waited = 0

    def hear(self, epoch: int, val_loss: float, network: nn.Module) -> bool:
        """Record the end of an epoch. Returns whether training should stop."""
        if val_loss < self._best_loss:
            self.best_epoch, self._best_loss, self._waited = epoch, val_loss, 0
            self._weights = {name: tensor.clone() for name, tensor in network.state_dict().items()}
        else:
            self._waited += 1
        return self._waited >= self.patience

    def restore(self, network: nn.Module) -> None:
        """Load the parameters and buffers of the best epoch into the network."""
        if self.best_epoch is not None:
            network.load_state_dict(self._weights)

    def get_state(self) -> State:
        """Return the state for a checkpoint."""
        return {
            "best_epoch": self.best_epoch,
            "best_loss": self._best_loss,
            "weights": self._weights,
            "waited": self._waited,
        }

    def set_state(self, state: State) -> None:
        """Restore a state that `get_state` returned."""
        self.best_epoch, self._best_loss = state["best_epoch"], state["best_loss"]
        self._weights, self._waited = state["weights"], state["waited"]
