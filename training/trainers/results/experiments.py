"""Experiments of diagnoses, as changes of top-level fields of a run's spec."""

from __future__ import annotations

from typing import Any

from training.messages.problems import PatchOperation
from training.spec import ProblemType
from training.trainers.estimators import EstimatorChoice

FORESTS = {
    ProblemType.CLASSIFICATION: "RandomForestClassifier",
    ProblemType.REGRESSION: "RandomForestRegressor",
}
"""The estimator that is proposed for comparison, since it needs no tuning."""


def set_field(field: str, value: Any) -> PatchOperation:
    """Return the operation that sets a field. In RFC 6902, `add` replaces an existing member, so it fits any spec."""
    return PatchOperation(op="add", path=f"/{field}", value=value)


def use_estimator(name: str, **arguments: Any) -> list[PatchOperation]:
    """Return the operations that train an estimator instead."""
    return [set_field("user_model", {"estimator": name, **arguments}), set_field("user_arch", [])]


def change_choice(choice: EstimatorChoice, **arguments: Any) -> EstimatorChoice:
    """Return the same estimator with other arguments."""
    return EstimatorChoice(choice.entry, {**choice.arguments, **arguments})


def use_choice(choice: EstimatorChoice) -> list[PatchOperation]:
    """Return the operations that train this estimator instead."""
    return use_estimator(choice.entry.name, **choice.arguments)
