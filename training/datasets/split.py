"""Split a table into training rows and test rows. Called by `plan`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pandas.api import types

from training.datasets.divisions import Arrangement, Division, count_judged, divide
from training.datasets.formats.labels import write_label
from training.datasets.marks import LISTED, find_given
from training.messages.problems import Problem
from training.problems import build_problem, build_refusal
from training.spec import ProblemType, TrainingSpec
from training.spec.enums import SplitKind
from training.spec.split import Split

RANDOM = Split()


@dataclass(frozen=True)
class RowSplit:
    """Positions of training and test rows.

    `arrangement`: how the rows were divided. `division`: the division that made the split, None if the test rows are
    given. `marked`: the value that marks the test rows, empty for other splits. `alike`: the columns in which the rows
    of a group are equal, if no column defines the groups.
    """

    train: np.ndarray
    test: np.ndarray
    arrangement: Arrangement
    division: Division | None = None
    marked: str = ""
    alike: tuple[str, ...] = ()

    @property
    def stratified(self) -> bool:
        """Whether both parts have the same shares of classes."""
        return self.division is not None and self.division.stratified


def get_split(spec: TrainingSpec) -> Split:
    """Return the split of the spec, or the random one if it names none."""
    return spec.split or RANDOM


def check_split_column(spec: TrainingSpec, columns: Sequence[str], target: str) -> None:
    """Check that the column to split by exists and is not the target.

    Raises SpecRefused: `unknown_split_column`, `bad_split_column`.
    """
    column = get_split(spec).column
    if column is None:
        return
    if column not in columns:
        raise build_refusal(
            "unknown_split_column",
            "split.column",
            f"There is no column {column!r} to split by.",
            f"The columns are {', '.join(list(columns)[:LISTED])}.",
        )
    if column == target:
        raise build_refusal(
            "bad_split_column",
            "split.column",
            f"The column {column!r} is the target: rows cannot be split by what is to be predicted.",
            "Split by another column.",
        )


def find_excluded(spec: TrainingSpec) -> str | None:
    """Return the column of groups or of marks, which is not a feature. None if the split has none."""
    split = get_split(spec)
    return split.column if split.kind in (SplitKind.GROUP, SplitKind.GIVEN) else None


def drop_rows_without_moment(frame: pd.DataFrame, spec: TrainingSpec, notes: list[Problem]) -> pd.DataFrame:
    """Remove the rows without a value in the column of a time split, and add a note with their number.

    Raises SpecRefused (`bad_split_column`).
    """
    split = get_split(spec)
    if split.kind is not SplitKind.TIME:
        return frame
    assert split.column
    present = read_moments(frame[split.column]) >= 0
    if not present.all():
        missing = int((~present).sum())
        notes.append(
            build_problem(
                "split_rows_left_out",
                "split.column",
                f"{missing:,} rows without a value in {split.column!r} are left out: their place in time is unknown.",
                "Fill the values in, or split the rows at random.",
            )
        )
        frame = frame[present]
    return frame


def split_rows(
    frame: pd.DataFrame,
    y: np.ndarray,
    spec: TrainingSpec,
    problem_type: ProblemType,
    notes: list[Problem],
    learned: Sequence[str],
    test_from: int | None = None,
) -> RowSplit:
    """Divide the rows of the frame into training and test rows.

    Notes say if classes cannot be stratified, which rows a column marks, and how many rows have no group.

    The frame's index holds the row numbers of the table. y: class indices or numbers (n,). learned: the names of the
    features. test_from: the number of the first row of the second table; None without one.

    Raises SpecRefused: `train_split_too_small`, `too_few_groups`, `one_moment`, `bad_split_column`, `no_test_rows`,
    `unknown_test_value`.
    """
    split = get_split(spec)
    labels = y if problem_type is ProblemType.CLASSIFICATION else None
    if split.kind is SplitKind.GIVEN:
        is_test, marked = find_given(frame, split, notes, test_from)
        train, test = np.flatnonzero(~is_test), np.flatnonzero(is_test)
        _check_sizes(len(train), spec)
        return RowSplit(train, test, Arrangement(spec.shuffle), marked=marked)
    n_rows = len(y)
    _check_sizes(n_rows - count_judged(n_rows, spec.test_size), spec)
    arrangement = Arrangement(spec.shuffle)
    if split.kind is SplitKind.TIME:
        arrangement = Arrangement(spec.shuffle, moments=read_moments(frame[split.column]), column=split.column)
    elif split.kind is SplitKind.GROUP:
        groups = _read_groups(frame, split, learned, notes)
        arrangement = Arrangement(spec.shuffle, groups=groups, column=split.column)
    division = divide(arrangement, labels, n_rows, spec.test_size, spec.seed or 0)
    _check_sizes(len(division.fit), spec)
    is_drawn = split.kind is SplitKind.RANDOM and spec.shuffle
    if is_drawn and labels is not None and not division.stratified:
        notes.append(
            build_problem(
                "not_stratified",
                "test_size",
                "Some classes have too few rows to be in both splits in proportion.",
                "Add rows of the rare classes, or change test_size.",
            )
        )
    alike = tuple(learned) if split.kind is SplitKind.GROUP and split.column is None else ()
    return RowSplit(division.fit, division.judge, arrangement, division, alike=alike)


def describe_split(spec: TrainingSpec, n_train: int, n_test: int, marked: str) -> str:
    """Return one sentence that says which rows are the test rows."""
    split = get_split(spec)
    counted = f"{n_test:,} of {n_train + n_test:,} rows"
    if split.kind is SplitKind.TIME:
        return f"The test rows are the latest {counted} by {split.column!r}."
    if split.kind is SplitKind.GROUP and split.column is None:
        return f"The test rows are {counted}, none of them equal to a training row."
    if split.kind is SplitKind.GROUP:
        return f"The test rows are {counted}, in groups by {split.column!r} that have no training row."
    if split.kind is SplitKind.GIVEN and split.column is None:
        return f"The test rows are the {n_test:,} rows of a second table."
    if split.kind is SplitKind.GIVEN:
        return f"The test rows are the {counted} that {split.column!r} marks with {marked!r}."
    return (
        f"The test rows are {counted}, drawn at random." if spec.shuffle else f"The test rows are the last {counted}."
    )


def read_moments(values: pd.Series) -> np.ndarray:
    """Return the order of dates or numbers, int64 (n,) from 0; -1 for a missing value.

    Raises SpecRefused (`bad_split_column`).
    """
    is_number = types.is_numeric_dtype(values) and not types.is_bool_dtype(values)
    if not is_number and not types.is_datetime64_any_dtype(values):
        raise build_refusal(
            "bad_split_column",
            "split.column",
            f"The column {values.name!r} contains neither dates nor numbers, so that it gives rows no order in time.",
            "Split by a column with dates or numbers, or give the column the type date.",
        )
    codes, _ = pd.factorize(values, sort=True)
    return codes.astype(np.int64)


def _read_groups(frame: pd.DataFrame, split: Split, learned: Sequence[str], notes: list[Problem]) -> np.ndarray:
    """Return the group of each row, int64 (n,). Rows with the same value in the split's column are one group.

    Rows without a value are one group, which is noted. Without a column, rows with equal features are one group.
    """
    if split.column is None:
        return frame.groupby(list(learned), sort=False, dropna=False).ngroup().to_numpy(np.int64)
    values = frame[split.column]
    codes, _ = pd.factorize(values.map(write_label, na_action="ignore"), use_na_sentinel=False)
    missing = int(values.isna().sum())
    if missing:
        notes.append(
            build_problem(
                "rows_without_group",
                "split.column",
                f"{missing:,} rows without a value in {values.name!r} stay together as one group.",
                "Fill the values in where they are known.",
            )
        )
    return codes.astype(np.int64)


def _check_sizes(n_train: int, spec: TrainingSpec) -> None:
    if n_train < 2:
        raise build_refusal(
            "train_split_too_small",
            "test_size",
            f"With test_size {spec.test_size:g} fewer than 2 rows are left to learn from.",
            "Lower test_size.",
        )
