"""PlannedRows: the rows and columns of one training. The searches for leaks and suspicions read nothing else."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from training.datasets.features import Features
from training.datasets.formats.column import ColumnFormat
from training.datasets.split import RowSplit
from training.messages.problems import Problem
from training.spec import ProblemType
from training.spec.enums import SplitKind
from training.spec.split import Split


@dataclass(frozen=True)
class PlannedRows:
    """The rows and columns of one training.

    `frame` holds the rows that have a target; its index holds their row numbers in the table, from 0. `train` and
    `test` are positions in the frame. `split` is the split that the spec asks for, `arranged` how it was carried out,
    and `about_split` says so in a sentence.

    `y`: class indices int64 (n,), or for regression float64 (n,) in the target's own units. `weights`: float64 (n,),
    at least 0; None where all rows count alike. `threshold`: the spec's; `prepare` refuses it where there are not two
    classes. `terms`: the number of terms of each text column, at most `max_terms`; a text column without terms gives
    its number of words only. `n_features`: the number of columns of X. `rows` and `columns`: of the whole table.
    """

    frame: pd.DataFrame
    target: str
    problem_type: ProblemType
    classes: tuple[str, ...] | None
    y: np.ndarray
    train: np.ndarray
    test: np.ndarray
    split: Split
    arranged: RowSplit
    about_split: str
    features: Features
    terms: tuple[int, ...]
    max_terms: int
    formats: dict[str, ColumnFormat]
    n_features: int
    weights: np.ndarray | None
    threshold: float | None
    rows: int
    columns: int
    table: str
    notes: tuple[Problem, ...]

    @property
    def numbers(self) -> tuple[str, ...]:
        return self.features.numbers

    @property
    def dates(self) -> tuple[str, ...]:
        return self.features.dates

    @property
    def categories(self) -> tuple[str, ...]:
        return self.features.categories

    @property
    def texts(self) -> tuple[str, ...]:
        return self.features.texts

    @property
    def class_counts(self) -> list[int] | None:
        return np.bincount(self.y, minlength=len(self.classes)).tolist() if self.classes else None

    @property
    def shuffled(self) -> bool:
        """Return whether the test rows were drawn at random."""
        return self.split.kind is SplitKind.RANDOM and self.arranged.arrangement.shuffle
