"""How an epoch's rows fall into batches. Used by both loops, and by the script that one takes home."""

from __future__ import annotations

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm as BatchNorm


def split_batches(n_rows: int, batch_size: int, network: nn.Sequential) -> list[int]:
    """Sizes of an epoch's batches; the last, short one is used.

    A batch norm cannot compute the variance of a single row: batches have two at least then, and a last row that is
    left over joins the batch before.
    """
    needs_two = any(isinstance(module, BatchNorm) for module in network.modules())
    if needs_two:
        batch_size = max(batch_size, 2)
    full, rest = divmod(n_rows, batch_size)
    sizes = [batch_size] * full + ([rest] if rest else [])
    if needs_two and len(sizes) > 1 and sizes[-1] == 1:
        sizes[-2:] = [sizes[-2] + 1]
    return sizes
