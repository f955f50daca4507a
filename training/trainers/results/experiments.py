"""Experiments that a diagnosis proposes, as changes of top-level fields of a run's spec. Called by the diagnoses."""

from __future__ import annotations

from typing import Any

from training.messages.problems import PatchOperation
from training.spec import ProblemType
from training.trainers.estimators import EstimatorChoice

FORESTS = {
    ProblemType.CLASSIFICATION: "RandomForestClassifier",
    ProblemType.REGRESSION: "RandomForestRegressor",
}
"""The estimator that is tried where something better is looked for: it needs no tuning."""


def set_field(field: str, value: Any) -> PatchOperation:
    """RFC 6902: `add` to a member that exists replaces it. So it fits the spec as asked for and as trained alike."""
    return PatchOperation(op="add", path=f"/{field}", value=value)


def use_estimator(name: str, **arguments: Any) -> list[PatchOperation]:
    return [set_field("user_model", {"estimator": name, **arguments}), set_field("user_arch", [])]


def change_choice(choice: EstimatorChoice, **arguments: Any) -> EstimatorChoice:
    """The same estimator with other arguments."""
    return EstimatorChoice(choice.entry, {**choice.arguments, **arguments})


def use_choice(choice: EstimatorChoice) -> list[PatchOperation]:
    return use_estimator(choice.entry.name, **choice.arguments)
