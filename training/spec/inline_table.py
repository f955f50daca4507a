"""A table in a message, as CSV text or records. Only its shape is checked here.

Imports no Django and no pandas. What the values mean is found out by `training/datasets`, in a worker.
"""

from __future__ import annotations

import math
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator
from pydantic_core import PydanticCustomError

from playground.wire.bounds import MaxItems

MAX_INLINE_ROWS = 100_000
LARGEST = 1e308  # larger integers do not fit into a float
SHAPE = "it should be CSV text or a list of flat objects, one a row, with plain values"

Cell = str | int | float | bool | None


def parse_inline(value: Any) -> tuple[dict[str, Cell], ...] | str | None:
    """Return text as it is, and records as a tuple. Raises PydanticCustomError for the first fault."""
    if value is None or isinstance(value, str):
        return value
    if not isinstance(value, list | tuple):
        raise _refuse(SHAPE)
    for number, record in enumerate(value, start=1):
        if not isinstance(record, dict):
            raise _refuse(f"{SHAPE} (item {number} is not)")
        for name, cell in record.items():
            if not isinstance(name, str) or not _is_cell(cell):
                raise _refuse(f"{SHAPE} (item {number} is not)")
            if isinstance(cell, int | float) and not _is_finite(cell):
                raise _refuse(f"item {number} holds a number that is too large, in {name[:50]!r}")
    return tuple(value)


def _is_cell(cell: object) -> bool:
    return cell is None or isinstance(cell, str | int | float)


def _is_finite(number: float) -> bool:
    if isinstance(number, float):
        return math.isfinite(number)
    return -LARGEST <= number <= LARGEST


def _refuse(message: str) -> PydanticCustomError:
    return PydanticCustomError("in_plain_words", message)


InlineTable = Annotated[
    tuple[dict[str, Cell], ...] | str | None,
    PlainValidator(parse_inline, json_schema_input_type=tuple[dict[str, Cell], ...] | str | None),
    # Serialized by the types of the values: pydantic would try each member of the union, and warn for every table.
    PlainSerializer(lambda value: value, return_type=Any),
    MaxItems(MAX_INLINE_ROWS),
]
