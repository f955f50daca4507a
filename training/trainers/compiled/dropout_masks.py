"""Draw dropout masks for several batches, in the order in which autograd draws them."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from training.trainers.compiled.mersenne_twister import draw_masks, matches_torch, threshold_of
from training.trainers.networks.network import Dropout

MAX_NUMBERS = 2**20  # drawn in advance


class DropoutMasks:
    """Masks of all dropouts for several batches.

    `memory` has the shape (max_batches * width * rows,) and holds 1 for values that are kept: for each batch, one block
    per dropout.
    """

    def __init__(self, network: nn.Sequential, n_features: int, sizes: list[int], real: torch.dtype) -> None:
        """Allocate masks. `sizes`: the batch sizes of an epoch."""
        self._sizes = np.array(sizes)
        self._dropouts = _find_dropouts(network, n_features)
        self._widths = np.array([width for width, _ in self._dropouts], np.int64)
        self._thresholds = np.array([threshold_of(1 - p) for _, p in self._dropouts], np.int64)
        self.rows = max(sizes)
        self.width = int(self._widths.sum())
        a_batch = self.rows * self.width
        self.max_batches = min(len(sizes), max(1, MAX_NUMBERS // a_batch)) if a_batch else len(sizes)
        self._numbers = torch.ones(self.max_batches * a_batch, dtype=real)
        self.memory = self._numbers.numpy()

    def draw(self, first: int, last: int) -> None:
        """Draw the masks of the batches `first` to `last`, at most `max_batches`."""
        if not self.width:
            return
        sizes = self._sizes[first:last]
        if matches_torch():
            state = torch.get_rng_state()
            words = state.numpy().view(np.uint32)
            draw_masks(words, self.memory, sizes, self.rows, self._widths, self._thresholds)
            torch.set_rng_state(state)
        else:
            self._let_torch_draw(sizes)

    def _let_torch_draw(self, sizes: np.ndarray) -> None:
        start = 0
        for size in sizes.tolist():
            for width, p in self._dropouts:
                if p > 0:  # torch draws nothing for p = 0
                    self._numbers[start : start + size * width].bernoulli_(1 - p)
                start += self.rows * width


def _find_dropouts(network: nn.Sequential, width: int) -> list[tuple[int, float]]:
    """Return the width and the rate of each dropout."""
    found = []
    for module in network:
        width = module.out_features if isinstance(module, nn.Linear) else width
        if isinstance(module, Dropout):
            found.append((width, module.p))
    return found
