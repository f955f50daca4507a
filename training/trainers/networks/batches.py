"""Divide the rows of an epoch into batches. Used by both training loops and by the downloaded script."""

from __future__ import annotations

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm as BatchNorm


def split_batches(n_rows: int, batch_size: int, network: nn.Sequential) -> list[int]:
    """Return the sizes of the batches of one epoch. A last, smaller batch is used, too.

    A batch norm cannot compute the variance of a single row. With one, batches have at least two rows, and a single row
    that remains joins the batch before it.
    """
    needs_two = any(isinstance(module, BatchNorm) for module in network.modules())
    if needs_two:
        batch_size = max(batch_size, 2)
    full, rest = divmod(n_rows, batch_size)
    sizes = [batch_size] * full + ([rest] if rest else [])
    if needs_two and len(sizes) > 1 and sizes[-1] == 1:
        sizes[-2:] = [sizes[-2] + 1]
    return sizes
