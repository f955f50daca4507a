"""What will be learned from what: target, columns by kind, split. All that a check needs, before any fitting."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

from training.datasets.cells import parse_dates, parse_numbers
from training.datasets.columns import infer_problem_type, infer_type, suggest_target
from training.datasets.suspicions import find_suspicions
from training.datasets.table import Table
from training.exceptions import SpecRefused
from training.limits import Limits
from training.parts import Problem
from training.problems import build_problem
from training.spec import ColumnType, ProblemType, TrainingSpec

MAX_CATEGORIES = 50  # of one column; rarer ones are counted together
MAX_CLASSES = 1_000
MIN_ROWS = 4

LEFT_OUT = {
    ColumnType.TEXT: ("text_column", "it is text, and nearly every row has its own"),
    ColumnType.IDENTIFIER: ("identifier_column", "it only tells rows apart"),
    ColumnType.EMPTY: ("empty_column", "it is empty"),
}


@dataclass(frozen=True)
class Plan:
    """`frame` holds the rows that have a target, their index the row numbers of the table; `train` and `test` are
    positions in it. `y`: class indices int64 (n,), or for regression float64 (n,) in the target's own units.
    """

    frame: pd.DataFrame
    target: str
    problem_type: ProblemType
    classes: tuple[str, ...] | None
    y: np.ndarray
    train: np.ndarray
    test: np.ndarray
    numbers: tuple[str, ...]
    dates: tuple[str, ...]
    categories: tuple[str, ...]
    n_features: int
    rows: int
    columns: int
    table: str
    notes: tuple[Problem, ...]

    @property
    def class_counts(self) -> list[int] | None:
        return np.bincount(self.y, minlength=len(self.classes)).tolist() if self.classes else None

    @cached_property
    def suspicions(self) -> tuple[Problem, ...]:
        """What looks wrong with the columns; found when it is first asked for, which a training never does."""
        return find_suspicions(self)


def make_plan(table: Table, spec: TrainingSpec, limits: Limits) -> Plan:
    """The same table, spec and seed give the same plan. Raises SpecRefused, naming the column or field at fault."""
    notes = list(table.notes)
    if len(table.frame) > limits.rows:
        raise _refuse(
            "too_many_rows",
            "default",
            f"The table has {len(table.frame):,} rows; at most {limits.rows:,} are trained on.",
            "Train on a sample of the rows.",
        )
    frame, kinds = _type_columns(table, spec)
    target = _choose_target(table, kinds, spec)
    frame = _drop_rows_without_target(frame, target, notes)
    problem_type = spec.problem_type or (table.problem_type if target == table.target else None)
    problem_type = problem_type or infer_problem_type(frame[target])
    y, classes = _encode_target(frame[target], problem_type, target)
    names = _choose_features(frame, spec, target)
    columns = _sort_columns(frame, names, kinds, notes, chosen=bool(spec.features))
    train, test = _split(y, spec, problem_type, notes)
    numbers, dates, categories = columns
    n_features = len(numbers) + len(dates) + sum(_count_categories(frame[name].iloc[train]) for name in categories)
    if n_features > limits.features:
        raise _refuse(
            "too_many_features",
            "features",
            f"The columns make {n_features:,} numbers per row; at most {limits.features:,} are trained on.",
            "Choose fewer columns, and leave out those with many categories.",
        )
    return Plan(
        frame=frame,
        target=target,
        problem_type=problem_type,
        classes=classes,
        y=y,
        train=train,
        test=test,
        numbers=tuple(numbers),
        dates=tuple(dates),
        categories=tuple(categories),
        n_features=n_features,
        rows=len(table.frame),
        columns=table.frame.shape[1],
        table=table.name,
        notes=tuple(notes),
    )


def write_label(value: object) -> str:
    """1.0 and 1 are one class, since a column of integers with a missing value is read as floats."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _type_columns(table: Table, spec: TrainingSpec) -> tuple[pd.DataFrame, dict[str, ColumnType]]:
    """The frame with each column as what it is to be taken for."""
    frame = table.frame.reset_index(drop=True)
    kinds = {}
    for name, kind in spec.column_types.items():
        where = f"column_types.{name}"
        if name not in frame.columns:
            raise _refuse("unknown_column", where, f"There is no column {name!r}.", "Correct the name, or remove it.")
        frame[name] = _convert(frame[name], kind, where)
        kinds[name] = kind
    for name in frame.columns:
        if name not in kinds:
            kinds[name] = infer_type(frame[name])
    return frame, kinds


def _convert(series: pd.Series, kind: ColumnType, where: str) -> pd.Series:
    text = series.map(write_label, na_action="ignore").astype("str")
    if kind is ColumnType.NUMBER:
        if pd.api.types.is_numeric_dtype(series):
            return series.astype(np.float64)
        if pd.api.types.is_datetime64_any_dtype(series):
            return series.dt.year.astype(np.float64)
        numbers = parse_numbers(text, share=0.01)
        if numbers is None:
            raise _refuse(
                "not_numbers", where, f"The column {series.name!r} holds no numbers.", "Take it for a category."
            )
        return numbers
    if kind is ColumnType.DATE:
        dates = series if pd.api.types.is_datetime64_any_dtype(series) else parse_dates(text, share=0.01)
        if dates is None:
            raise _refuse(
                "not_dates", where, f"The column {series.name!r} holds no dates.", "Write them like 2026-01-31."
            )
        return dates
    return text if kind in (ColumnType.CATEGORY, ColumnType.BOOLEAN) else series


def _choose_target(table: Table, kinds: dict[str, ColumnType], spec: TrainingSpec) -> str:
    target = spec.target or table.target or suggest_target(kinds)
    if target is None:
        raise _refuse(
            "unknown_target", "target", "No column of this table could be the target.", "Choose a target column."
        )
    if target not in kinds:
        names = ", ".join(list(kinds)[:10])
        raise _refuse("unknown_target", "target", f"There is no column {target!r}.", f"The columns are {names}.")
    return target


def _drop_rows_without_target(frame: pd.DataFrame, target: str, notes: list[Problem]) -> pd.DataFrame:
    missing = int(frame[target].isna().sum())
    if missing:
        notes.append(
            build_problem("missing_target", "target", f"{missing:,} rows without a value in {target!r} are left out.")
        )
        frame = frame[frame[target].notna()]
    if len(frame) < MIN_ROWS:
        raise _refuse(
            "too_few_rows",
            "target",
            f"Only {len(frame)} rows have a value in {target!r}; at least {MIN_ROWS} are needed.",
            "Add rows, or choose another target.",
        )
    return frame


def _encode_target(
    values: pd.Series, problem_type: ProblemType, target: str
) -> tuple[np.ndarray, tuple[str, ...] | None]:
    if problem_type is ProblemType.REGRESSION:
        if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
            raise _refuse(
                "target_not_numeric",
                "target",
                f"The column {target!r} holds no numbers, and regression predicts numbers.",
                "Choose a numeric target, or problem_type classification.",
            )
        y = values.to_numpy(np.float64)
        if (y == y[0]).all():
            raise _refuse(
                "one_value",
                "target",
                f"Every row has the same value in {target!r}: there is nothing to predict.",
                "Choose another target.",
            )
        return y, None
    codes, uniques = pd.factorize(values, sort=True)
    if len(uniques) < 2:
        raise _refuse(
            "one_class",
            "target",
            f"Every row has the same value in {target!r}: there is nothing to tell apart.",
            "Choose another target, or add rows of another class.",
        )
    if len(uniques) > MAX_CLASSES or (len(uniques) > len(codes) / 2 and len(uniques) > 20):
        raise _refuse(
            "too_many_classes",
            "target",
            f"The column {target!r} has {len(uniques):,} different values, too many to be classes.",
            "Choose problem_type regression if they are amounts, or another target.",
        )
    return codes.astype(np.int64), tuple(write_label(value) for value in uniques)


def _choose_features(frame: pd.DataFrame, spec: TrainingSpec, target: str) -> list[str]:
    for position, name in enumerate(spec.features):
        where = f"features[{position}]"
        if name not in frame.columns:
            raise _refuse("unknown_feature", where, f"There is no column {name!r}.", "Remove it from the features.")
        if name == target:
            raise _refuse(
                "target_is_feature", where, f"The column {name!r} is the target.", "Remove it from the features."
            )
    return list(dict.fromkeys(spec.features or (column for column in frame.columns if column != target)))


def _sort_columns(
    frame: pd.DataFrame, names: list[str], kinds: dict[str, ColumnType], notes: list[Problem], *, chosen: bool
) -> tuple[list[str], list[str], list[str]]:
    """Numbers, dates and categories among the named columns; an identifier that was chosen by name is taken, too."""
    numbers, dates, categories = [], [], []
    for name in names:
        kind = kinds[name]
        if frame[name].isna().all():
            kind = ColumnType.EMPTY
        if kind is ColumnType.IDENTIFIER and chosen and pd.api.types.is_numeric_dtype(frame[name]):
            kind = ColumnType.NUMBER
        if kind is ColumnType.NUMBER:
            numbers.append(name)
        elif kind is ColumnType.DATE:
            dates.append(name)
        elif kind in (ColumnType.CATEGORY, ColumnType.BOOLEAN):
            categories.append(name)
        elif kind in LEFT_OUT:
            code, reason = LEFT_OUT[kind]
            notes.append(build_problem(code, "features", f"The column {name!r} is left out: {reason}."))
    if not numbers and not dates and not categories:
        raise _refuse(
            "no_usable_feature",
            "features",
            "No column is left to learn from.",
            "Choose columns with numbers, dates or categories.",
        )
    return numbers, dates, categories


def _count_categories(train: pd.Series) -> int:
    """How many columns the one-hot encoder makes of it."""
    return min(max(int(train.map(write_label, na_action="ignore").nunique()), 1), MAX_CATEGORIES)


def _split(
    y: np.ndarray, spec: TrainingSpec, problem_type: ProblemType, notes: list[Problem]
) -> tuple[np.ndarray, np.ndarray]:
    rows = np.arange(len(y))
    n_test = max(1, round(len(y) * spec.test_size))
    if len(y) - n_test < 2:
        raise _refuse(
            "train_split_too_small",
            "test_size",
            f"With test_size {spec.test_size:g} fewer than 2 rows are left to learn from.",
            "Lower test_size.",
        )
    if not spec.shuffle:
        return rows[:-n_test], rows[-n_test:]
    stratify = None
    if problem_type is ProblemType.CLASSIFICATION:
        counts = np.bincount(y)
        if counts.min() >= 2 and min(n_test, len(y) - n_test) >= len(counts):
            stratify = y
        else:
            notes.append(
                build_problem(
                    "not_stratified", "test_size", "Some classes have too few rows to be in both splits in proportion."
                )
            )
    train, test = train_test_split(rows, test_size=n_test, random_state=spec.seed or 0, stratify=stratify)
    return train, test


def _refuse(code: str, where: str, message: str, hint: str) -> SpecRefused:
    return SpecRefused(message, code=code, where=where, hint=hint)
