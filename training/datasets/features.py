"""Choose the features by kind, and count the inputs that they make. Called by `plan`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from training.datasets.constants import drop_constant
from training.datasets.formats.labels import write_label
from training.datasets.formats.remedies import complete, offer
from training.datasets.split import find_excluded
from training.limits import Limits
from training.messages.problems import Problem
from training.problems import build_problem, build_refusal
from training.spec import ColumnType, TrainingSpec

MAX_CATEGORIES = 50  # inputs per column; rarer levels share the last one

LEFT_OUT = {
    ColumnType.IDENTIFIER: ("identifier_column", "it only tells rows apart"),
    ColumnType.EMPTY: ("empty_column", "it is empty"),
}


@dataclass(frozen=True)
class Features:
    """The names of the features, by kind."""

    numbers: tuple[str, ...]
    dates: tuple[str, ...]
    categories: tuple[str, ...]
    texts: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """All features, in the order of the preparation."""
        return (*self.numbers, *self.dates, *self.categories, *self.texts)

    def without(self, excluded: str | None) -> Features:
        """Return the features without one column. Raises SpecRefused (`no_usable_feature`) if no other one is left."""
        kinds = (self.numbers, self.dates, self.categories, self.texts)
        left = Features(*(tuple(name for name in names if name != excluded) for names in kinds))
        if not left.names:
            raise build_refusal(
                "no_usable_feature", "features", "No column is left to learn from.", "Choose columns to learn from."
            )
        return left

    def count_inputs(self, train: pd.DataFrame, terms: Sequence[int]) -> int:
        """Return the number of columns of X. train: the training rows; terms: the number of terms of each text
        column.
        """
        encoded = sum(min(max(len(_count_levels(train[name])), 1), MAX_CATEGORIES) for name in self.categories)
        return len(self.numbers) + len(self.dates) + encoded + len(self.texts) + sum(terms)


def choose_features(
    frame: pd.DataFrame, kinds: Mapping[str, ColumnType], spec: TrainingSpec, target: str, notes: list[Problem]
) -> Features:
    """Return the features, and add a note for each column that is left out.

    A numeric identifier is used as a number if the spec names it among the features. Raises SpecRefused:
    `unknown_feature`, `target_is_feature`, `no_usable_feature`.
    """
    numbers, dates, categories, texts = [], [], [], []
    for name in _list_names(frame, spec, target):
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
    features = Features(tuple(numbers), tuple(dates), tuple(categories), tuple(texts))
    if not features.names:
        raise build_refusal(
            "no_usable_feature",
            "features",
            "No column is left to learn from.",
            "Choose columns with numbers, dates, categories or texts.",
            choices=[choice for note in notes if note.code == "identifier_column" for choice in note.choices],
        )
    return features


def drop_constant_features(
    features: Features, frame: pd.DataFrame, train: np.ndarray, notes: list[Problem]
) -> Features:
    """Remove categories and texts with one value in all training rows, and add a note for each of them.

    Raises SpecRefused (`no_usable_feature`).
    """
    left = replace(
        features,
        categories=drop_constant(frame, features.categories, train, notes),
        texts=drop_constant(frame, features.texts, train, notes),
    )
    if not left.names:
        raise build_refusal(
            "no_usable_feature",
            "features",
            "Every column that could be learned from has the same value in every training row.",
            "Choose columns whose values differ, or add rows.",
        )
    return left


def note_rare_levels(train: pd.DataFrame, categories: Sequence[str], spec: TrainingSpec, notes: list[Problem]) -> None:
    """Add a note for each category with so many levels that the rarer ones share an input. train: the training rows."""
    for name in categories:
        counts = _count_levels(train[name])
        if len(counts) <= MAX_CATEGORIES:
            continue
        n_rare = len(counts) - (MAX_CATEGORIES - 1)
        n_rows = sum(sorted(counts.values())[:n_rare])
        note = build_problem(
            "rare_levels",
            "features",
            f"The column {name!r} has {len(counts):,} levels in the training rows. The {MAX_CATEGORIES - 1} most "
            f"frequent ones are learned apart; the other {n_rare:,}, with {n_rows:,} rows, count as one level.",
            f"To learn them apart, merge levels of the same meaning until at most {MAX_CATEGORIES} are left, or set "
            "the column's type to text.",
            choices=[offer(f"Learn from the words in {name!r}", name, type=ColumnType.TEXT.value)],
        )
        notes.append(complete(note, spec))


def check_sizes(n_features: int, n_rows: int, limits: Limits) -> None:
    """Check that X is small enough to train on. Raises SpecRefused: `too_many_features`, `too_many_cells`."""
    if n_features > limits.features:
        raise build_refusal(
            "too_many_features",
            "features",
            f"The columns make {n_features:,} numbers per row; at most {limits.features:,} are trained on.",
            "Choose fewer columns, and leave out those with many categories.",
        )
    if n_features * n_rows > limits.cells:
        raise build_refusal(
            "too_many_cells",
            "features",
            f"{n_rows:,} rows with {n_features:,} numbers each are too many; at most {limits.cells:,} numbers are "
            "trained on.",
            "Choose fewer columns, or train on a sample of the rows.",
        )


def _list_names(frame: pd.DataFrame, spec: TrainingSpec, target: str) -> list[str]:
    """Return the features of the spec, or all columns except target, group and weight if it names none."""
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


def _describe_left_out(name: str, kind: ColumnType, values: pd.Series, spec: TrainingSpec) -> Problem:
    """Return the note on a column that is left out, with the type that would make it a feature."""
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
    choices = [offer(label, name, type=wanted.value) for wanted, label in ways.items()]
    hint = f"To learn from it all the same, set its type to {' or '.join(ways)}."
    return complete(build_problem(code, "features", message, hint, choices=choices), spec)


def _count_levels(values: pd.Series) -> Counter[str]:
    """Return the number of rows of each level, as the one-hot encoder counts them."""
    counts: Counter[str] = Counter()
    for value, count in values.value_counts().items():  # each distinct value is converted once
        counts[write_label(value)] += int(count)
    return counts
