"""Turn a criterion into functions on tensors: the loss, predicted classes and probabilities."""

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
    """A criterion prepared for one table. Losses are means over the rows of a batch.

    With class weights the mean is weighted as in torch's `cross_entropy`: the sum of w[y] * loss divided by the sum of
    w[y]. Row weights, whose mean over all rows is 1, multiply the losses and do not change the divisor. So a batch
    counts in proportion to the weight of its rows.

    Attributes
    ----------
    targets : callable
        Class indices or values (n,) -> targets as `loss` needs them.
    loss : callable
        Outputs, targets, and row weights (n,) or None -> mean loss.
    decide : callable or None
        See `find_decision`.
    """

    targets: Callable[[Tensor], Tensor]
    loss: Callable[[Tensor, Tensor, Tensor | None], Tensor]
    decide: Decide | None


SMALLEST = 1e-12
"""Smallest divisor of a batch's losses. All classes of a batch may have the weight 0."""

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
    """Build the objective of a criterion.

    Parameters
    ----------
    y_train : Tensor of shape (n,)
        Classes of the training rows. WCELOSS weights classes by n / (n_classes * rows of the class).
    class_weights : Tensor of shape (n_classes,) or None
        Class weights for other criteria.
    cut : float or None
        See `find_score_threshold`.
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
    """Return the weighted mean of a loss. y has the shape (n, 1)."""
    if class_weights is None and weights is None:
        return loss(outputs, y)
    losses = loss(outputs, y, reduction="none").view(-1)
    shares = torch.ones_like(losses) if class_weights is None else class_weights[y.view(-1).long()]
    return (losses * shares * (1 if weights is None else weights)).sum() / shares.sum().clamp(min=SMALLEST)


def find_score_threshold(spec: TrainingSpec) -> float | None:
    """Return the score from which on a network predicts the second of two classes; None without a threshold.

    The score is the single output, or the second output minus the first one. The spec is a completed one.
    """
    assert spec.criterion
    if spec.threshold is None or spec.criterion is Criterion.BCELOSS:
        return spec.threshold
    if spec.criterion in CLASS_CRITERIA and parse_layer(spec.user_arch[-1]).name == "Softmax":
        return 2 * spec.threshold - 1  # the score is p - (1 - p)
    return math.log(spec.threshold / (1 - spec.threshold))


def find_decision(criterion: Criterion, cut: float | None = None) -> Decide | None:
    """Return the function from outputs to class indices, int64 (n,); None for regression."""
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
    """Return the weights of scikit-learn's `class_weight="balanced"`: n / (n_classes * rows of the class).

    A class without rows has the weight 0.
    """
    counts = torch.bincount(y, minlength=n_classes).to(real)
    return torch.where(counts > 0, len(y) / (n_classes * counts.clamp(min=1)), torch.zeros_like(counts))


def compute_probabilities(criterion: Criterion, outputs: Tensor, last_layer: str) -> np.ndarray:
    """Return probabilities, float64 (n, n_classes), from outputs (n, n_classes) or (n, 1)."""
    outputs = outputs.double()
    if criterion in CLASS_CRITERIA:
        if last_layer == "Softmax":
            return (outputs / outputs.sum(1, keepdim=True)).numpy()
        return outputs.softmax(1).numpy()  # of log-probabilities, softmax is exp
    positive = outputs.view(-1)
    if criterion is Criterion.BCEWITHLOGITSLOSS:
        positive = positive.sigmoid()
    return torch.stack([1 - positive, positive], dim=1).numpy()


def _as_column(y: Tensor) -> Tensor:
    return y.float().view(-1, 1)
