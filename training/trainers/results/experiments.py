"""Experiments that a diagnosis proposes, as changes of top-level fields of a run's spec. Called by the diagnoses."""

from __future__ import annotations

from typing import Any

from training.parts import PatchOperation
from training.spec import TrainingSpec
from training.trainers.defaults import default_layers
from training.trainers.estimators import EstimatorChoice
from training.trainers.networks.criteria import count_outputs
from training.trainers.networks.layers import parse_layer


def set_field(field: str, value: Any) -> PatchOperation:
    """RFC 6902: `add` to a member that exists replaces it. So it fits the spec as asked for and as trained alike."""
    return PatchOperation(op="add", path=f"/{field}", value=value)


def use_network(auxiliary: dict[str, Any], spec: TrainingSpec) -> list[PatchOperation]:
    """The default network for what an estimator has learned."""
    assert spec.criterion is not None
    layers = default_layers(spec.criterion, count_outputs(spec.criterion, len(auxiliary.get("category_list", ()))))
    written = [parse_layer(layer).as_object() for layer in layers]
    return [set_field("user_model", None), set_field("user_arch", written)]


def use_estimator(name: str, **arguments: Any) -> list[PatchOperation]:
    return [set_field("user_model", {"estimator": name, **arguments}), set_field("user_arch", [])]


def change_estimator(choice: EstimatorChoice, **arguments: Any) -> list[PatchOperation]:
    """The same estimator with other arguments."""
    return use_estimator(choice.entry.name, **{**choice.arguments, **arguments})
