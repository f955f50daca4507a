"""Fixes and choices that change how one column is read, as JSON Patch on the spec."""

from __future__ import annotations

from typing import Any

from training.parts import Choice, PatchOperation, Problem
from training.spec import ColumnType, TrainingSpec
from training.spec.columns import ColumnChoice

COLUMN_TYPES = "/column_types"


def choose(name: str, **change: Any) -> list[PatchOperation]:
    """Return the patch that sets these fields of the column's choice. `complete` adds the choices of other columns."""
    return [PatchOperation(op="add", path=COLUMN_TYPES, value={name: change})]


def offer(label: str, name: str, **change: Any) -> Choice:
    return Choice(label=label, fix=choose(name, **change))


def complete(problem: Problem, spec: TrainingSpec) -> Problem:
    """Return the problem with patches that keep what the spec says of columns already."""
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
