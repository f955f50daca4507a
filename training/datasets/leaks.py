"""What a split lets through: rows in time order, rows of the same person, and equal rows on both sides.

Called by `Plan`, which keeps what is found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from pandas.api import types

from training.datasets.columns import to_days
from training.parts import PatchOperation, Problem
from training.problems import build_problem
from training.spec.enums import SplitKind
from training.spec.split import Split

if TYPE_CHECKING:
    from training.datasets.plan import Plan

MIN_ROWS = 20  # in fewer, much is true by accident
MAX_CELLS = 4_000_000  # that are compared to find equal rows, so that no check takes seconds
MAX_COLUMNS = 500  # that are looked at
MAX_FIRST_ROWS = 100_000  # in which groups, and likeness of neighbours in time, are looked for
MAX_NUMBERS = 50  # columns whose values are compared within groups

MIN_MOMENTS = 10
ALIKE_NEXT = 0.5  # correlation of the target with that of the row before, from which on neighbours in time are alike

MIN_GROUPS, MIN_UNNAMED_GROUPS = 5, 10
REPEATED = 0.5  # the share of rows whose value occurs more than once
SAME, SAME_UNNAMED = 0.5, 0.9
"""How much of what differs between rows differs between groups alone: of the target, or of one column of numbers."""

MIN_EQUAL, EQUAL_SHARE = 3, 0.05  # test rows that equal training rows
MANY_VALUES = 20  # of a column of numbers: rows of fewer values are equal by accident

_TIME = re.compile(
    r"(?i)(?:.*[^a-z])?(?:date|day|time|timestamp|datetime|month|year|week|hour|minute|second|quarter|period|datum|"
    r"zeit|tag|monat|jahr|fecha|jour|mois|ann[ée]e)(?:[^a-z].*)?"
)
_PERSON = re.compile(
    r"(?i)(?:.*[\s_.-])?(?:id|uuid|guid|key|code|patient|subject|person|participant|user|customer|client|member|"
    r"household|family|session|visitor|student|player|athlete|match|game|trial|animal|donor|device|machine|sensor|"
    r"vehicle|case)(?:[\s_.-]?(?:id|nr|no|number|code|key|name))?|[a-z]+(?:Id|ID|Nr|No)"
)


@dataclass(frozen=True)
class TimeOrder:
    """A column of dates or numbers that orders the rows in time.

    `is_rising`: the table has its rows in this order. `is_falling`: it has them in the opposite order.
    """

    column: str
    is_rising: bool
    is_falling: bool


@dataclass(frozen=True)
class Groups:
    """A column with `n_groups` values on `n_rows` rows. The rows of each value have much in common.

    `shared`: how many test rows have a value that training rows have, too.
    """

    column: str
    n_groups: int
    n_rows: int
    same_target: bool
    shared: int


class Leaks:
    """What can be found out about a plan's split. Each part is looked for when it is first asked for."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._is_large_enough = len(plan.frame) >= MIN_ROWS

    @cached_property
    def order(self) -> TimeOrder | None:
        """Dates before numbers, and rows that are in order before those that are not."""
        frame = self._plan.frame
        if not self._is_large_enough:
            return None
        dates = [name for name in self._others if types.is_datetime64_any_dtype(frame[name])]
        counts = [name for name in self._others if _is_number(frame[name]) and _TIME.fullmatch(str(name))]
        for name in (*dates, *counts):
            moments = pd.factorize(frame[name], sort=True)[0]
            steps = np.diff(moments[moments >= 0])
            if moments.max(initial=0) + 1 >= MIN_MOMENTS and ((steps >= 0).all() or (steps <= 0).all()):
                return TimeOrder(str(name), bool((steps >= 0).all()), bool((steps <= 0).all()))
        for name in dates:
            if self._are_neighbours_alike(name):
                return TimeOrder(str(name), False, False)
        return None

    @cached_property
    def groups(self) -> Groups | None:
        """The column whose values repeat for rows that have much in common, such as those of one patient."""
        if not self._is_large_enough:
            return None
        found = [group for name in self._others if (group := self._measure_groups(str(name))) is not None]
        return max(found, key=lambda group: (bool(_PERSON.fullmatch(group.column)), group.n_groups), default=None)

    @cached_property
    def n_equal(self) -> int:
        """How many test rows equal a training row in all that is learned from, and in the target."""
        plan = self._plan
        names = [*plan.numbers, *plan.dates, *plan.categories, *plan.texts]
        if not any(plan.frame[name].nunique() > MANY_VALUES for name in plan.numbers):
            return 0
        n_rows = max(1, MAX_CELLS // len(names))
        train, test = plan.train[:n_rows], plan.test[:n_rows]
        rows = np.concatenate([train, test])
        keys = pd.util.hash_pandas_object(plan.frame[names].iloc[rows].assign(target=plan.y[rows]), index=False)
        return int(keys.iloc[len(train) :].isin(keys.iloc[: len(train)]).sum())

    @property
    def honest_split(self) -> Split | None:
        """The split that lets none of it through; None where the plan's own does not either."""
        plan = self._plan
        if plan.split.kind is not SplitKind.RANDOM:
            return None
        if self.order is not None and (plan.shuffled or not self.order.is_rising):
            return Split(kind=SplitKind.TIME, column=self.order.column)
        if self.groups is not None:
            return Split(kind=SplitKind.GROUP, column=self.groups.column)
        return Split(kind=SplitKind.GROUP) if self._has_equal else None

    def find_problems(self) -> Iterator[Problem]:
        """At most one problem of each kind, each with the split that mends it."""
        plan = self._plan
        is_random = plan.split.kind is SplitKind.RANDOM
        order = self.order if is_random else None
        if order is not None and (plan.shuffled or not order.is_rising):
            yield _build("rows_in_time_order", _describe_order(order, plan), Split(kind="time", column=order.column))
        groups = self.groups if is_random else None
        if groups is not None:
            yield _build("repeated_groups", _describe_groups(groups, plan), Split(kind="group", column=groups.column))
        if self._has_equal and groups is None:
            message = (
                f"{self.n_equal:,} of {len(plan.test):,} test rows equal a training row in every column: the model has "
                "seen them, answer included."
            )
            fix = Split(kind="group") if is_random else None
            yield _build("duplicate_rows", message, fix)

    @property
    def _others(self) -> list[str]:
        return [name for name in self._plan.frame.columns if name != self._plan.target][:MAX_COLUMNS]

    @property
    def _has_equal(self) -> bool:
        if self._plan.split.kind is SplitKind.GROUP and self._plan.split.column is None:
            return False
        return self._is_large_enough and self.n_equal >= max(MIN_EQUAL, EQUAL_SHARE * len(self._plan.test))

    def _are_neighbours_alike(self, name: str) -> bool:
        """Whether a regression's target is like that of the row before, in the order of this column."""
        plan = self._plan
        if plan.classes is not None:
            return False
        codes = pd.factorize(plan.frame[name].iloc[:MAX_FIRST_ROWS], sort=True)[0]
        known = np.flatnonzero(codes >= 0)
        if len(known) < MIN_ROWS or codes.max() + 1 < MIN_MOMENTS:
            return False
        y = plan.y[known[np.argsort(codes[known], kind="stable")]]
        with np.errstate(invalid="ignore", over="ignore"):
            return bool(np.corrcoef(y[:-1], y[1:])[0, 1] > ALIKE_NEXT)

    def _measure_groups(self, name: str) -> Groups | None:
        plan = self._plan
        values = plan.frame[name].iloc[:MAX_FIRST_ROWS]
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
            _measure_sameness(numbers[:, None], codes) >= needed for numbers in self._read_numbers(name, known)
        )
        if not (same_features or (is_named and same_target)):
            return None
        learned = np.isin(known, plan.train)
        shared = int(np.isin(codes[np.isin(known, plan.test)], np.unique(codes[learned])).sum())
        if not shared:
            return None
        return Groups(name, len(sizes), len(codes), bool(same_target), shared)

    def _read_numbers(self, without: str, rows: np.ndarray) -> Iterator[np.ndarray]:
        plan = self._plan
        for name in [name for name in plan.numbers if name != without][:MAX_NUMBERS]:
            numbers = plan.frame[name].iloc[rows].to_numpy(np.float64, na_value=np.nan)
            if not np.isnan(numbers).all():
                yield np.where(np.isnan(numbers), np.nanmean(numbers), numbers)


def read_last_known(plan: Plan) -> np.ndarray | None:
    """Return the target of the row before in time for each test row, float64 (n_test,): the naive forecast.

    None for a classification, and where the rows have no order in time.
    """
    if plan.classes is not None:
        return None
    column = plan.split.column if plan.split.kind is SplitKind.TIME else plan.leaks.order and plan.leaks.order.column
    if column is None:
        return None
    values = plan.frame[column]
    moments = to_days(values).to_numpy() if types.is_datetime64_any_dtype(values) else values.to_numpy(np.float64)
    order = np.argsort(moments, kind="stable")
    if np.isnan(moments).any() or len(np.unique(moments)) < len(moments):
        return None  # of several rows of one moment, nobody knows which comes before
    before = np.empty(len(order))
    before[order] = np.concatenate([plan.y[order[:1]], plan.y[order[:-1]]])
    return before[plan.test]


def _is_number(values: pd.Series) -> bool:
    return types.is_numeric_dtype(values) and not types.is_bool_dtype(values)


def _measure_sameness(columns: np.ndarray, codes: np.ndarray) -> float:
    """Return how much of the variance of columns (n, m) is between groups: 0 where groups say nothing, 1 where all rows
    of a group are equal. 1 - MS_within / MS_total, as in Fisher's analysis of variance.
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


def _describe_order(order: TimeOrder, plan: Plan) -> str:
    if order.is_rising or order.is_falling:
        told = f"The rows are in time order by {order.column!r}"
        told += "" if order.is_rising else ", the latest first"
    else:
        told = f"By {order.column!r}, each {plan.target!r} is like the one before"
    if plan.shuffled:
        return f"{told}. Test rows drawn at random lie between training rows: the model learns from days after them."
    return f"{told}, so that the last rows, which are the test rows, are the earliest."


def _describe_groups(groups: Groups, plan: Plan) -> str:
    average = f"{groups.n_rows / groups.n_groups:.3g}"
    same = f", and much the same {plan.target!r} in each" if groups.same_target else ""
    return (
        f"{groups.column!r} repeats: {groups.n_groups:,} values with {average} rows each{same}. {groups.shared:,} of "
        f"{len(plan.test):,} test rows have a value that training rows have, too: the model may recognise it instead "
        "of learning a rule."
    )


HINTS = {
    "rows_in_time_order": "Test on the latest rows: split by time.",
    "repeated_groups": "Keep the rows of each value on one side: split by group.",
    "duplicate_rows": "Keep equal rows on one side: split by group, without a column. Or delete them from the table.",
}


def _build(code: str, message: str, split: Split | None) -> Problem:
    fix = []
    if split is not None:
        fix = [PatchOperation(op="add", path="/split", value=split.model_dump(mode="json", exclude_none=True))]
    return build_problem(code, "split", message, HINTS[code], fix)
