"""Find leaks of a split: rows in time order, and rows of one group or equal rows on both sides. Used by `Plan`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np
import pandas as pd
from pandas.api import types

from training.datasets.columns import to_days
from training.datasets.groups import Groups, describe_groups, find_groups
from training.datasets.planned_rows import PlannedRows
from training.datasets.time_order import TimeOrder, describe_order, find_time_order
from training.messages.problems import PatchOperation, Problem
from training.problems import build_problem
from training.spec.enums import SplitKind
from training.spec.split import Split

MIN_ROWS = 20  # smaller tables show such patterns by chance
MAX_COLUMNS = 500  # only the first columns are examined
MAX_CELLS = 4_000_000  # limit for the comparison of rows, so that a check takes less than seconds

MIN_EQUAL, EQUAL_SHARE = 3, 0.05  # smallest number and share of test rows that equal training rows, to be reported
MANY_VALUES = 20  # with fewer distinct values in every column of numbers, rows are equal by chance

HINTS = {
    "rows_in_time_order": "Test on the latest rows: split by time.",
    "repeated_groups": "Keep the rows of each value on one side: split by group.",
    "duplicate_rows": "Keep equal rows on one side: split by group, without a column. Or delete them from the table.",
}


class Leaks:
    """The leaks of a plan's split. Each kind is computed on first use."""

    def __init__(self, plan: PlannedRows) -> None:
        self._plan = plan
        self._is_large_enough = len(plan.frame) >= MIN_ROWS

    @cached_property
    def order(self) -> TimeOrder | None:
        """The column that orders the rows in time, or None."""
        return find_time_order(self._plan, self._others) if self._is_large_enough else None

    @cached_property
    def groups(self) -> Groups | None:
        """The column whose values repeat for similar rows, or None."""
        return find_groups(self._plan, self._others) if self._is_large_enough else None

    @cached_property
    def n_equal(self) -> int:
        """The number of test rows that equal a training row in all features and the target."""
        plan = self._plan
        if not any(plan.frame[name].nunique() > MANY_VALUES for name in plan.numbers):
            return 0
        names = list(plan.features.names)
        n_rows = max(1, MAX_CELLS // len(names))
        train, test = plan.train[:n_rows], plan.test[:n_rows]
        rows = np.concatenate([train, test])
        keys = pd.util.hash_pandas_object(plan.frame[names].iloc[rows].assign(target=plan.y[rows]), index=False)
        return int(keys.iloc[len(train) :].isin(keys.iloc[: len(train)]).sum())

    def read_last_known(self) -> np.ndarray | None:
        """Return the target of the row before in time for each test row, float64 (n_test,): the naive forecast.

        None for a classification, and for rows without an order in time.
        """
        plan = self._plan
        if plan.classes is not None:
            return None
        column = plan.split.column if plan.split.kind is SplitKind.TIME else self.order and self.order.column
        if column is None:
            return None
        values = plan.frame[column]
        moments = to_days(values).to_numpy() if types.is_datetime64_any_dtype(values) else values.to_numpy(np.float64)
        order = np.argsort(moments, kind="stable")
        if np.isnan(moments).any() or len(np.unique(moments)) < len(moments):
            return None  # rows of the same moment have no order
        before = np.empty(len(order))
        before[order] = np.concatenate([plan.y[order[:1]], plan.y[order[:-1]]])
        return before[plan.test]

    @property
    def honest_split(self) -> Split | None:
        """Return a split without these leaks. None if the plan's split is not random, or does not leak."""
        if self._leaking_order is not None:
            return Split(kind=SplitKind.TIME, column=self._leaking_order.column)
        if self._leaking_groups is not None:
            return Split(kind=SplitKind.GROUP, column=self._leaking_groups.column)
        return Split(kind=SplitKind.GROUP) if self._is_random and self._has_equal else None

    def find_problems(self) -> Iterator[Problem]:
        """Yield at most one problem of each kind, with the split that removes the leak as its fix."""
        plan, order, groups = self._plan, self._leaking_order, self._leaking_groups
        if order is not None:
            split = Split(kind=SplitKind.TIME, column=order.column)
            yield _build("rows_in_time_order", describe_order(order, plan), split)
        if groups is not None:
            split = Split(kind=SplitKind.GROUP, column=groups.column)
            yield _build("repeated_groups", describe_groups(groups, plan), split)
        elif self._has_equal:
            message = (
                f"{self.n_equal:,} of {len(plan.test):,} test rows equal a training row in every column: the model has "
                "seen them, answer included."
            )
            yield _build("duplicate_rows", message, Split(kind=SplitKind.GROUP) if self._is_random else None)

    @property
    def _is_random(self) -> bool:
        """Return whether the split is of the kind `random`. Other kinds take time or groups into account."""
        return self._plan.split.kind is SplitKind.RANDOM

    @property
    def _leaking_order(self) -> TimeOrder | None:
        """Return the time order that the split ignores. The last rows of a rising order are the latest."""
        if not self._is_random or self.order is None or (self.order.is_rising and not self._plan.shuffled):
            return None
        return self.order

    @property
    def _leaking_groups(self) -> Groups | None:
        return self.groups if self._is_random else None

    @property
    def _others(self) -> list[str]:
        return [name for name in self._plan.frame.columns if name != self._plan.target][:MAX_COLUMNS]

    @property
    def _has_equal(self) -> bool:
        if self._plan.split.kind is SplitKind.GROUP and self._plan.split.column is None:
            return False
        return self._is_large_enough and self.n_equal >= max(MIN_EQUAL, EQUAL_SHARE * len(self._plan.test))


def _build(code: str, message: str, split: Split | None) -> Problem:
    fix = []
    if split is not None:
        fix = [PatchOperation(op="add", path="/split", value=split.model_dump(mode="json", exclude_none=True))]
    return build_problem(code, "split", message, HINTS[code], fix)
