"""Join a table and a second table with the test rows. Called by `sources`."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from training.datasets.reading.cells import Cells
from training.datasets.table import Table
from training.datasets.typed import type_table
from training.name_lookup import find_nearest
from training.problems import build_refusal
from training.spec.reading import ReadingOptions

NAMED = 10  # columns that a message lists
WHERE = "split.dataset_id"


def join_tables(cells: Cells | None, tests: Cells, reading: ReadingOptions | None) -> Table:
    """Return both tables as one, with the same types; `test_from` is the position of the first test row.

    cells: the text of the first table, None for a built-in one. reading: its options. Raises SpecRefused:
    `test_table_needs_upload`, `test_table_differs`.
    """
    if cells is None:
        raise build_refusal(
            "test_table_needs_upload",
            WHERE,
            "The test rows of a built-in table cannot come from a second table.",
            "Upload both tables, or split the built-in table in another way.",
        )
    names, others = list(cells.frame.columns), list(tests.frame.columns)
    missing = [name for name in names if name not in others]
    extra = [name for name in others if name not in names]
    if missing or extra:
        raise build_refusal("test_table_differs", WHERE, _describe(tests.name, missing, extra), _advise(missing, extra))
    frame = pd.concat([cells.frame, tests.frame[names]], ignore_index=True)
    notes = [*cells.notes, *(note.model_copy(update={"message": _say_where(note.message)}) for note in tests.notes)]
    joined = type_table(replace(cells, frame=frame, notes=tuple(notes)), reading)
    return replace(joined, test_from=len(cells.frame), test_cells=tests)


def _describe(name: str, missing: list[str], extra: list[str]) -> str:
    faults = []
    if missing:
        faults.append(f"lacks {_list(missing)}")
    if extra:
        faults.append(f"has {_list(extra)}, which the first table lacks")
    return f"The table of test rows, {name!r}, {' and '.join(faults)}."


def _advise(missing: list[str], extra: list[str]) -> str:
    near = find_nearest(missing[0], extra) if missing and extra else None
    if near:
        return f"Is {near!r} the same as {missing[0]!r}? Give the columns of both tables the same names."
    return "Upload a table with the same columns as the first."


def _list(names: list[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:NAMED])
    return f"{shown} and {len(names) - NAMED:,} more" if len(names) > NAMED else shown


def _say_where(message: str) -> str:
    return f"In the table of test rows: {message}"
