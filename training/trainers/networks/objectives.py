"""A criterion made ready for training: how it reads targets and outputs, and how outputs become probabilities."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from training.spec import Criterion, TrainingSpec
from training.trainers.criteria import CLASS_CRITERIA
from training.trainers.networks.layers import parse_layer

Decide = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Objective:
    """A criterion made ready for one set of data. Losses are means over the rows of a batch.

    `targets`: class indices or values (n,) -> what `loss` takes. `loss`: outputs, targets and the rows' weights (n,) or
    None. `decide`: as of `find_decision`.

    Where classes weigh differently the mean is weighted, as of torch's `cross_entropy`: the sum of c[y] * loss over the
    sum of c[y]. Weights of rows, whose mean over all rows is 1, multiply the losses and leave the divisor as it is, so
    that a batch counts by the weight of its rows.
    """

    targets: Callable[[Tensor], Tensor]
    loss: Callable[[Tensor, Tensor, Tensor | None], Tensor]
    decide: Decide | None


SMALLEST = 1e-12
"""What the losses of a batch are divided by at least: all of its classes may weigh nothing."""

LOSSES: dict[Criterion, Callable[..., Tensor]] = {
    Criterion.BCELOSS: F.binary_cross_entropy,
    Criterion.BCEWITHLOGITSLOSS: F.binary_cross_entropy_with_logits,
    Criterion.MSELOSS: F.mse_loss,
    Criterion.L1LOSS: F.l1_loss,
    Criterion.HUBERLOSS: F.huber_loss,
}


def build_objective(
    criterion: Criterion,
    y_train: Tensor,
    n_classes: int,
    class_weights: Tensor | None = None,
    cut: float | None = None,
) -> Objective:
    """`y_train` (n,) holds the training rows' classes, by which WCELOSS weighs: n / (n_classes * rows of the class).

    `class_weights` (n_classes,): of the classes, for the other criteria; None where they weigh alike. `cut`: as of
    `find_cut`.
    """
    decide = find_decision(criterion, cut)
    if criterion in CLASS_CRITERIA:
        weight = balanced_weights(y_train, n_classes) if criterion is Criterion.WCELOSS else class_weights
        return Objective(lambda y: y, partial(_weighted_cross_entropy, weight), decide)
    return Objective(_as_column, partial(_weighted_loss, LOSSES[criterion], class_weights), decide)


def _weighted_cross_entropy(
    class_weights: Tensor | None, outputs: Tensor, y: Tensor, weights: Tensor | None = None
) -> Tensor:
    if weights is None and (class_weights is None or class_weights[y].any()):
        return F.cross_entropy(outputs, y, class_weights)
    losses = F.cross_entropy(outputs, y, class_weights, reduction="none")
    losses = losses if weights is None else losses * weights
    return losses.sum() / (len(y) if class_weights is None else class_weights[y].sum().clamp(min=SMALLEST))


def _weighted_loss(
    loss: Callable[..., Tensor],
    class_weights: Tensor | None,
    outputs: Tensor,
    y: Tensor,
    weights: Tensor | None = None,
) -> Tensor:
    """y: (n, 1)."""
    if class_weights is None and weights is None:
        return loss(outputs, y)
    losses = loss(outputs, y, reduction="none").view(-1)
    shares = torch.ones_like(losses) if class_weights is None else class_weights[y.view(-1).long()]
    return (losses * shares * (1 if weights is None else weights)).sum() / shares.sum().clamp(min=SMALLEST)


def find_cut(spec: TrainingSpec) -> float | None:
    """Return the score from which on the network of a completed spec says the second of two classes, None without a
    threshold. The score is the single output, or the second output less the first.
    """
    assert spec.criterion
    if spec.threshold is None or spec.criterion is Criterion.BCELOSS:
        return spec.threshold
    if spec.criterion in CLASS_CRITERIA and parse_layer(spec.user_arch[-1]).name == "Softmax":
        return 2 * spec.threshold - 1  # of probabilities, p - (1 - p)
    return math.log(spec.threshold / (1 - spec.threshold))


def find_decision(criterion: Criterion, cut: float | None = None) -> Decide | None:
    """How outputs become class indices int64 (n,); None for regression. `cut`: as of `find_cut`."""
    if cut is not None and criterion in CLASS_CRITERIA:
        return lambda outputs: (outputs[:, 1] - outputs[:, 0] >= cut).long()
    if cut is not None:
        return lambda outputs: (outputs >= cut).view(-1).long()
    if criterion in CLASS_CRITERIA:
        return lambda outputs: outputs.argmax(1)
    if criterion is Criterion.BCELOSS:
        return lambda outputs: (outputs > 0.5).view(-1).long()
    if criterion is Criterion.BCEWITHLOGITSLOSS:
        return lambda outputs: (outputs > 0).view(-1).long()
    return None


def balanced_weights(y: Tensor, n_classes: int, real: torch.dtype = torch.float32) -> Tensor:
    """scikit-learn's `class_weight="balanced"`: n / (n_classes * count). A class with no rows weighs nothing."""
    counts = torch.bincount(y, minlength=n_classes).to(real)
    return torch.where(counts > 0, len(y) / (n_classes * counts.clamp(min=1)), torch.zeros_like(counts))


def compute_probabilities(criterion: Criterion, outputs: Tensor, last_layer: str) -> np.ndarray:
    """Outputs (n, n_classes) or (n, 1) -> probabilities float64 (n, n_classes), whatever the last layer is."""
    outputs = outputs.double()
    if criterion in CLASS_CRITERIA:
        if last_layer == "Softmax":
            return (outputs / outputs.sum(1, keepdim=True)).numpy()
        return outputs.softmax(1).numpy()  # of a LogSoftmax, softmax is exp: the same probabilities
    positive = outputs.view(-1)
    if criterion is Criterion.BCEWITHLOGITSLOSS:
        positive = positive.sigmoid()
    return torch.stack([1 - positive, positive], dim=1).numpy()


def _as_column(y: Tensor) -> Tensor:
    return y.float().view(-1, 1)
