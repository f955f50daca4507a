"""Weights of classes and rows: check them, and pass them to estimators. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from training.exceptions import SpecRefused
from training.messages.problems import PatchOperation, Problem
from training.name_lookup import find_nearest
from training.problems import build_problem
from training.spec import Criterion, ProblemType, TrainingSpec
from training.trainers.estimators import ESTIMATORS, EstimatorChoice, EstimatorEntry, parse_estimator
from training.trainers.estimators.entry import Learning

if TYPE_CHECKING:
    import numpy as np

    from training.datasets.preprocessing import PreparedData

MAX_LISTED = 10
REMOVE = [PatchOperation(op="remove", path="/class_weight")]


def check_weights(spec: TrainingSpec, classes: Sequence[str] | None) -> list[Problem]:
    """Return the problems of `class_weight` and `weight` with the model and the classes (None for a regression)."""
    problems = _check_classes(spec, classes) if spec.class_weight is not None else []
    return [*problems, *_check_model(spec)]


def refuse_invalid_weights(spec: TrainingSpec, classes: Sequence[str] | None) -> None:
    """Raise SpecRefused for the first problem of `check_weights`."""
    for problem in check_weights(spec, classes):
        raise SpecRefused(problem.message, code=problem.code, where=problem.where, hint=problem.hint)


def compute_class_weights(spec: TrainingSpec, classes: Sequence[str], y: np.ndarray) -> np.ndarray | None:
    """Return the weights of classes, float64 (n_classes,); None for equal weights.

    y (n,): class indices of the rows that are used for fitting. `balanced` is scikit-learn's n / (n_classes * rows of
    the class), where n_classes counts the classes with rows. A class without rows has the weight 0. A class that a
    dictionary does not name has the weight 1.
    """
    import numpy as np

    if spec.class_weight is None:
        return None
    if isinstance(spec.class_weight, Mapping):
        return np.array([spec.class_weight.get(name, 1.0) for name in classes])
    counts = np.bincount(y, minlength=len(classes))
    return np.where(counts > 0, len(y) / (np.count_nonzero(counts) * np.maximum(counts, 1)), 0.0)


@dataclass(frozen=True)
class WeightedEstimator:
    """An estimator and the weights for its `fit`.

    Attributes
    ----------
    choice : EstimatorChoice
    of_classes : str, dict or None
        scikit-learn's `class_weight` if it is part of the row weights. None if it is an argument of the estimator.
    of_rows : ndarray of shape (n_train,) or None
        `sample_weight`.
    """

    choice: EstimatorChoice
    of_classes: str | dict[int, float] | None
    of_rows: np.ndarray | None


def weight_estimator(spec: TrainingSpec, data: PreparedData) -> WeightedEstimator:
    """Return the estimator of a spec with class weights as its argument if possible, or else as row weights."""
    choice, given = parse_estimator(spec.user_model), spec.class_weight
    if given is None:
        return WeightedEstimator(choice, None, data.weights)
    of_classes: str | dict[int, float]
    if isinstance(given, str):
        of_classes = given
    else:  # by class index; scikit-learn refuses classes without a training row
        learned = [(index, name) for index, name in enumerate(data.classes or ()) if (data.y_train == index).any()]
        of_classes = {index: given[name] for index, name in learned if name in given}
    # HistGradientBoosting balances only the classes that have training rows.
    if choice.has_class_weight and (isinstance(given, str) or choice.entry.learning is not Learning.ROUNDS):
        arguments: Any = {**choice.arguments, "class_weight": of_classes}
        return WeightedEstimator(replace(choice, arguments=arguments), None, data.weights)
    class_weights = compute_class_weights(spec, data.classes or (), data.y_train)
    assert class_weights is not None
    weights = class_weights[data.y_train]
    return WeightedEstimator(choice, of_classes, weights if data.weights is None else weights * data.weights)


def _check_classes(spec: TrainingSpec, classes: Sequence[str] | None) -> list[Problem]:
    if classes is None:
        message = "A regression has no classes, so class_weight has no effect."
        hint = "Leave class_weight out. A column in `weight` gives rows different weights."
        return [build_problem("class_weight_not_classes", "class_weight", message, hint, REMOVE)]
    if not isinstance(spec.class_weight, Mapping):
        return []
    problems = [_describe_unknown(name, classes) for name in spec.class_weight if name not in classes]
    if not problems and sum(spec.class_weight.get(name, 1.0) > 0 for name in classes) < 2:
        message = "Fewer than two classes have a weight above 0: there is nothing to learn."
        hint = "Give at least two classes a weight above 0."
        problems = [build_problem("class_weight_zero", "class_weight", message, hint, REMOVE)]
    return problems[:MAX_LISTED]


def _describe_unknown(name: str, classes: Sequence[str]) -> Problem:
    near = find_nearest(name, classes)
    named = ", ".join(map(repr, classes[:MAX_LISTED])) + (", …" if len(classes) > MAX_LISTED else "")
    hint = f"Did you mean {near!r}? " if near else ""
    token = name.replace("~", "~0").replace("/", "~1")
    fix = [PatchOperation(op="remove", path=f"/class_weight/{token}")]
    return build_problem(
        "unknown_class", "class_weight", f"There is no class {name[:60]!r}.", f"{hint}The classes are {named}.", fix
    )


def _check_model(spec: TrainingSpec) -> list[Problem]:
    given = [name for name in ("class_weight", "weight") if getattr(spec, name) is not None]
    if not given:
        return []
    if spec.user_model is None:
        if spec.class_weight is not None and spec.criterion is Criterion.WCELOSS:
            message = "WCELOSS balances the classes already."
            hint = "Use CELOSS with class_weight, or leave class_weight out."
            fix = [PatchOperation(op="replace", path="/criterion", value=Criterion.CELOSS.value)]
            return [build_problem("class_weight_twice", "class_weight", message, hint, fix)]
        return []
    try:
        choice = parse_estimator(spec.user_model)
    except SpecRefused:
        return []  # another check reports it
    problems = []
    if not choice.entry.takes_weights:
        for name in given:
            message = f"{choice.entry.name} cannot use weights, so {name} has no effect."
            hint = f"Leave {name} out, or use another estimator, such as {_list_weightable(choice.entry)}."
            fix = [PatchOperation(op="remove", path=f"/{name}")]
            problems.append(build_problem("weights_unsupported", name, message, hint, fix))
    elif spec.class_weight is not None and choice.arguments.get("class_weight") is not None:
        message = f"class_weight is given twice: in the spec and as an argument of {choice.entry.name}."
        hint = "Leave one of the two out."
        problems.append(build_problem("class_weight_twice", "class_weight", message, hint, REMOVE))
    return problems


def _list_weightable(entry: EstimatorEntry) -> str:
    kind: ProblemType = entry.problem_type
    names = [other.name for other in ESTIMATORS.values() if other.takes_weights and other.problem_type is kind]
    return ", ".join(names[:4])
