"""A table as it was read: what every source gives and what `columns` and `preprocessing` take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from training.parts import Problem
from training.spec import ProblemType

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Table:
    """`target` and `problem_type` are known for built-in tables and None for others."""

    name: str
    frame: pd.DataFrame
    target: str | None = None
    problem_type: ProblemType | None = None
    notes: tuple[Problem, ...] = ()
