"""Write the lines of a network's loss: a torch class, or a function if rows or classes have weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.artifacts.code.layout import Code, assign, call, write_list
from training.datasets.preprocessing import PreparedData
from training.spec import Criterion, TrainingSpec
from training.trainers.criteria import CLASS_CRITERIA
from training.trainers.networks.holdout import hold_back

MODULES = {
    Criterion.CELOSS: "nn.CrossEntropyLoss",
    Criterion.WCELOSS: "nn.CrossEntropyLoss",
    Criterion.BCELOSS: "nn.BCELoss",
    Criterion.BCEWITHLOGITSLOSS: "nn.BCEWithLogitsLoss",
    Criterion.MSELOSS: "nn.MSELoss",
    Criterion.L1LOSS: "nn.L1Loss",
    Criterion.HUBERLOSS: "nn.HuberLoss",
}
FUNCTIONS = {
    Criterion.CELOSS: "cross_entropy",
    Criterion.WCELOSS: "cross_entropy",
    Criterion.BCELOSS: "binary_cross_entropy",
    Criterion.BCEWITHLOGITSLOSS: "binary_cross_entropy_with_logits",
    Criterion.MSELOSS: "mse_loss",
    Criterion.L1LOSS: "l1_loss",
    Criterion.HUBERLOSS: "huber_loss",
}


@dataclass(frozen=True)
class Loss:
    """The code of a loss. `class_weights` are lines that come before it, empty if all classes weigh the same.

    `code` defines `loss_function`.
    """

    class_weights: str
    code: str
    is_function: bool
    imports: tuple[str, ...] = ()


def write_loss(spec: TrainingSpec, data: PreparedData) -> Loss:
    """Write the loss. Its sums are those of `networks/objectives`."""
    assert spec.criterion is not None
    class_weights = _write_class_weights(spec, data)
    is_cross_entropy = spec.criterion in CLASS_CRITERIA
    all_weigh = not isinstance(spec.class_weight, dict) or all(spec.class_weight.values())
    if data.weights is None and (not class_weights or (is_cross_entropy and all_weigh)):
        argument = "class_weights" if class_weights else ""
        return Loss(class_weights, assign("loss_function", f"{MODULES[spec.criterion]}({argument})"), False)
    function = _write_function(spec.criterion, bool(class_weights), weighs_rows=data.weights is not None)
    return Loss(class_weights, function, True, ("from torch.nn import functional as F",))


def _write_function(criterion: Criterion, weighs_classes: bool, *, weighs_rows: bool) -> str:
    is_cross_entropy = criterion in CLASS_CRITERIA
    weight = "class_weights, " if is_cross_entropy and weighs_classes else ""
    losses = f'F.{FUNCTIONS[criterion]}(outputs, y, {weight}reduction="none")'
    lines = [f"losses = {losses}" + ("" if is_cross_entropy else ".view(-1)")]
    divisor = "len(y)"
    if weighs_classes:
        lines.append(f"shares = class_weights[{'y' if is_cross_entropy else 'y.view(-1).long()'}]")
        divisor = "shares.sum().clamp(min=1e-12)"
        if not is_cross_entropy:
            lines.append("losses = losses * shares")
    if weighs_rows:
        lines.append("losses = losses * w")
    lines.append(f"return losses.sum() / {divisor}")
    return "\n    ".join([f"def loss_function(outputs, y{', w' if weighs_rows else ''}):", *lines])


def _write_class_weights(spec: TrainingSpec, data: PreparedData) -> str:
    n_classes = len(data.classes or ())
    if isinstance(spec.class_weight, dict):
        weights = [float(spec.class_weight.get(name, 1.0)) for name in data.classes or ()]
        return assign("class_weights", _in_call(weights))
    if spec.criterion is not Criterion.WCELOSS and spec.class_weight is None:
        return ""
    holdout = hold_back(data, spec)
    y = data.y_train if holdout is None else data.y_train[holdout.fit]
    has_all = np.bincount(y, minlength=n_classes).min() > 0
    labels = "y_train" if spec.criterion in CLASS_CRITERIA else "y_train.view(-1).long()"
    lines = [f"counts = torch.bincount({labels}, minlength={n_classes}).float()"]
    if has_all:
        lines.append(f"class_weights = len(y_train) / ({n_classes} * counts)")
    else:
        # WCELOSS counts all classes; class_weight counts the classes with rows, as scikit-learn does.
        counted = str(n_classes) if spec.criterion is Criterion.WCELOSS else "(counts > 0).sum()"
        lines.append(f"class_weights = len(y_train) / ({counted} * counts.clamp(min=1)) * (counts > 0)")
    return "\n".join(lines)


def _in_call(weights: list[float]) -> Code:
    return call("torch.tensor", write_list(weights))
