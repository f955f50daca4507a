"""Columns that only tell rows apart: row numbers and identifiers, by their values and their names."""

from __future__ import annotations

import re

import numpy as np

FEW_ROWS = 20  # in fewer, numbers run from 1 on by accident
_NAME = re.compile(
    r"(?:.*[\s_.-])?(?:id|ids|uuid|guid|key|index|idx|row|rows|rownum|nr|no|num|number|obs|observation|case|record|sample"
    r"|subject|patient|customer|serial|sl|sn|seq|lfd|pk)\.?|(?-i:.*[a-z](?:ID|Id|Nr|No))|#|№|n°|column 1|unnamed.*"
    r"|(?:user|patient|customer|order|case|item|record|row|sample|subject|student|employee|person|client|account)id",
    re.IGNORECASE,
)
# Counts that mean something: rows in the order of time, or the points of a curve.
_COUNTED = re.compile(
    r"(?i)(?:.*[\s_.-])?(?:x\d*|t|time|year|month|week|day|days|hour|minute|second|date|period|quarter|step|epoch|age"
    r"|rank|round|lap|size|dose|distance|position|depth|length|temperature|rooms|y|target|label|class)"
)


def is_identifier(name: str, values: np.ndarray) -> bool:
    """Return whether numbers (n,), NaN where missing, only tell rows apart.

    Numbers of rows count by one from 0 or 1 without a gap, in any order, whatever the name. Other whole numbers of
    which no two are alike are identifiers where the name says so. Measurements are neither.
    """
    present = values[~np.isnan(values)]
    if len(present) < FEW_ROWS or not (present == np.floor(present)).all():
        return False
    first, last = present.min(), present.max()
    named = _NAME.fullmatch(name.strip()) is not None
    runs = len(present) == len(values) and first in (0, 1) and last - first == len(present) - 1
    if not named and (not runs or _COUNTED.fullmatch(name.strip())):
        return False
    return len(np.unique(present)) == len(present)
