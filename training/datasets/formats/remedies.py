"""Fixes and choices that change how a table is read, as JSON Patch on the spec."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from training.messages.problems import Choice, PatchOperation, Problem
from training.spec import ColumnType, TrainingSpec
from training.spec.columns import ColumnChoice
from training.spec.reading import ReadingOptions

COLUMN_TYPES = "/column_types"
READING = "/reading"
MAX_PLACE = 200  # characters of a problem's place


def locate(name: str) -> str:
    """Return the place in the spec that says how a column is read."""
    return f"column_types.{name}"[:MAX_PLACE]


def choose(name: str, **change: Any) -> list[PatchOperation]:
    """Return the patch that sets these fields of the column's choice. `complete` adds the choices of other columns."""
    return [PatchOperation(op="add", path=COLUMN_TYPES, value={name: change})]


def offer(label: str, name: str, **change: Any) -> Choice:
    """Return the choice with this label that sets these fields of the column's choice."""
    return Choice(label=label, fix=choose(name, **change))


def offer_types(name: str, labels: Mapping[ColumnType, str]) -> list[Choice]:
    """Return a choice for each type that the column may get, with its label."""
    return [offer(label, name, type=kind.value) for kind, label in labels.items()]


def set_reading(options: ReadingOptions, **change: Any) -> list[PatchOperation]:
    """Return the patch that changes these options of the table's reading. An option that is None is detected."""
    given = {**options.model_dump(mode="json"), **change}
    return [
        PatchOperation(
            op="add", path=READING, value={name: value for name, value in given.items() if value is not None}
        )
    ]


def offer_detected_marks(options: ReadingOptions) -> Choice:
    """Return the choice to detect the decimal mark and the mark between thousands."""
    return Choice(label="Detect the marks of numbers", fix=set_reading(options, decimal=None, thousands=None))


def complete(problem: Problem, spec: TrainingSpec) -> Problem:
    """Return the problem with patches that keep the spec's choices for all columns."""
    fix = [_complete(operation, spec) for operation in problem.fix]
    choices = [
        each.model_copy(update={"fix": [_complete(operation, spec) for operation in each.fix]})
        for each in problem.choices
    ]
    return problem.model_copy(update={"fix": fix, "choices": choices})


def _complete(operation: PatchOperation, spec: TrainingSpec) -> PatchOperation:
    if operation.path != COLUMN_TYPES:
        return operation
    given: dict[str, Any] = {name: _write(choice) for name, choice in spec.column_types.items()}
    for name, change in operation.value.items():
        before = given.get(name, {})
        merged = {**({"type": before} if isinstance(before, str) else before), **change}
        given[name] = merged["type"] if merged.keys() == {"type"} else merged
    return operation.model_copy(update={"value": given})


def _write(choice: ColumnType | ColumnChoice) -> Any:
    if isinstance(choice, ColumnType):
        return choice.value
    return choice.model_dump(mode="json", exclude_none=True)
