"""Divide rows into two parts or into folds (random, by time, or by group) with scikit-learn's splitters.

The split into training and test rows is such a division. Early stopping, the validation rows of sweeps, and
cross-validation divide the training rows again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.model_selection import (
    GroupKFold,
    GroupShuffleSplit,
    KFold,
    StratifiedGroupKFold,
    StratifiedKFold,
    TimeSeriesSplit,
    train_test_split,
)

from training.problems import build_refusal


@dataclass(frozen=True)
class Arrangement:
    """How rows are divided.

    `moments`: int64 (n,), the position of the rows in time, equal for rows of the same moment. `groups`: int64 (n,),
    equal for rows that stay together. Without both, rows are drawn at random, or the last ones are used if `shuffle` is
    False. `column`: the column of the moments or groups; None for groups of equal rows.
    """

    shuffle: bool = True
    moments: np.ndarray | None = None
    groups: np.ndarray | None = None
    column: str | None = None

    def take(self, rows: np.ndarray) -> Arrangement:
        """Return the arrangement of these rows."""
        return replace(
            self,
            moments=None if self.moments is None else self.moments[rows],
            groups=None if self.groups is None else self.groups[rows],
        )

    def describe_sameness(self, n_rows: int) -> str:
        """Return a sentence that says that all rows have the same moment or group and cannot be divided."""
        same = f"have the same value in {self.column!r}" if self.column else "are equal in every feature"
        return f"All {n_rows:,} rows to be divided {same}"


@dataclass(frozen=True)
class Division:
    """Positions of rows to `fit` a model on, and of rows to `judge` it by.

    `stratified`: whether both parts have the same shares of classes. `splitter`: scikit-learn's splitter that keeps
    groups together or makes folds; None for other divisions.
    """

    fit: np.ndarray
    judge: np.ndarray
    stratified: bool = False
    splitter: Any = None


def divide(arrangement: Arrangement, labels: np.ndarray | None, n_rows: int, share: float, seed: int) -> Division:
    """Divide n_rows rows, with about `share` of them to judge by.

    labels: class indices (n_rows,), None for a regression. Rows of the same moment or group are in the same part.
    Raises SpecRefused: `too_few_groups`, `one_moment`.
    """
    n_judged = count_judged(n_rows, share)
    if arrangement.moments is not None:
        order, n_judged = _cut_by_time(arrangement, n_judged)
        return Division(*train_test_split(order, test_size=n_judged, shuffle=False))
    if arrangement.groups is not None:
        return _divide_groups(arrangement, labels, share, seed)
    rows = np.arange(n_rows)
    if not arrangement.shuffle:
        return Division(*train_test_split(rows, test_size=n_judged, shuffle=False))
    stratify = labels if labels is not None and _can_stratify(labels, n_judged) else None
    fit, judge = train_test_split(rows, test_size=n_judged, random_state=seed, stratify=stratify)
    return Division(fit, judge, stratify is not None)


def fold(arrangement: Arrangement, labels: np.ndarray | None, n_rows: int, folds: int, seed: int) -> Iterator[Division]:
    """Divide n_rows rows `folds` times.

    In a time split, each fold is judged by a model that was fitted on the rows before it. In other splits, each row is
    judged once. Raises SpecRefused: `too_few_for_folds`.
    """
    rows = np.arange(n_rows)
    if arrangement.moments is not None or (not arrangement.shuffle and arrangement.groups is None):
        moments = rows if arrangement.moments is None else arrangement.moments
        order = np.argsort(moments, kind="stable")
        distinct, first = np.unique(moments[order], return_index=True)
        _check_folds(len(distinct), folds + 1, folds)
        ends = np.append(first, n_rows)
        for before, judged in TimeSeriesSplit(folds).split(distinct):
            start, end = ends[judged[0]], ends[judged[-1] + 1]
            yield Division(order[: ends[before[-1] + 1]], order[start:end])
        return
    splitter: Any
    if arrangement.groups is not None:
        _check_folds(len(np.unique(arrangement.groups)), folds, folds)
        stratified = labels is not None and np.bincount(labels).max() >= folds
        kind = StratifiedGroupKFold if stratified else GroupKFold
        splitter = kind(folds, shuffle=True, random_state=seed)
    else:
        _check_folds(n_rows, folds, folds)
        counts = np.zeros(1, np.int64) if labels is None else np.bincount(labels)
        stratified = bool(counts[counts > 0].min(initial=n_rows) >= folds) and labels is not None
        splitter = (StratifiedKFold if stratified else KFold)(folds, shuffle=True, random_state=seed)
    for fit, judge in splitter.split(rows, labels if stratified else None, arrangement.groups):
        if not len(judge):  # with few and large groups, a fold may be empty
            _check_folds(0, folds, folds)
        yield Division(fit, judge, stratified, splitter)


def count_judged(n_rows: int, share: float) -> int:
    """Return the number of rows to judge by, at least 1."""
    return max(1, round(n_rows * share))


def _cut_by_time(arrangement: Arrangement, n_judged: int) -> tuple[np.ndarray, int]:
    """Return all rows sorted by time, and the number of rows at the end to judge by.

    The number is the nearest to `n_judged` that does not divide a moment. Raises SpecRefused (`one_moment`).
    """
    moments = arrangement.moments
    assert moments is not None
    order = np.argsort(moments, kind="stable")
    starts = np.flatnonzero(np.diff(moments[order])) + 1  # where a new moment begins
    if not len(starts):
        raise build_refusal(
            "one_moment",
            "split.column",
            f"{arrangement.describe_sameness(len(order))}: none of them is later than others.",
            "Choose another column to split by, or split the rows at random.",
        )
    wanted = len(order) - n_judged
    return order, int(len(order) - starts[np.abs(starts - wanted).argmin()])


def _divide_groups(arrangement: Arrangement, labels: np.ndarray | None, share: float, seed: int) -> Division:
    groups = arrangement.groups
    assert groups is not None
    n_groups = len(np.unique(groups))
    if n_groups < 2:
        raise build_refusal(
            "too_few_groups",
            "split.column",
            f"{arrangement.describe_sameness(len(groups))}: they are one group, and no other is left to test on.",
            "Choose a column with more values, or split the rows at random.",
        )
    rows = np.arange(len(groups))
    parts = round(1 / share)
    if labels is not None and 2 <= parts <= n_groups and np.bincount(labels).max() >= parts:
        splitter = StratifiedGroupKFold(parts, shuffle=True, random_state=seed)
        fit, judge = next(splitter.split(rows, labels, groups))
        if len(fit) and len(judge):
            return Division(fit, judge, True, splitter)
    drawing = GroupShuffleSplit(1, test_size=share, random_state=seed)
    fit, judge = next(drawing.split(rows, None, groups))
    return Division(fit, judge, False, drawing)


def _can_stratify(labels: np.ndarray, n_judged: int) -> bool:
    counts = np.bincount(labels)
    counts = counts[counts > 0]
    return bool(counts.min() >= 2 and min(n_judged, len(labels) - n_judged) >= len(counts))


def _check_folds(there: int, needed: int, folds: int) -> None:
    if there < needed:
        raise build_refusal(
            "too_few_for_folds",
            "folds",
            f"The training rows cannot be divided into {folds} folds that each have something to judge by.",
            "Use fewer folds, or add rows.",
        )
