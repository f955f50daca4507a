"""Find a column whose repeated values mark similar rows, such as the rows of one patient. Called by `leaks`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pandas.api import types

from training.datasets.planned_rows import PlannedRows

MIN_ROWS = 20  # fewer rows with a repeated value may be similar by chance
MAX_ROWS = 100_000  # only the first rows are examined
MAX_NUMBERS = 50  # columns that are compared within groups

MIN_GROUPS, MIN_UNNAMED_GROUPS = 5, 10
REPEATED = 0.5  # share of rows whose value occurs more than once
SAME, SAME_UNNAMED = 0.5, 0.9
"""How much of what differs between rows differs between groups alone: of the target, or of one column of numbers."""

_PERSON = re.compile(
    r"(?i)(?:.*[\s_.-])?(?:id|uuid|guid|key|code|patient|subject|person|participant|user|customer|client|member|"
    r"household|family|session|visitor|student|player|athlete|match|game|trial|animal|donor|device|machine|sensor|"
    r"vehicle|case)(?:[\s_.-]?(?:id|nr|no|number|code|key|name))?|[a-z]+(?:Id|ID|Nr|No)"
)


@dataclass(frozen=True)
class Groups:
    """A column with `n_groups` values on `n_rows` rows, where rows with the same value are similar.

    `shared`: number of test rows whose value training rows have, too.
    """

    column: str
    n_groups: int
    n_rows: int
    same_target: bool
    shared: int


def find_groups(plan: PlannedRows, names: Sequence[str]) -> Groups | None:
    """Return the grouping column among the named ones. Columns with the name of an identifier come first."""
    found = [groups for name in names if (groups := _measure_groups(plan, str(name))) is not None]
    return max(found, key=lambda groups: (bool(_PERSON.fullmatch(groups.column)), groups.n_groups), default=None)


def describe_groups(groups: Groups, plan: PlannedRows) -> str:
    """Return a sentence that says how the column repeats, and how many test rows share a value with training rows."""
    average = f"{groups.n_rows / groups.n_groups:.3g}"
    same = f", and much the same {plan.target!r} in each" if groups.same_target else ""
    return (
        f"{groups.column!r} repeats: {groups.n_groups:,} values with {average} rows each{same}. {groups.shared:,} of "
        f"{len(plan.test):,} test rows have a value that training rows have, too: the model may recognise it instead "
        "of learning a rule."
    )


def _measure_groups(plan: PlannedRows, name: str) -> Groups | None:
    values = plan.frame[name].iloc[:MAX_ROWS]
    if types.is_datetime64_any_dtype(values) or types.is_bool_dtype(values):
        return None
    if types.is_numeric_dtype(values) and bool((values.dropna() % 1 != 0).any()):
        return None
    codes = pd.factorize(values)[0]
    known = np.flatnonzero(codes >= 0)
    codes = codes[known]
    sizes = np.bincount(codes) if len(codes) else np.zeros(0, np.int64)
    is_named = bool(_PERSON.fullmatch(name))
    if len(sizes) < (MIN_GROUPS if is_named else MIN_UNNAMED_GROUPS):
        return None
    if sizes[sizes > 1].sum() < max(MIN_ROWS, REPEATED * len(codes)):
        return None
    needed = SAME if is_named else SAME_UNNAMED
    n_classes = len(plan.classes or ())
    columns = np.eye(n_classes)[plan.y[known]] if n_classes else plan.y[known][:, None]
    same_target = _measure_sameness(columns, codes) >= needed and len(sizes) > 2 * n_classes
    if not is_named and not same_target:
        return None
    same_features = any(
        _measure_sameness(numbers[:, None], codes) >= needed for numbers in _read_numbers(plan, name, known)
    )
    if not (same_features or (is_named and same_target)):
        return None
    learned = np.isin(known, plan.train)
    shared = int(np.isin(codes[np.isin(known, plan.test)], np.unique(codes[learned])).sum())
    if not shared:
        return None
    return Groups(name, len(sizes), len(codes), bool(same_target), shared)


def _read_numbers(plan: PlannedRows, without: str, rows: np.ndarray) -> Iterator[np.ndarray]:
    for name in [name for name in plan.numbers if name != without][:MAX_NUMBERS]:
        numbers = plan.frame[name].iloc[rows].to_numpy(np.float64, na_value=np.nan)
        if not np.isnan(numbers).all():
            yield np.where(np.isnan(numbers), np.nanmean(numbers), numbers)


def _measure_sameness(columns: np.ndarray, codes: np.ndarray) -> float:
    """Return the share of the variance of columns (n, m) that is between groups, 0 to 1.

    It is 0 if groups explain nothing, and 1 if all rows of a group are equal. Formula: 1 - MS_within / MS_total, as in
    Fisher's analysis of variance.
    """
    n, k = len(codes), int(codes.max()) + 1
    if n <= k:
        return 0.0
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        counts = np.bincount(codes)[:, None]
        means = np.column_stack([np.bincount(codes, column) for column in columns.T]) / counts
        within = ((columns - means[codes]) ** 2).sum() / (n - k)
        total = ((columns - columns.mean(0)) ** 2).sum() / (n - 1)
        sameness = 1 - within / total
    return float(sameness) if np.isfinite(sameness) else 0.0
