"""Find a column that orders the rows of a plan in time. Called by `leaks`, and for the naive forecast."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pandas.api import types

from training.datasets.planned_rows import PlannedRows

MIN_ROWS = 20  # fewer known rows may be similar by chance
MAX_ROWS = 100_000  # only the first rows' targets are compared with the targets before them
MIN_MOMENTS = 10
MIN_CORRELATION = 0.5  # correlation of a target with the one before it, from which on neighbouring rows are similar

_TIME = re.compile(
    r"(?i)(?:.*[^a-z])?(?:date|day|time|timestamp|datetime|month|year|week|hour|minute|second|quarter|period|datum|"
    r"zeit|tag|monat|jahr|fecha|jour|mois|ann[ée]e)(?:[^a-z].*)?"
)


@dataclass(frozen=True)
class TimeOrder:
    """A column of dates or numbers that orders the rows in time.

    `is_rising`: the rows of the table are in this order. `is_falling`: they are in the opposite order.
    """

    column: str
    is_rising: bool
    is_falling: bool


def find_time_order(plan: PlannedRows, names: Sequence[str]) -> TimeOrder | None:
    """Return the column that orders the rows in time, among the named ones; None if there is none.

    Dates come before numbers with a name such as `year`. A column in whose order the table is sorted comes before a
    column in whose order neighbouring targets are similar.
    """
    frame = plan.frame
    dates = [name for name in names if types.is_datetime64_any_dtype(frame[name])]
    counts = [name for name in names if _is_number(frame[name]) and _TIME.fullmatch(str(name))]
    for name in (*dates, *counts):
        moments = pd.factorize(frame[name], sort=True)[0]
        steps = np.diff(moments[moments >= 0])
        is_rising, is_falling = bool((steps >= 0).all()), bool((steps <= 0).all())
        if moments.max(initial=0) + 1 >= MIN_MOMENTS and (is_rising or is_falling):
            return TimeOrder(str(name), is_rising, is_falling)
    alike = next((name for name in dates if _are_neighbours_alike(plan, name)), None)
    return None if alike is None else TimeOrder(str(alike), False, False)


def describe_order(order: TimeOrder, plan: PlannedRows) -> str:
    """Return a sentence that says how the rows are ordered, and whether the plan's split respects it."""
    if order.is_rising or order.is_falling:
        told = f"The rows are in time order by {order.column!r}"
        told += "" if order.is_rising else ", the latest first"
    else:
        told = f"By {order.column!r}, each {plan.target!r} is like the one before"
    if plan.shuffled:
        return f"{told}. Test rows drawn at random lie between training rows: the model learns from days after them."
    if order.is_falling:
        return f"{told}, so that the last rows, which are the test rows, are the earliest."
    return f"{told}, and the last rows, which are the test rows, are not the latest."


def _are_neighbours_alike(plan: PlannedRows, name: str) -> bool:
    """Return whether a regression's targets, sorted by a column, correlate with the targets before them."""
    if plan.classes is not None:
        return False
    codes = pd.factorize(plan.frame[name].iloc[:MAX_ROWS], sort=True)[0]
    known = np.flatnonzero(codes >= 0)
    if len(known) < MIN_ROWS or codes.max() + 1 < MIN_MOMENTS:
        return False
    y = plan.y[known[np.argsort(codes[known], kind="stable")]]
    with np.errstate(invalid="ignore", over="ignore"):
        return bool(np.corrcoef(y[:-1], y[1:])[0, 1] > MIN_CORRELATION)


def _is_number(values: pd.Series) -> bool:
    return types.is_numeric_dtype(values) and not types.is_bool_dtype(values)
