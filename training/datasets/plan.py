"""Plan a training: its target, its features by kind, and its split. A check needs nothing else.

Nothing is fitted here. `preprocessing` turns a plan into arrays.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from training.datasets.features import (
    LEFT_OUT,
    Features,
    check_sizes,
    choose_features,
    drop_constant_features,
    note_rare_levels,
)
from training.datasets.kinds import TypedTable, type_columns
from training.datasets.leaks import Leaks
from training.datasets.planned_rows import PlannedRows
from training.datasets.split import (
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
from training.messages.problems import Problem
from training.problems import build_refusal
from training.spec import TrainingSpec


@dataclass(frozen=True)
class Plan(PlannedRows):
    """The rows and columns of one training.

    `frame` holds the rows that have a target; its index holds their row numbers in the table, from 0. `train` and
    `test` are positions in the frame. `split` is the split that the spec asks for, `arranged` is how it was carried
    out, and `about_split` describes it in a sentence.

    `y`: class indices int64 (n,), or for regression float64 (n,) in the target's units. `weights`: float64 (n,), at
    least 0; None if all rows have the same weight. `threshold`: the spec's; `prepare` refuses it unless there are two
    classes. `terms`: the number of terms of each text column, at most `max_terms`; a text column without terms gives
    only its number of words. `n_features`: the number of columns of X. `rows` and `columns`: of the whole table.
    """

    @cached_property
    def suspicions(self) -> tuple[Problem, ...]:
        """Return the problems of the features and of the split. Only a check computes them."""
        return (*find_suspicions(self), *self.leaks.find_problems())

    @cached_property
    def leaks(self) -> Leaks:
        """Return the leaks of the split. Each kind is computed on first use."""
        return Leaks(self)


def make_plan(table: Table, spec: TrainingSpec, limits: Limits) -> Plan:
    """Plan a training. Equal tables, specs and seeds give equal plans.

    Raises SpecRefused, which names the column or field.
    """
    notes = list(table.notes)
    _check_rows(table, limits)
    typed = type_columns(table, spec)
    target = choose_target(table, typed.types, spec, notes)
    check_split_column(spec, list(typed.frame.columns), target)
    typed, problem_type = type_target(table, typed, target, spec)
    frame = drop_rows_without_moment(drop_rows_without_target(typed.frame, target, notes), spec, notes)
    y, classes = encode_target(frame[target], problem_type, typed, target)
    weights = read_weights(frame, spec, target)
    features = choose_features(frame, typed.types, spec, target, notes)
    notes += _find_notes(typed, {target, get_split(spec).column, spec.weight, *features.names})
    check_notes(notes)
    arranged = split_rows(frame, y, spec, problem_type, notes, features.names, table.test_from)
    check_training_weights(weights, arranged.train, spec.weight)
    features = drop_constant_features(features, frame, arranged.train, notes)
    train = _take_counted(frame, features, arranged.train)
    note_rare_levels(train, features.categories, spec, notes)
    n_texts = len(features.texts)
    n_others = features.count_inputs(train, ()) - n_texts
    max_terms = choose_max_terms(n_texts, n_others, len(frame), limits)
    terms = find_terms(train, features.texts, max_terms, notes)
    n_features = n_others + n_texts + sum(terms)
    check_sizes(n_features, len(frame), limits)
    return Plan(
        frame=frame,
        target=target,
        problem_type=problem_type,
        classes=classes,
        y=y,
        train=arranged.train,
        test=arranged.test,
        split=get_split(spec),
        arranged=arranged,
        about_split=describe_split(spec, len(arranged.train), len(arranged.test), arranged.marked),
        features=features,
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
    """Return the plan with its rows divided by the split of another spec.

    A time split leaves out rows without a moment, and a group split leaves out its own column. The notes are about this
    split alone. Raises SpecRefused if the rows cannot be divided, or no feature is left.
    """
    notes: list[Problem] = []
    frame = drop_rows_without_moment(plan.frame, spec, notes)
    kept = plan.frame.index.isin(frame.index)
    y = plan.y[kept]
    features = plan.features.without(find_excluded(spec))
    arranged = split_rows(frame, y, spec, plan.problem_type, notes, features.names)
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
        features=features,
        notes=tuple(notes),
    )
    return narrow(changed, arranged.train, arranged.test)


def narrow(plan: Plan, train: np.ndarray, test: np.ndarray) -> Plan:
    """Return the plan with other training and test rows: those of a fold, or training and validation rows."""
    rows = _take_counted(plan.frame, plan.features, train)
    terms = find_terms(rows, plan.texts, plan.max_terms, [])
    n_features = plan.features.count_inputs(rows, terms)
    return replace(plan, train=train, test=test, terms=terms, n_features=n_features)


def _check_rows(table: Table, limits: Limits) -> None:
    if len(table.frame) > limits.rows:
        raise build_refusal(
            "too_many_rows",
            "default",
            f"The table has {len(table.frame):,} rows; at most {limits.rows:,} are trained on.",
            "Train on a sample of the rows.",
        )


def _find_notes(typed: TypedTable, used: Collection[str | None]) -> list[Problem]:
    """Return the notes on how columns in use were read, and on columns that are left out for that reason."""
    names = [name for name in typed.frame.columns if name in used or typed.types[name] in LEFT_OUT]
    return [note for name in names for note in typed.notes[name]]


def _take_counted(frame: pd.DataFrame, features: Features, train: np.ndarray) -> pd.DataFrame:
    """Return the training rows of the columns whose number of inputs depends on their values."""
    return frame[[*features.categories, *features.texts]].iloc[train]
