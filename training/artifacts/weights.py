"""The trained model as a file: a network's `state_dict`, or an estimator in skops' format. Loading runs no code."""

from __future__ import annotations

import io
from typing import Any

import torch
from torch import nn


def build_state_dict(network: nn.Module) -> bytes:
    """Loads with `torch.load(file, weights_only=True)`."""
    buffer = io.BytesIO()
    torch.save(network.state_dict(), buffer)
    return buffer.getvalue()


def build_skops(estimator: Any) -> bytes:
    """Loads with `skops.io.loads(data)`."""
    from skops import io as skops_io  # only estimators need it

    return skops_io.dumps(estimator)
