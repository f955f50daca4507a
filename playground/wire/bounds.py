"""Bounds on the lists and objects of a message, checked before their items are validated.

A validator creates one error for each wrong item: 500,000 of them block the event loop for seconds and use 500 MB.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from annotated_types import Len, MaxLen
from pydantic import AliasChoices, BaseModel
from pydantic.fields import FieldInfo

from playground.wire.errors import InvalidData

MAX_ITEMS = 10_000
"""The largest number of items in a list or object of a field that states no bound itself."""

HINT = "Send fewer; the contract at /asyncapi.json says how many each field takes."


@dataclass(frozen=True)
class MaxItems:
    """Annotates a field whose lists have another bound than MAX_ITEMS and than the field's text."""

    count: int


def check_lengths(model: type[BaseModel], data: Any) -> Any:
    """Check the raw fields of `model` and return them. Raises InvalidData for the first field that is too long.

    For a validator of mode "before". InvalidData is not a ValueError, so pydantic passes it on unchanged.
    """
    if not isinstance(data, dict):
        return data
    if len(data) > MAX_ITEMS:
        raise InvalidData(f"The data has more than {MAX_ITEMS:,} fields.", hint=HINT)
    for name, field in model.model_fields.items():
        for alias in _names_of(name, field):
            value = data.get(alias)
            if isinstance(value, list | dict) and len(value) > (most := _find_bound(field)):
                message = f"{alias}: there are {len(value):,} items; at most {most:,} are accepted."
                raise InvalidData(message, hint=HINT, where=alias)
    return data


def _names_of(name: str, field: FieldInfo) -> set[str]:
    alias = field.validation_alias
    names = alias.choices if isinstance(alias, AliasChoices) else [alias]
    return {name, *(each for each in names if isinstance(each, str))}


def _find_bound(field: FieldInfo) -> int:
    for mark in field.metadata:
        if isinstance(mark, MaxItems):
            return mark.count
        if isinstance(mark, MaxLen | Len) and mark.max_length is not None:
            return mark.max_length
    return MAX_ITEMS
