"""The contract of the whole playground: every app's sockets in one AsyncAPI document, and the registries' entries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from notifications.consumers import NotificationsConsumer
from playground.wire.contract import build_contract
from progress.consumers import ProgressConsumer
from training.consumers import TrainingConsumer
from training.trainers import estimators
from training.trainers.arguments import MAX_SIZES, Kind
from training.trainers.networks import layers

VERSION = "0.1.0"
SOCKETS = {
    "/ws/training/": TrainingConsumer,
    "/ws/progress/": ProgressConsumer,
    "/ws/notifications/": NotificationsConsumer,
}


@dataclass(frozen=True)
class Registry:
    """What may be named in a spec; `key` is the field of the object form that holds the name."""

    key: str
    about: str
    palette: Callable[[], list[dict[str, Any]]]


REGISTRIES = {
    "Layer": Registry("layer", "What user_arch may list, in the object form.", layers.palette),
    "Estimator": Registry("estimator", "What user_model may be, in the object form.", estimators.palette),
}


@cache
def get_contract() -> dict[str, Any]:
    document = build_contract(SOCKETS, title="Deep Learning Playground", version=VERSION)
    document["components"]["schemas"] |= {
        name: {
            "description": registry.about,
            "oneOf": [_describe_call(registry.key, entry) for entry in registry.palette()],
        }
        for name, registry in REGISTRIES.items()
    }
    return document


def _describe_call(key: str, entry: dict[str, Any]) -> dict[str, Any]:
    """JSON Schema for the object form of one entry of a palette."""
    arguments = entry["arguments"]
    return {
        "title": entry["name"],
        "description": entry["about"],
        "type": "object",
        "additionalProperties": False,
        "required": [key, *(argument["name"] for argument in arguments if argument["required"])],
        "properties": {
            key: {"const": entry["name"]},
            **{argument["name"]: _describe_argument(argument) for argument in arguments},
        },
    }


def _describe_argument(argument: dict[str, Any]) -> dict[str, Any]:
    forms = _list_forms(argument)
    if argument["optional"] or argument["inferred"]:
        forms.append({"type": "null"})
    schema = {"description": argument["about"], **(forms[0] if len(forms) == 1 else {"anyOf": forms})}
    return schema if argument["required"] or argument["inferred"] else schema | {"default": argument["default"]}


def _list_forms(argument: dict[str, Any]) -> list[dict[str, Any]]:
    kind = Kind(argument["type"])
    if kind is Kind.CHOICE:
        return [{"enum": argument["choices"]}]
    bounds = {name: argument[name] for name in ("minimum", "maximum") if argument[name] is not None}
    if kind not in (Kind.PAIR, Kind.SIZES):
        return [{"type": kind.value, **bounds}]
    integer = {"type": "integer", **bounds}
    fewest, most = (2, 2) if kind is Kind.PAIR else (1, MAX_SIZES)
    return [integer, {"type": "array", "items": integer, "minItems": fewest, "maxItems": most}]
