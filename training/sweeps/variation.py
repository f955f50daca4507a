"""Variation: the specs of all combinations of a sweep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations, product
from math import prod
from typing import Any

from pydantic import JsonValue, ValidationError

from playground.wire.errors import InvalidData
from training.exceptions import SpecRefused
from training.spec import TrainingSpec
from training.sweeps.paths import FieldPath, LayerPath, Path, is_part_of, locate, parse_path
from training.trainers.arguments import Argument
from training.trainers.estimators import parse_estimator
from training.trainers.networks.layers import parse_layer

SEED = "seed"

Vary = Mapping[str, Sequence[JsonValue]]


@dataclass(frozen=True)
class Combination:
    """One value for each path that varies, without the seed.

    Parameters
    ----------
    values
        The values by their paths.
    changes
        The fields of the spec that the values change.
    spec
        The complete spec with the changes.
    """

    values: Mapping[str, Any]
    changes: Mapping[str, Any]
    spec: TrainingSpec


@dataclass(frozen=True)
class Variation:
    """The combinations and the seeds. Each combination is trained with each seed."""

    combinations: tuple[Combination, ...]
    seeds: tuple[int, ...]

    @property
    def runs(self) -> int:
        return len(self.combinations) * len(self.seeds)


@dataclass(frozen=True)
class _Axis:
    text: str
    path: Path
    values: tuple[Any, ...]


def parse_variation(spec: TrainingSpec, vary: Vary, max_runs: int) -> Variation:
    """Build all combinations. The last path varies fastest. If `seed` does not vary, the spec's seed is used.

    Raises SpecRefused with `where` naming the path or the value: `unknown_variable`, `unknown_argument`,
    `bad_argument`, `bad_vary`, `too_many_sweep_runs`.
    """
    runs = max([prod(map(len, vary.values())), *map(len, vary.values())])
    if runs > max_runs:
        raise SpecRefused(
            f"These are {runs:,} runs; at most {max_runs:,} are trained at once.",
            code="too_many_sweep_runs",
            where="vary",
            hint="Try fewer values, or fewer seeds.",
        )
    axes = [_parse_axis(text, values, spec) for text, values in vary.items()]
    for inner, outer in permutations(vary, 2):
        if is_part_of(inner, outer):
            message = f"{inner} is a part of {outer}, which varies already."
            raise _refuse(message, "Vary one of the two.", locate(inner))
    seeds = next((axis.values for axis in axes if axis.text == SEED), (spec.seed or 0,))
    varied = [axis for axis in axes if axis.text != SEED]
    combinations = tuple(_combine(spec, varied, chosen) for chosen in product(*(axis.values for axis in varied)))
    return Variation(combinations, seeds)


def _parse_axis(text: str, values: Sequence[JsonValue], spec: TrainingSpec) -> _Axis:
    path = parse_path(text, spec)
    if not values:
        raise _refuse("There is no value to try.", "Give a list of values.", locate(text))
    parsed: list[Any] = []
    for position, value in enumerate(values):
        where = locate(text, position)
        try:
            choice = _parse_value(path, value)
        except SpecRefused as error:
            raise SpecRefused(error.message, code=error.data.code, hint=error.data.hint, where=where) from None
        if choice in parsed:
            raise _refuse(f"{str(value)[:50]} is there twice.", "Give each value once.", where)
        parsed.append(choice)
    return _Axis(text, path, tuple(parsed))


def _parse_value(path: Path, value: JsonValue) -> Any:
    """Return the parsed value: of a field or an argument, or the object form of a layer."""
    if isinstance(path, FieldPath):
        try:
            parsed = dict(TrainingSpec.model_validate({path.name: value}))[path.name]
        except ValidationError as error:
            data = InvalidData.from_validation(error).data
            raise SpecRefused(data.message, code="bad_vary", hint="Give values that the field takes.") from None
        if parsed is None and path.name == SEED:
            raise SpecRefused("A seed is a whole number.", code="bad_vary", hint="Give seeds such as 0, 1, 2.")
        return parsed
    if path.argument is None:
        return parse_layer(value).as_object()
    return _parse_argument(path.argument, value)


def _parse_argument(argument: Argument, value: JsonValue) -> Any:
    if value is None and argument.inferred:
        return None
    return argument.check(tuple(value) if isinstance(value, list) else value)  # type: ignore[arg-type]


def _combine(spec: TrainingSpec, axes: Sequence[_Axis], chosen: Sequence[Any]) -> Combination:
    changes: dict[str, Any] = {}
    layers: dict[LayerPath, Any] = {}
    arguments: dict[str, Any] = {}
    for axis, value in zip(axes, chosen, strict=True):
        if isinstance(axis.path, FieldPath):
            changes[axis.path.name] = value
        elif isinstance(axis.path, LayerPath):
            layers[axis.path] = value
        else:
            arguments[axis.path.argument.name] = value
    if layers:
        changes["user_arch"] = _change_layers(spec.user_arch, layers)
    if arguments:
        choice = parse_estimator(spec.user_model)
        changes["user_model"] = {"estimator": choice.entry.name, **choice.arguments, **arguments}
    values = {axis.text: value for axis, value in zip(axes, chosen, strict=True)}
    return Combination(values, changes, spec.model_copy(update=changes))


def _change_layers(entries: Sequence[Any], chosen: Mapping[LayerPath, Any]) -> tuple[Any, ...]:
    """Return the layers with the chosen values. Stated input sizes of later layers are removed, and inferred again."""
    changed = list(entries)
    for path, value in chosen.items():
        if path.argument is None:
            changed[path.position] = value
        else:
            changed[path.position] = parse_layer(changed[path.position]).as_object(**{path.argument.name: value})
    first = min(path.position for path in chosen)
    given = {path.position for path in chosen if path.argument is None or path.argument.inferred}
    for position in range(first + 1, len(changed)):
        if position not in given:
            changed[position] = _forget_size(changed[position])
    return tuple(changed)


def _forget_size(entry: Any) -> Any:
    try:
        layer = parse_layer(entry)
    except SpecRefused:
        return entry  # for the preflight to report
    size = layer.entry.size_argument
    if size is None or layer.entry.size_axis is None or size not in layer.arguments:
        return entry
    return layer.as_object(**{size: None})


def _refuse(message: str, hint: str, where: str) -> SpecRefused:
    return SpecRefused(message, code="bad_vary", hint=hint, where=where)
