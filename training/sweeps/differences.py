"""Differences between two specs as they were trained. Fields without effect are left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from training.messages.sweeps import Difference
from training.spec import Optimizer, Schedule, TrainingSpec
from training.sweeps.paths import ESTIMATOR, LAYERS, NETWORK_ONLY, VARIABLE
from training.trainers.estimators import parse_estimator
from training.trainers.networks.layer import Layer
from training.trainers.networks.layers import parse_layer

# Some of these cannot vary in a sweep.
COMPARED = (
    *(name for name in VARIABLE if name not in (LAYERS, ESTIMATOR, "seed")),
    "features",
    "column_types",
    "weight",
)


def find_differences(spec: TrainingSpec, other: TrainingSpec) -> list[Difference]:
    """Return the differences of two complete specs of the same table and target. Seeds and names do not count."""
    return [*_compare_models(spec, other), *_compare_fields(spec, other)]


def _compare_models(spec: TrainingSpec, other: TrainingSpec) -> Iterator[Difference]:
    if spec.user_model is None and other.user_model is None:
        yield from _compare_layers(_parse_layers(spec), _parse_layers(other))
    elif spec.user_model is None or other.user_model is None:
        yield Difference(where=ESTIMATOR, value=_describe_estimator(spec), other=_describe_estimator(other))
        yield Difference(where=LAYERS, value=_describe_layers(spec), other=_describe_layers(other))
    else:
        one, two = parse_estimator(spec.user_model), parse_estimator(other.user_model)
        if one.entry is not two.entry:
            yield Difference(where=ESTIMATOR, value=_describe_estimator(spec), other=_describe_estimator(other))
        else:
            yield from _compare_values(ESTIMATOR, one.settings, two.settings)


def _compare_layers(layers: list[Layer], others: list[Layer]) -> Iterator[Difference]:
    """Compare argument by argument if both networks have the same kinds of layers. Otherwise compare them as a
    whole.
    """
    if [layer.name for layer in layers] != [layer.name for layer in others]:
        yield Difference(where=LAYERS, value=_describe(layers), other=_describe(others))
        return
    for position, (layer, other_layer) in enumerate(zip(layers, others, strict=True)):
        yield from _compare_values(f"{LAYERS}[{position}]", _list_values(layer), _list_values(other_layer))


def _compare_fields(spec: TrainingSpec, other: TrainingSpec) -> Iterator[Difference]:
    one, two = spec.model_dump(mode="json"), other.model_dump(mode="json")
    for name in COMPARED:
        if one[name] != two[name] and not _has_no_effect(name, spec, other):
            yield Difference(where=name, value=one[name], other=two[name])


def _has_no_effect(name: str, *specs: TrainingSpec) -> bool:
    """Return whether the field has no effect in either spec."""
    if name in NETWORK_ONLY and any(spec.user_model is not None for spec in specs):
        return True  # NETWORK_ONLY has no field that estimators use
    if name in ("schedule_step", "schedule_gamma"):
        return all(spec.schedule in (None, Schedule.COSINE) for spec in specs)
    return name == "momentum" and all(spec.optimizer_name is not Optimizer.SGD for spec in specs)


def _compare_values(where: str, values: Mapping[str, Any], others: Mapping[str, Any]) -> Iterator[Difference]:
    for name, value in values.items():
        if value != others[name]:
            yield Difference(where=f"{where}.{name}", value=value, other=others[name])


def _parse_layers(spec: TrainingSpec) -> list[Layer]:
    return [parse_layer(entry) for entry in spec.user_arch]


def _list_values(layer: Layer) -> dict[str, Any]:
    """Return the values of all arguments except the input size, which follows from the layers before."""
    names = (argument.name for argument in layer.entry.arguments)
    return {name: layer.get_value(name) for name in names if name != layer.entry.size_argument}


def _describe_layers(spec: TrainingSpec) -> list[str] | None:
    return _describe(_parse_layers(spec)) or None


def _describe(layers: list[Layer]) -> list[str]:
    return [layer.describe() for layer in layers]


def _describe_estimator(spec: TrainingSpec) -> dict[str, Any] | None:
    if spec.user_model is None:
        return None
    choice = parse_estimator(spec.user_model)
    return {"estimator": choice.entry.name, **choice.arguments}
