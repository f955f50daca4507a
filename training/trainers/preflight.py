"""The preflight: check a spec before training. Infers all shapes and lists all problems, with fixes where possible."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from training.datasets.plan import Plan
from training.datasets.threshold import find_refusal
from training.exceptions import SpecRefused
from training.limits import Limits
from training.messages.checks import TrainingChecked
from training.messages.problems import Level, PatchOperation, Problem
from training.problems import build_problem, describe_refusal
from training.spec import Device, Optimizer, TrainingSpec
from training.trainers import validation
from training.trainers.boundary import check_boundary
from training.trainers.defaults import BATCH_SIZE, EPOCHS
from training.trainers.estimators import check_rows, find_counterpart, parse_estimator
from training.trainers.networks import holdout
from training.trainers.networks.holdout import has_enough_rows, needs_validation
from training.trainers.networks.network_check import NetworkCheck
from training.trainers.sample_weights import check_weights

UNUSUAL_LEARNING_RATES = {
    Optimizer.ADAM: 0.1,
    Optimizer.ADAMW: 0.1,
    Optimizer.RMSPROP: 0.1,
    Optimizer.ADAGRAD: 2.0,
    Optimizer.SGD: 5.0,
}
TINY_LEARNING_RATE = 1e-6


def check(spec: TrainingSpec, plan: Plan | None, limits: Limits) -> TrainingChecked:
    """Check a spec, complete or not. Allocates no weights. `plan`: None if the table is unknown."""
    problems = list(plan.notes) if plan else []
    checked = TrainingChecked(model=_describe_default(spec))
    if plan is not None:
        checked = checked.model_copy(
            update={
                "data": plan.table,
                "rows": plan.rows,
                "columns": plan.columns,
                "features": plan.n_features,
                "problem_type": plan.problem_type.value,
                "target": plan.target,
                "classes": list(plan.classes) if plan.classes else None,
                "class_counts": plan.class_counts,
            }
        )
    settings = check_settings(spec, plan, limits)
    if spec.user_model is not None:
        model, found = _check_estimator(spec, plan)
        if spec.user_arch:
            found.append(
                build_problem("both_models", "user_model", fix=[PatchOperation(op="remove", path="/user_model")])
            )
        suspicions = plan.suspicions if plan else ()
        return checked.model_copy(update={"model": model, "problems": [*problems, *suspicions, *settings, *found]})
    network = NetworkCheck(spec, plan, limits)
    network.run()
    suspicions = _suspect(plan, network) if plan else ()
    return checked.model_copy(
        update={
            "model": network.describe(),
            "layers": network.shapes,
            "parameters": sum(shape.parameters for shape in network.shapes),
            "problems": [*problems, *suspicions, *settings, *network.problems],
        }
    )


def find_notes(spec: TrainingSpec, plan: Plan) -> list[Problem]:
    """Return the warnings of `check` for a spec that has passed it, as notes for its result."""
    return [problem for problem in check(spec, plan, Limits()).problems if problem.level is Level.WARNING]


def _suspect(plan: Plan, network: NetworkCheck) -> tuple[Problem, ...]:
    """Return suspicions about the columns. If a fix removes features, the size of the first layer is inferred again.

    For images only target leaks are returned, without a fix: blank or equal columns are normal there, and none can be
    left out.
    """
    if any(layer and layer.name == "Unflatten" for layer in network.layers):
        leaks = (problem for problem in plan.suspicions if problem.code == "target_leak")
        return tuple(problem.model_copy(update={"fix": []}) for problem in leaks)
    first = network.layers[0] if network.layers else None
    size = first.entry.size_argument if first else None
    if first is None or size not in first.arguments:
        return plan.suspicions
    follow = PatchOperation(op="replace", path="/user_arch/0", value=first.as_object(**{str(size): None}))
    return tuple(
        problem.model_copy(update={"fix": [*problem.fix, follow]}) if _changes_features(problem) else problem
        for problem in plan.suspicions
    )


def _changes_features(problem: Problem) -> bool:
    """Return whether the fix of a suspicion removes features. A column that groups rows is not a feature."""
    return any(operation.path == "/features" for operation in problem.fix) or problem.code == "repeated_groups"


def check_settings(spec: TrainingSpec, plan: Plan | None, limits: Limits) -> list[Problem]:
    """Return the problems of the settings that do not depend on the model."""
    problems = []
    if spec.device is Device.GPU and not limits.gpu:
        hint = "Leave the device out: then the CPU is used."
        problems.append(
            build_problem(
                "no_gpu",
                "device",
                "This server has no GPU.",
                hint,
                [PatchOperation(op="remove", path="/device")],
            )
        )
    if spec.epochs is not None and spec.epochs > limits.epochs:
        problems.append(
            build_problem(
                "too_many_epochs",
                "epochs",
                f"{spec.epochs:,} epochs are too many; at most {limits.epochs:,} are allowed.",
                f"Use at most {limits.epochs:,}.",
                [PatchOperation(op="replace", path="/epochs", value=limits.epochs)],
            )
        )
    if (
        plan is not None
        and spec.user_model is None
        and spec.batch_size is not None
        and spec.batch_size > len(plan.train)
    ):
        problems.append(
            build_problem(
                "batch_too_large",
                "batch_size",
                f"There are only {len(plan.train)} training rows, so every epoch is a single step.",
                f"Use a batch size such as {BATCH_SIZE}.",
                [PatchOperation(op="replace", path="/batch_size", value=min(BATCH_SIZE, len(plan.train)))],
            )
        )
    if plan is not None and needs_validation(spec) and not has_enough_rows(len(plan.train)):
        name = "patience" if spec.patience is not None else "schedule"
        problems.append(
            build_problem(
                "too_few_to_hold_back",
                name,
                f"{len(plan.train)} training rows are too few to hold some back for validation.",
                f"Leave out {name}, or add rows.",
                [PatchOperation(op="remove", path=f"/{name}")],
            )
        )
    if plan is not None:
        problems += check_weights(spec, plan.classes)
        if refusal := find_refusal(spec.threshold, plan.classes, plan.target):
            fix = [PatchOperation(op="remove", path="/threshold")]
            problems.append(describe_refusal(refusal).model_copy(update={"fix": fix}))
        if needs_validation(spec) and has_enough_rows(len(plan.train)):
            field = "patience" if spec.patience is not None else "schedule"
            problems += _try_to_divide(holdout.divide_training_rows, plan, spec, field)
        if spec.folds is not None:
            problems += _check_folds(spec, plan, limits)
    return [*problems, *_check_optimizer(spec), *check_boundary(spec, plan)]


def _check_folds(spec: TrainingSpec, plan: Plan, limits: Limits) -> list[Problem]:
    assert spec.folds is not None
    epochs = 1 if spec.user_model is not None else spec.epochs or EPOCHS
    total = epochs * (spec.folds + 1)
    if total > limits.epochs:
        return [
            build_problem(
                "too_many_epochs",
                "folds",
                f"{spec.folds} folds need {total:,} epochs in all; at most {limits.epochs:,} are allowed.",
                "Use fewer folds or epochs, or leave folds out.",
                [PatchOperation(op="remove", path="/folds")],
            )
        ]
    return _try_to_divide(validation.divide_training_rows, plan, spec, "folds")


def _try_to_divide(
    divide: Callable[[Plan, TrainingSpec], Any], plan: Plan, spec: TrainingSpec, field: str
) -> list[Problem]:
    """Return the problem if training rows cannot be divided for validation. Its fix removes `field`."""
    try:
        divide(plan, spec)
    except SpecRefused as error:
        fix = [PatchOperation(op="remove", path=f"/{field}")]
        return [describe_refusal(error).model_copy(update={"where": field, "fix": fix})]
    return []


def _check_optimizer(spec: TrainingSpec) -> list[Problem]:
    problems = []
    optimizer = spec.optimizer_name or Optimizer.ADAM
    if spec.momentum and optimizer is not Optimizer.SGD:
        problems.append(
            build_problem(
                "setting_without_effect",
                "momentum",
                f"Only SGD uses momentum, so it has no effect with {optimizer}.",
                "Leave it out, or use SGD.",
                [PatchOperation(op="remove", path="/momentum")],
            )
        )
    rate = spec.learning_rate
    if rate is not None and (rate > UNUSUAL_LEARNING_RATES[optimizer] or rate < TINY_LEARNING_RATE):
        size = (
            "large: the loss may jump or become infinite"
            if rate > TINY_LEARNING_RATE
            else "small: training will be slow"
        )
        problems.append(
            build_problem(
                "learning_rate_unusual",
                "learning_rate",
                f"A learning rate of {rate:g} is very {size} with {optimizer}.",
                "Leave it out to use the default, which usually works.",
                [PatchOperation(op="remove", path="/learning_rate")],
            )
        )
    return problems


def _check_estimator(spec: TrainingSpec, plan: Plan | None) -> tuple[str, list[Problem]]:
    try:
        choice = parse_estimator(spec.user_model)
    except SpecRefused as error:
        return "", [build_problem(error.data.code, "user_model", error.data.message, error.data.hint)]
    entry = choice.entry
    if plan is None:
        return entry.name, []
    if entry.problem_type is not plan.problem_type:
        message = f"{entry.name} is for {entry.problem_type}, and {plan.target!r} makes this {plan.problem_type}."
        other = find_counterpart(entry)
        return entry.name, [
            build_problem(
                "estimator_problem_mismatch", "user_model", message, f"Use {other}.", [_use_estimator(estimator=other)]
            )
        ]
    try:
        check_rows(choice, plan.y[plan.train])
    except SpecRefused as error:
        data, fix = error.data, []
        if data.code == "too_many_neighbours":
            fix = [_use_estimator(**{**choice.arguments, "n_neighbors": len(plan.train)}, estimator=entry.name)]
        return entry.name, [build_problem(data.code, data.where, data.message, data.hint, fix)]
    return entry.name, []


def _use_estimator(**fields: Any) -> PatchOperation:
    return PatchOperation(op="replace", path="/user_model", value=fields)


def _describe_default(spec: TrainingSpec) -> str:
    return "" if spec.user_arch or spec.user_model else "default network"
