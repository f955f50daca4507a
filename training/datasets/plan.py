"""What will be learned from what: target, columns by kind, split. All that a check needs, before any fitting."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from training.datasets.constants import drop_constant
from training.datasets.formats.column import ColumnFormat
from training.datasets.formats.remedies import choose, complete
from training.datasets.kinds import type_columns, write_label
from training.datasets.leaks import Leaks
from training.datasets.split import (
    RowSplit,
    check_split_column,
    describe_split,
    drop_rows_without_moment,
    find_excluded,
    get_split,
    split_rows,
)
from training.datasets.suspicions import find_suspicions
from training.datasets.table import Table
from training.datasets.target import check_notes, choose_target, drop_rows_without_target, encode_target, type_target
from training.datasets.texts import choose_max_terms, find_terms
from training.datasets.weights import check_training_weights, read_weights
from training.limits import Limits
from training.parts import Choice, Problem
from training.problems import build_problem, build_refusal
from training.spec import ColumnType, ProblemType, TrainingSpec
from training.spec.enums import SplitKind
from training.spec.split import Split

MAX_CATEGORIES = 50  # of one column; rarer ones are counted together

LEFT_OUT = {
    ColumnType.IDENTIFIER: ("identifier_column", "it only tells rows apart"),
    ColumnType.EMPTY: ("empty_column", "it is empty"),
}


@dataclass(frozen=True)
class Plan:
    """`frame` holds the rows that have a target, their index the row numbers of the table; `train` and `test` are
    positions in it, divided as `split` says: `arranged` tells how, and `about_split` in a sentence. `y`: class indices
    int64 (n,), or for regression float64 (n,) in the target's own units. `weights`: of the rows, float64 (n,), at least
    0; None where all count alike. `threshold`: of the spec, which `prepare` refuses where there are not two classes.
    `terms` counts those of each text column, at most `max_terms`; a column without any gives its number of words only.
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
    numbers: tuple[str, ...]
    dates: tuple[str, ...]
    categories: tuple[str, ...]
    texts: tuple[str, ...]
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
    def class_counts(self) -> list[int] | None:
        return np.bincount(self.y, minlength=len(self.classes)).tolist() if self.classes else None

    @cached_property
    def suspicions(self) -> tuple[Problem, ...]:
        """What looks wrong with the columns and the split; found when it is first asked for, which is never in a
        training.
        """
        return (*find_suspicions(self), *self.leaks.find_problems())

    @cached_property
    def leaks(self) -> Leaks:
        """What the split lets through."""
        return Leaks(self)

    @property
    def shuffled(self) -> bool:
        """Whether rows were drawn at random."""
        return self.split.kind is SplitKind.RANDOM and self.arranged.arrangement.shuffle


def make_plan(table: Table, spec: TrainingSpec, limits: Limits) -> Plan:
    """The same table, spec and seed give the same plan. Raises SpecRefused, naming the column or field at fault."""
    notes = list(table.notes)
    if len(table.frame) > limits.rows:
        raise build_refusal(
            "too_many_rows",
            "default",
            f"The table has {len(table.frame):,} rows; at most {limits.rows:,} are trained on.",
            "Train on a sample of the rows.",
        )
    typed = type_columns(table, spec)
    target = choose_target(table, typed.types, spec, notes)
    check_split_column(spec, list(typed.frame.columns), target)
    typed, problem_type = type_target(table, typed, target, spec)
    frame = drop_rows_without_moment(drop_rows_without_target(typed.frame, target, notes), spec, notes)
    y, classes = encode_target(frame[target], problem_type, typed, target)
    weights = read_weights(frame, spec, target)
    names = _choose_features(frame, spec, target)
    columns = _sort_columns(frame, names, typed.types, notes, spec)
    numbers, dates, categories, texts = columns
    learned = [name for names in columns for name in names]
    used = {target, get_split(spec).column, spec.weight, *learned}
    for name in frame.columns:
        if name in used or typed.types[name] is ColumnType.EMPTY:
            notes += typed.notes[name]
    check_notes(notes)
    arranged = split_rows(frame, y, spec, problem_type, notes, learned, table.test_from)
    train, test = arranged.train, arranged.test
    check_training_weights(weights, train, spec.weight)
    categories = drop_constant(frame, categories, train, notes)
    texts = drop_constant(frame, texts, train, notes)
    if not numbers and not dates and not categories and not texts:
        raise build_refusal(
            "no_usable_feature",
            "features",
            "Every column that could be learned from has the same value in every training row.",
            "Choose columns whose values differ, or add rows.",
        )
    n_features = len(numbers) + len(dates) + sum(_count_categories(frame[name].iloc[train]) for name in categories)
    max_terms = choose_max_terms(len(texts), n_features, len(frame), limits)
    terms = find_terms(frame.iloc[train], texts, max_terms, notes)
    n_features += len(texts) + sum(terms)
    if n_features > limits.features:
        raise build_refusal(
            "too_many_features",
            "features",
            f"The columns make {n_features:,} numbers per row; at most {limits.features:,} are trained on.",
            "Choose fewer columns, and leave out those with many categories.",
        )
    if n_features * len(frame) > limits.cells:
        raise build_refusal(
            "too_many_cells",
            "features",
            f"{len(frame):,} rows with {n_features:,} numbers each are too many; at most {limits.cells:,} numbers are "
            "trained on.",
            "Choose fewer columns, or train on a sample of the rows.",
        )
    return Plan(
        frame=frame,
        target=target,
        problem_type=problem_type,
        classes=classes,
        y=y,
        train=train,
        test=test,
        split=get_split(spec),
        arranged=arranged,
        about_split=describe_split(spec, len(train), len(test), arranged.marked),
        numbers=tuple(numbers),
        dates=tuple(dates),
        categories=tuple(categories),
        texts=tuple(texts),
        terms=terms,
        max_terms=max_terms,
        formats=typed.formats,
        n_features=n_features,
        weights=weights,
        threshold=spec.threshold,
        rows=len(table.frame),
        columns=table.frame.shape[1],
        table=table.name,
        notes=tuple(notes),
    )


def resplit(plan: Plan, spec: TrainingSpec) -> Plan:
    """Divide the rows of a plan as another split says, without the rows that a split by time cannot place.

    Raises SpecRefused where they cannot be divided so, or nothing is left to learn from.
    """
    notes: list[Problem] = []
    frame = drop_rows_without_moment(plan.frame, spec, notes)
    kept = plan.frame.index.isin(frame.index)
    y = plan.y[kept]
    excluded = find_excluded(spec)
    numbers, dates, categories, texts = (
        tuple(name for name in names if name != excluded)
        for names in (plan.numbers, plan.dates, plan.categories, plan.texts)
    )
    learned = [*numbers, *dates, *categories, *texts]
    if not learned:
        raise build_refusal(
            "no_usable_feature", "features", "No column is left to learn from.", "Choose columns to learn from."
        )
    arranged = split_rows(frame, y, spec, plan.problem_type, notes, learned)
    weights = None if plan.weights is None else plan.weights[kept]
    check_training_weights(weights, arranged.train, spec.weight)
    changed = replace(
        plan,
        frame=frame,
        y=y,
        weights=weights,
        split=get_split(spec),
        arranged=arranged,
        about_split=describe_split(spec, len(arranged.train), len(arranged.test), arranged.marked),
        numbers=numbers,
        dates=dates,
        categories=categories,
        texts=texts,
    )
    return narrow(changed, arranged.train, arranged.test)


def narrow(plan: Plan, train: np.ndarray, test: np.ndarray) -> Plan:
    """Return the plan with other positions of training and test rows: for folds, or rows to validate by."""
    rows = plan.frame.iloc[train]
    terms = find_terms(rows, list(plan.texts), plan.max_terms, [])
    counted = sum(_count_categories(rows[name]) for name in plan.categories)
    n_features = len(plan.numbers) + len(plan.dates) + counted + len(plan.texts) + sum(terms)
    return replace(plan, train=train, test=test, terms=terms, n_features=n_features)


def _choose_features(frame: pd.DataFrame, spec: TrainingSpec, target: str) -> list[str]:
    for position, name in enumerate(spec.features):
        where = f"features[{position}]"
        if name not in frame.columns:
            raise build_refusal(
                "unknown_feature", where, f"There is no column {name!r}.", "Remove it from the features."
            )
        if name == target:
            raise build_refusal(
                "target_is_feature", where, f"The column {name!r} is the target.", "Remove it from the features."
            )
    chosen = dict.fromkeys(spec.features or (column for column in frame.columns if column != target))
    for excluded in (find_excluded(spec), spec.weight):
        chosen.pop(excluded or "", None)
    return list(chosen)


def _sort_columns(
    frame: pd.DataFrame, names: list[str], kinds: dict[str, ColumnType], notes: list[Problem], spec: TrainingSpec
) -> tuple[list[str], list[str], list[str], list[str]]:
    """Return the numbers, dates, categories and texts among the named columns.

    A numeric identifier that was chosen by name is a number.
    """
    numbers, dates, categories, texts = [], [], [], []
    for name in names:
        kind = kinds[name]
        if frame[name].isna().all():
            kind = ColumnType.EMPTY
        if kind is ColumnType.IDENTIFIER and spec.features and pd.api.types.is_numeric_dtype(frame[name]):
            kind = ColumnType.NUMBER
        if kind is ColumnType.NUMBER:
            numbers.append(name)
        elif kind is ColumnType.DATE:
            dates.append(name)
        elif kind in (ColumnType.CATEGORY, ColumnType.BOOLEAN):
            categories.append(name)
        elif kind is ColumnType.TEXT:
            texts.append(name)
        elif kind in LEFT_OUT:
            notes.append(_describe_left_out(name, kind, frame[name], spec))
    if not numbers and not dates and not categories and not texts:
        raise build_refusal(
            "no_usable_feature",
            "features",
            "No column is left to learn from.",
            "Choose columns with numbers, dates, categories or texts.",
            choices=[choice for note in notes if note.code == "identifier_column" for choice in note.choices],
        )
    return numbers, dates, categories, texts


def _describe_left_out(name: str, kind: ColumnType, values: pd.Series, spec: TrainingSpec) -> Problem:
    """Return the note, with the type that would make a feature of the column."""
    code, reason = LEFT_OUT[kind]
    message = f"The column {name!r} is left out: {reason}."
    if kind is ColumnType.EMPTY:
        return build_problem(code, "features", message, "Fill the column in, if it should be learned from.")
    if pd.api.types.is_numeric_dtype(values):
        ways = {ColumnType.NUMBER: f"Learn from {name!r} as a number"}
    else:
        ways = {
            ColumnType.TEXT: f"Learn from the words in {name!r}",
            ColumnType.CATEGORY: f"Learn from {name!r} as a category",
        }
    choices = [Choice(label=label, fix=choose(name, type=wanted.value)) for wanted, label in ways.items()]
    hint = f"To learn from it all the same, set its type to {' or '.join(ways)}."
    return complete(build_problem(code, "features", message, hint, choices=choices), spec)


def _count_categories(train: pd.Series) -> int:
    """How many columns the one-hot encoder makes of it."""
    return min(max(int(train.map(write_label, na_action="ignore").nunique()), 1), MAX_CATEGORIES)
