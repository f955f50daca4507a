"""Paths into a spec: `learning_rate`, `user_arch[0].out_features`, `user_model.max_depth`.

Paths are parsed into frozen types. Their names are looked up among known ones, and never used as attributes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from training.exceptions import SpecRefused
from training.name_lookup import find_nearest
from training.spec import SOURCES, TrainingSpec
from training.trainers.arguments import Argument
from training.trainers.estimators import parse_estimator
from training.trainers.networks.layers import parse_layer

FIXED = frozenset(
    {*SOURCES, "reading", "target", "features", "column_types", "problem_type", "split", "folds", "weight", "boundary"}
    | {"custom_model_name", "notify"}
)
"""The fields that cannot vary. With different data or targets, scores could not be compared."""

VARIABLE = tuple(name for name in TrainingSpec.model_fields if name not in FIXED)
NETWORK_ONLY = frozenset(VARIABLE) - {
    *("user_arch", "user_model", "test_size", "shuffle", "seed", "class_weight", "threshold")
}
"""The fields that have no effect on estimators."""

LAYERS, ESTIMATOR = "user_arch", "user_model"
MAX_PATH = 100  # characters

_GRAMMAR = re.compile(r"([a-z_]+)(?:\[(0|[1-9][0-9]{0,2})\])?(?:\.([A-Za-z_][A-Za-z0-9_]*))?", re.ASCII)


@dataclass(frozen=True)
class FieldPath:
    """A whole field of the spec, one of VARIABLE."""

    name: str


@dataclass(frozen=True)
class LayerPath:
    """One layer of `user_arch`, or one argument of it."""

    position: int
    argument: Argument | None


@dataclass(frozen=True)
class EstimatorPath:
    """One argument of `user_model`."""

    argument: Argument


Path = FieldPath | LayerPath | EstimatorPath


def parse_path(text: str, spec: TrainingSpec) -> Path:
    """Parse a path. `spec` is the spec that it leads into.

    Raises SpecRefused (`unknown_variable`, `unknown_argument`, and the codes of layers and estimators), whose
    `where` names the path.
    """
    where = locate(text)
    found = _GRAMMAR.fullmatch(text) if len(text) <= MAX_PATH else None
    if found is None:
        raise _refuse(where, f"{text[:MAX_PATH]!r} is no place in a spec.")
    field, position, argument = found.groups()
    if field == LAYERS and position is not None:
        return _parse_layer_path(spec, int(position), argument, where)
    if field == ESTIMATOR and argument is not None and position is None:
        return _parse_estimator_path(spec, argument, where)
    if field not in VARIABLE or position is not None or argument is not None:
        raise _refuse(where, f"{text!r} cannot be varied.", field)
    return FieldPath(field)


def locate(text: str, position: int | None = None) -> str:
    """Return the `where` of errors about a path, or about one of its values."""
    return f'vary["{text[:MAX_PATH]}"]' + ("" if position is None else f"[{position}]")


def is_part_of(inner: str, outer: str) -> bool:
    """Return whether the path `inner` leads into what the path `outer` names."""
    return inner == outer or inner.startswith((f"{outer}.", f"{outer}["))


def _parse_layer_path(spec: TrainingSpec, position: int, argument: str | None, where: str) -> LayerPath:
    layers = spec.user_arch
    if position >= len(layers):
        there = f"there are {len(layers)}, from user_arch[0] to user_arch[{len(layers) - 1}]"
        hint = f"Count from 0: {there}." if layers else "Write the layers out in user_arch to vary them."
        message = f"The network has no layer {position}." if layers else "The spec names no layers."
        raise SpecRefused(message, code="unknown_variable", hint=hint, where=where)
    if argument is None:
        return LayerPath(position, None)
    try:
        entry = parse_layer(layers[position]).entry
    except SpecRefused as error:
        raise _at(error, f"user_arch[{position}]") from None
    return LayerPath(position, _get_argument(argument, entry.name, entry.arguments, where))


def _parse_estimator_path(spec: TrainingSpec, argument: str, where: str) -> EstimatorPath:
    if spec.user_model is None:
        hint = "Choose an estimator in user_model, or vary the network's layers."
        raise SpecRefused("The spec names no estimator.", code="unknown_variable", hint=hint, where=where)
    try:
        entry = parse_estimator(spec.user_model).entry
    except SpecRefused as error:
        raise _at(error, ESTIMATOR) from None
    return EstimatorPath(_get_argument(argument, entry.name, entry.arguments, where))


def _get_argument(name: str, owner: str, arguments: tuple[Argument, ...], where: str) -> Argument:
    known = {argument.name: argument for argument in arguments}
    if name in known:
        return known[name]
    near = find_nearest(name, known)
    meant = f"Did you mean {near}? " if near else ""
    takes = f"Its arguments are {', '.join(known)}." if known else "It takes none."
    raise SpecRefused(
        f"{owner} has no argument {name[:50]!r}.", code="unknown_argument", hint=f"{meant}{takes}", where=where
    )


def _at(error: SpecRefused, where: str) -> SpecRefused:
    return SpecRefused(error.message, code=error.data.code, hint=error.data.hint, where=where)


def _refuse(where: str, message: str, field: str = "") -> SpecRefused:
    near = find_nearest(field, VARIABLE)
    meant = f"Did you mean {near}? " if near and near != field else ""
    hint = f"{meant}What varies is {', '.join(VARIABLE)}, user_arch[0].out_features or user_model.max_depth."
    return SpecRefused(message, code="unknown_variable", hint=hint, where=where)
