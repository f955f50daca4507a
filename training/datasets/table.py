"""A table as it was read: what every source gives and what `columns` and `preprocessing` take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from training.parts import Problem
from training.spec import ProblemType

if TYPE_CHECKING:
    import pandas as pd

    from training.datasets.cells import Conversion
    from training.datasets.dialect import Dialect


@dataclass(frozen=True)
class Reading:
    """How a table that people brought was read, so that others can read it alike. `dialect`: None for records.
    `infinite`: the columns whose infinite values count as missing.
    """

    dialect: Dialect | None
    conversions: tuple[Conversion, ...] = ()
    infinite: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """`target` and `problem_type` are known for built-in tables and None for others, `reading` the other way round."""

    name: str
    frame: pd.DataFrame
    target: str | None = None
    problem_type: ProblemType | None = None
    notes: tuple[Problem, ...] = ()
    reading: Reading | None = None
