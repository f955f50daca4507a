"""Check that the last layers of a network fit its criterion and the target."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from training.datasets.plan import Plan
from training.messages.problems import PatchOperation, Problem
from training.problems import build_problem
from training.spec import Criterion, ProblemType
from training.trainers.criteria import BINARY_CRITERIA, CLASS_CRITERIA, count_outputs, fitting_criteria
from training.trainers.defaults import default_criterion
from training.trainers.networks.layer import Layer, Shape, write_shape

IMBALANCE = 10  # the ratio of the most frequent class to the rarest one that causes a warning


def check_criterion(
    plan: Plan,
    criterion: Criterion,
    layers: Sequence[Layer],
    shapes: Sequence[Shape | None],
    *,
    has_class_weight: bool = False,
) -> list[Problem]:
    """Return the problems of a criterion with a network and a target.

    `shapes[i]` is the output shape of `layers[i]`. LogSoftmax before CELOSS is accepted: applying it twice changes
    nothing. `has_class_weight`: whether the spec weights the classes.
    """
    n_classes = len(plan.classes or ())
    if criterion not in fitting_criteria(plan.problem_type):
        better = default_criterion(plan.problem_type)
        message = f"{criterion} is not for {plan.problem_type}."
        return [build_problem("criterion_mismatch", "criterion", message, f"Use {better}.", _use(better))]
    if criterion in BINARY_CRITERIA and n_classes != 2:
        message = f"{criterion} is for two classes, and {plan.target!r} has {n_classes}."
        return [build_problem("bce_needs_binary", "criterion", message, "Use CELOSS.", _use(Criterion.CELOSS))]
    return [
        *_check_output_size(plan, layers, shapes, count_outputs(criterion, n_classes)),
        *_check_last_layer(plan, criterion, layers),
        *([] if has_class_weight else _check_balance(plan, criterion)),
    ]


def _check_last_layer(plan: Plan, criterion: Criterion, layers: Sequence[Layer]) -> list[Problem]:
    last, end, bounded = layers[-1].name, len(layers) - 1, layers[-1].entry.is_bounded
    where, hint = f"user_arch[{end}]", f"Remove the last {last}."
    remove_last = [PatchOperation(op="remove", path=f"/user_arch/{end}")]
    if criterion is Criterion.BCELOSS and last != "Sigmoid":
        place = f"/user_arch/{end}" if bounded else "/user_arch/-"
        fix = [PatchOperation(op="replace" if bounded else "add", path=place, value={"layer": "Sigmoid"})]
        message = "BCELOSS needs probabilities, and the output of this network is not one."
        return [build_problem("bce_needs_sigmoid", where, message, "End the network with a Sigmoid.", fix)]
    if criterion is Criterion.BCEWITHLOGITSLOSS and last in ("Softmax", "LogSoftmax", "Sigmoid"):
        message = f"BCEWITHLOGITSLOSS applies the Sigmoid itself; after {last} training is slow."
        return [build_problem("sigmoid_before_logits", where, message, hint, remove_last)]
    if criterion in CLASS_CRITERIA and last in ("Softmax", "Sigmoid"):
        message = f"{criterion} applies Softmax itself; after {last} training is slow."
        return [build_problem("softmax_before_celoss", where, message, hint, remove_last)]
    if plan.problem_type is ProblemType.REGRESSION and bounded:
        message = f"{last} limits the output, and the target may have other values."
        return [build_problem("bounded_regression", where, message, hint, remove_last)]
    return []


def _check_output_size(
    plan: Plan, layers: Sequence[Layer], shapes: Sequence[Shape | None], expected: int
) -> list[Problem]:
    shape, end = shapes[-1], len(layers) - 1
    if shape is None or shape == (expected,):
        return []
    units = "1 unit" if expected == 1 else f"{expected} units, one for each class"
    message = f"The network has {write_shape(shape)} outputs, but "
    message += f"{plan.target!r} needs {units}." if plan.classes else f"regression needs {units}."
    linears = [position for position, layer in enumerate(layers) if layer.name == "Linear"]
    position, hint = end, f"Add a Linear layer of {units} at the end."
    if len(shape) > 1:
        # The last first: each goes to the same place.
        added = [{"layer": "Linear", "out_features": expected}] if prod(shape) != expected else []
        hint = "Add a Flatten at the end" + (f" and a Linear layer of {units}." if added else ".")
        fix = [PatchOperation(op="add", path="/user_arch/-", value=value) for value in [{"layer": "Flatten"}, *added]]
    elif linears and _keep_size(layers[linears[-1] + 1 :], shapes[linears[-1] :]):
        position = linears[-1]
        value = layers[position].as_object(out_features=expected)
        fix = [PatchOperation(op="replace", path=f"/user_arch/{position}", value=value)]
        hint = f"Give the last Linear layer {units}."
    else:
        fix = [PatchOperation(op="add", path="/user_arch/-", value={"layer": "Linear", "out_features": expected})]
    return [build_problem("wrong_output_size", f"user_arch[{position}]", message, hint, fix)]


def _keep_size(layers: Sequence[Layer], shapes: Sequence[Shape | None]) -> bool:
    """Return whether all layers keep the size of their input. The layer before them then decides the output size."""
    return all(layer.entry.size_argument is None for layer in layers) and len(set(shapes)) == 1


def _check_balance(plan: Plan, criterion: Criterion) -> list[Problem]:
    counts = plan.class_counts
    if criterion is Criterion.WCELOSS or not counts or not plan.classes:
        return []
    most, least = max(counts), min(counts)
    if most < IMBALANCE * least:
        return []
    rarest = plan.classes[counts.index(least)]
    message = (
        f"{rarest!r} has {least:,} rows and another class {most:,} (imbalanced classes): it may never be predicted."
    )
    fix, hint = _use(Criterion.WCELOSS), "WCELOSS gives every class the same weight."
    if criterion is not Criterion.CELOSS:
        fix = [PatchOperation(op="add", path="/class_weight", value="balanced")]
        hint = "Balanced class weights give every class the same weight."
    return [build_problem("imbalanced_classes", "criterion", message, hint, fix)]


def _use(criterion: Criterion) -> list[PatchOperation]:
    return [PatchOperation(op="add", path="/criterion", value=criterion.value)]
