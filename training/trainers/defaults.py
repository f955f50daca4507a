"""Defaults of all fields of a spec. `tests/benchmarks/defaults.py` measures them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from training.spec import Criterion, Optimizer, ProblemType, Schedule, TrainingSpec
from training.trainers.boundary import find_default_boundary
from training.trainers.criteria import count_outputs
from training.trainers.estimators import parse_estimator

if TYPE_CHECKING:
    from training.datasets.plan import Plan

EPOCHS = 100
BATCH_SIZE = 32
HIDDEN_UNITS = (64, 32)
DROPOUT = 0.2  # without it, networks overfit small tables such as DIABETES
LEARNING_RATES = {
    Optimizer.ADAM: 0.005,
    Optimizer.ADAMW: 0.005,
    Optimizer.RMSPROP: 0.002,
    Optimizer.ADAGRAD: 0.05,
    Optimizer.SGD: 0.1,
}
SCHEDULE_PARTS = 3  # learning rates of a run with the schedule `step`
PLATEAU_EPOCHS = 5
SCHEDULE_GAMMA = 0.1  # torch's default


def complete(spec: TrainingSpec, plan: Plan) -> TrainingSpec:
    """Return the spec with a value for every field that a run needs. Given values are kept.

    The epochs of an estimator are its reported steps. Raises SpecRefused for an estimator that cannot be parsed.
    """
    problem_type = plan.problem_type
    optimizer = spec.optimizer_name or Optimizer.ADAM
    criterion = spec.criterion or default_criterion(problem_type)
    n_outputs = count_outputs(criterion, len(plan.classes or ()))
    epochs = spec.epochs or EPOCHS if spec.user_model is None else len(parse_estimator(spec.user_model).report_steps)
    return spec.model_copy(
        update={
            "problem_type": problem_type,
            "target": plan.target,
            "criterion": criterion,
            "optimizer_name": optimizer,
            "learning_rate": spec.learning_rate or LEARNING_RATES[optimizer],
            "epochs": epochs,
            "batch_size": spec.batch_size or BATCH_SIZE,
            "user_arch": () if spec.user_model is not None else spec.user_arch or default_layers(criterion, n_outputs),
            "seed": spec.seed or 0,
            "schedule_step": spec.schedule_step or default_schedule_step(spec.schedule, epochs),
            "schedule_gamma": spec.schedule_gamma or SCHEDULE_GAMMA,
            "boundary": spec.boundary or find_default_boundary(plan),
        }
    )


def default_criterion(problem_type: ProblemType) -> Criterion:
    """Return the default criterion of a kind of problem."""
    return Criterion.MSELOSS if problem_type is ProblemType.REGRESSION else Criterion.CELOSS


def default_schedule_step(schedule: Schedule | None, epochs: int) -> int:
    """Return the default step of a schedule, in epochs."""
    return PLATEAU_EPOCHS if schedule is Schedule.PLATEAU else max(1, epochs // SCHEDULE_PARTS)


def default_layers(criterion: Criterion, n_outputs: int) -> tuple[str, ...]:
    """Return a small network with dropout that suits small tables."""
    hidden = [
        layer for units in HIDDEN_UNITS for layer in (f"nn.Linear({units})", "nn.ReLU()", f"nn.Dropout({DROPOUT})")
    ]
    last = ["nn.Sigmoid()"] if criterion is Criterion.BCELOSS else []
    return (*hidden, f"nn.Linear({n_outputs})", *last)
