"""Read rows to predict with the formats of the training table. Called by workers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from training.datasets.bounds import check_predicted
from training.datasets.formats.column import ColumnFormat
from training.datasets.formats.dates import ISO, DateFormat
from training.datasets.formats.durations import DurationFormat
from training.datasets.formats.labels import LabelFormat
from training.datasets.formats.numeric import LARGEST
from training.datasets.formats.text import Text
from training.datasets.preparation import Preparation
from training.datasets.reading.records import write_cell
from training.exceptions import SpecRefused
from training.messages.problems import Problem
from training.name_lookup import find_nearest
from training.problems import build_problem, build_refusal
from training.spec.inline_table import Cell

_PLAIN = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
NAMED = 5  # levels or columns that a problem lists


def parse_rows(rows: Sequence[Mapping[str, Cell]], preparation: Preparation) -> pd.DataFrame:
    """Return a frame with `preparation.columns` for objects that map columns to values.

    Each cell is read as the table's own cells were. A value that is absent, null or empty is missing, and is imputed as
    in training. Columns that the model does not use are ignored here; see `find_unknown`. Raises SpecRefused:
    `too_many_cells`, `no_known_column`, `not_numbers`, `not_dates`.
    """
    check_predicted(len(rows), len(preparation.columns))
    known = set(preparation.columns)
    for position, row in enumerate(rows):
        if not known & row.keys():
            near = find_nearest(next(iter(row), ""), preparation.columns)
            hint = f"Did you mean {near}? " if near else ""
            raise SpecRefused(
                f"Row {position + 1} has none of the columns that this model learned from.",
                code="no_known_column",
                where=f"rows[{position}]",
                hint=f"{hint}They are {', '.join(preparation.columns[:20])}.",
            )
    columns = {name: [write_cell(row.get(name)) for row in rows] for name in preparation.columns}
    numbers = {name: [_find_number(row.get(name)) for row in rows] for name in preparation.numbers}
    return _type_columns(pd.DataFrame(columns, dtype="str"), preparation, numbers)


def type_columns(frame: pd.DataFrame, preparation: Preparation) -> pd.DataFrame:
    """Return `preparation.columns` for the text cells of a file, each read as the table's own cells were.

    Raises SpecRefused: `column_missing`, `not_numbers`, `not_dates`.
    """
    missing = [name for name in preparation.columns if name not in frame.columns]
    if missing:
        near = find_nearest(missing[0], map(str, frame.columns))
        raise SpecRefused(
            f"The column {missing[0]!r}, which this model learned from, is missing.",
            code="column_missing",
            where="rows",
            hint=f"Rename {near!r} if that is meant." if near else "Add it; empty where unknown.",
        )
    return _type_columns(frame, preparation, {})


def find_unknown(given: Iterable[str], frame: pd.DataFrame, preparation: Preparation) -> list[Problem]:
    """Return a problem for each column that the model does not use, and for each level that it did not learn.

    `given`: the names of the columns that were sent. `frame`: the result of `parse_rows` or `type_columns`.
    """
    problems = []
    known = {*preparation.columns, preparation.target}
    for name in dict.fromkeys(name for name in given if name not in known):
        near = find_nearest(name, preparation.columns)
        hint = f"Rename it if {near!r} is meant." if near else "Leave it out, or correct its name."
        message = f"The model does not use the column {name[:100]!r}."
        problems.append(build_problem("unused_column", f"rows.{name}"[:200], message, hint))
    for name, levels in preparation.levels.items():
        counts = frame[name].value_counts()
        unknown = {level: int(count) for level, count in counts.items() if level not in levels}
        if unknown:
            shown = ", ".join(f"{level[:40]!r}" for level in [*unknown][:NAMED])
            more = f" and {len(unknown) - NAMED:,} more" if len(unknown) > NAMED else ""
            problems.append(
                build_problem(
                    "unknown_level",
                    f"rows.{name}"[:200],
                    f"In {name!r}, the model did not learn {shown}{more} ({_count_cells(unknown)}). It treats such a "
                    "cell as none of its levels.",
                    f"It learned {', '.join(level[:40] for level in [*levels][:20])}.",
                )
            )
    return problems


def _count_cells(levels: Mapping[str, int]) -> str:
    count = sum(levels.values())
    return "1 cell" if count == 1 else f"{count:,} cells"


def _type_columns(
    frame: pd.DataFrame, preparation: Preparation, numbers: Mapping[str, Sequence[float | None]]
) -> pd.DataFrame:
    return pd.DataFrame(
        {name: _read(frame[name], preparation.get_format(name), numbers.get(name, ())) for name in preparation.columns}
    )


def _read(cells: pd.Series, form: ColumnFormat, numbers: Sequence[float | None]) -> pd.Series:
    """Read a column. `numbers`: the values that were sent as numbers and not as text; None elsewhere."""
    text = Text(cells)
    values = form.read(text)
    if isinstance(form, LabelFormat):
        return values
    if isinstance(form, DateFormat):
        lost = form.find_unreadable(text, values)
        if lost.any():  # ISO dates are read whatever the table's format is
            again = form.model_copy(update={"formats": (ISO,)}).read(text)
            values = values.where(~lost, again)
        return _complete(cells, text, form, values, "not_dates", "is no date; write it like 2026-01-31")
    lost = form.find_unreadable(text, values)
    if lost.any():  # front ends send what was typed into a number field, with a decimal point
        values = values.where(~lost, pd.to_numeric(cells.where(cells.str.fullmatch(_PLAIN), ""), errors="coerce"))
    given = np.array([np.nan if number is None else number for number in numbers], np.float64)
    if len(given):
        values = values.where(np.isnan(given), given)
    what = "is no time, such as 1:30:00" if isinstance(form, DurationFormat) else "is no number"
    values = _complete(cells, text, form, values, "not_numbers", what)
    huge = (values.abs() > LARGEST).to_numpy()
    if huge.any():
        raise _refuse(cells, int(huge.argmax()), "not_numbers", "is too large to calculate with")
    return values


def _complete(
    cells: pd.Series, text: Text, form: ColumnFormat, values: pd.Series, code: str, complaint: str
) -> pd.Series:
    """Return `values` if every non-empty cell has one."""
    wrong = form.find_unreadable(text, values)
    if wrong.any():
        raise _refuse(cells, int(wrong.argmax()), code, complaint)
    return values


def _refuse(cells: pd.Series, position: int, code: str, complaint: str) -> SpecRefused:
    return build_refusal(
        code,
        f"rows[{position}].{cells.name}"[:200],
        f"In row {position + 1}, {str(cells.iloc[position])[:40]!r} in {cells.name!r} {complaint}.",
        "Correct the value, or leave it empty where it is unknown.",
    )


def _find_number(cell: Cell) -> float | None:
    """Return a number that was sent as a JSON number. Its decimal point needs no format."""
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return None
    return float(cell) if -LARGEST <= cell <= LARGEST else (np.inf if cell > 0 else -np.inf)
