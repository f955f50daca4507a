"""Convert each column to its type: the inferred one, or the one that the spec chooses. Called by `plan`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import pandas as pd
from pandas.api import types

from training.datasets.columns import infer_type
from training.datasets.formats.column import ColumnFormat
from training.datasets.formats.dates import DateFormat
from training.datasets.formats.labels import LabelFormat, write_label
from training.datasets.formats.numeric import NumberFormat
from training.datasets.formats.remedies import complete
from training.datasets.formats.request import TypedColumn
from training.datasets.table import Table
from training.datasets.typed import ColumnReader
from training.messages.problems import Problem
from training.problems import build_refusal
from training.spec import ColumnType, TrainingSpec
from training.spec.columns import ColumnChoice
from training.spec.reading import ReadingOptions


@dataclass(frozen=True)
class TypedTable:
    """A table whose columns have their final types. `frame` has the rows of the table in their order, numbered from
    0.
    """

    frame: pd.DataFrame
    types: dict[str, ColumnType]
    formats: dict[str, ColumnFormat]
    notes: dict[str, tuple[Problem, ...]]


def type_columns(table: Table, spec: TrainingSpec) -> TypedTable:
    """Convert each column to the inferred type or to the type of the spec.

    Raises SpecRefused: `unknown_column`, `not_numbers`, `not_dates`, `bad_order`, `bad_merge`.
    """
    _check_names(table, spec.column_types)
    columns = {str(name): _take(table, str(name), spec) for name in table.frame.columns}
    frame = table.frame.reset_index(drop=True)
    for name in spec.column_types:
        frame[name] = columns[name].values.reset_index(drop=True)
    return TypedTable(
        frame=frame,
        types={name: column.type for name, column in columns.items()},
        formats={name: column.format for name, column in columns.items()},
        notes={name: tuple(complete(note, spec) for note in column.notes) for name, column in columns.items()},
    )


def choose_columns(table: Table, choices: dict[str, ColumnChoice]) -> Table:
    """Return the table with these columns read as chosen. A built-in table is returned unchanged.

    Raises the same errors as `type_columns`.
    """
    if table.typing is None or not choices:
        return table
    _check_names(table, choices)
    chosen = {name: _retype(table, name, choice) for name, choice in choices.items()}
    frame = table.frame.copy()
    for name, column in chosen.items():
        frame[name] = column.values
    return replace(table, frame=frame, typing=replace(table.typing, columns={**table.typing.columns, **chosen}))


def retype_as_category(table: Table, name: str) -> TypedColumn:
    """Convert a column to labels, each cell as it is written, for example a target with dates."""
    return _retype(table, name, ColumnChoice(type=ColumnType.CATEGORY))


def _check_names(table: Table, names: Iterable[str]) -> None:
    for name in names:
        if name not in table.frame.columns:
            raise build_refusal(
                "unknown_column",
                f"column_types.{name}",
                f"There is no column {name!r}.",
                "Correct the name, or remove it.",
            )


def _take(table: Table, name: str, spec: TrainingSpec) -> TypedColumn:
    given = spec.column_types.get(name)
    choice = ColumnChoice(type=given) if isinstance(given, ColumnType) else given
    if choice is not None and choice != ColumnChoice():
        return _retype(table, name, choice)
    if table.typing is not None:
        return table.typing.columns[name]
    return _describe_typed(table.frame[name])


def _retype(table: Table, name: str, choice: ColumnChoice) -> TypedColumn:
    if table.typing is not None and table.cells is not None:
        reader = ColumnReader(table.typing.options, table.typing.usual_decimal)
        return reader.read(name, table.cells.frame[name], choice)
    text = table.frame[name].map(write_label, na_action="ignore").astype("str").fillna("")
    return ColumnReader(ReadingOptions(), ".").read(name, text, choice)


def _describe_typed(values: pd.Series) -> TypedColumn:
    """Describe a column of a built-in table, which was never text."""
    form: ColumnFormat = LabelFormat()
    if types.is_datetime64_any_dtype(values):
        form = DateFormat()
    elif types.is_numeric_dtype(values) and not types.is_bool_dtype(values):
        form = NumberFormat()
    return TypedColumn(values, infer_type(values), form)
