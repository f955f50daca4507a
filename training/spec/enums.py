"""Enumerations of a TrainingSpec."""

from __future__ import annotations

from enum import StrEnum
from typing import Any


class CaseInsensitiveEnum(StrEnum):
    """Accept values in any case: front ends write both `adam` and `Adam`."""

    @classmethod
    def _missing_(cls, value: object) -> Any:
        wanted = str(value).strip().casefold()
        return next((member for member in cls if member.value.casefold() == wanted), None)


class ProblemType(CaseInsensitiveEnum):
    CLASSIFICATION = "classification"
    REGRESSION = "regression"


class ColumnType(CaseInsensitiveEnum):
    """What a column contains. IDENTIFIER, EMPTY and IGNORED columns are never features."""

    NUMBER = "number"
    CATEGORY = "category"
    BOOLEAN = "boolean"
    DATE = "date"
    TEXT = "text"
    IDENTIFIER = "identifier"
    EMPTY = "empty"
    IGNORED = "ignored"

    @property
    def is_learned(self) -> bool:
        """Whether columns of this type are features."""
        return self not in (ColumnType.IDENTIFIER, ColumnType.EMPTY, ColumnType.IGNORED)


class SplitKind(CaseInsensitiveEnum):
    """How rows are divided into training rows and test rows."""

    RANDOM = "random"
    """At random; classes keep their shares."""
    TIME = "time"
    """The rows with the latest dates are the test rows."""
    GROUP = "group"
    """All rows of a group are on the same side."""
    GIVEN = "given"
    """A column, or a second table, says which rows are the test rows."""
