"""One column that is to be read: its cells, the user's choices for it, and the result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import pandas as pd

from training.datasets.formats.column import ColumnFormat
from training.datasets.formats.dates import FoundDates, find_dates, find_dates_in_words
from training.datasets.formats.durations import FoundDurations, find_durations
from training.datasets.formats.labels import BOOLEAN
from training.datasets.formats.numeric import FoundNumbers, find_numbers
from training.datasets.formats.remedies import locate
from training.datasets.formats.text import Text, is_plain_number
from training.datasets.formats.words import NO_VALUES
from training.messages.problems import Problem
from training.spec import ColumnType
from training.spec.columns import ColumnChoice
from training.spec.reading import ReadingOptions

SHARE = 0.9  # of the distinct cells that must be numbers (or dates) for the others to be slips
FEW = 0.01  # the share that is enough where the user chose the type
SAMPLE = 2_000  # distinct cells that decide the type of a column

LabelKind = Callable[[pd.Series, str], ColumnType]
"""Infers the type of a column of labels from its values and its name."""


@dataclass(frozen=True)
class TypedColumn:
    """`values`: float64, datetime64 in UTC, or "str"; NaN or NaT where a cell is missing or unreadable."""

    values: pd.Series
    type: ColumnType
    format: ColumnFormat
    notes: tuple[Problem, ...] = ()

    def add_notes(self, more: tuple[Problem, ...]) -> TypedColumn:
        return replace(self, notes=self.notes + more)


@dataclass(frozen=True)
class Request:
    """One column, and the user's choices for it. `usual_decimal`: the decimal mark of the table."""

    name: str
    text: Text
    choice: ColumnChoice
    options: ReadingOptions
    usual_decimal: str = "."

    @property
    def where(self) -> str:
        return locate(self.name)

    @cached_property
    def given_missing(self) -> tuple[str, ...] | None:
        """The words that the user chose to mean "no value", without blanks; None without a choice.

        A number among them stands for all ways in which the column writes it.
        """
        given = self.choice.missing if self.choice.missing is not None else self.options.missing
        if given is None:
            return None
        words = tuple(dict.fromkeys(word.strip() for word in given if word.strip()))
        numbers = {float(word) for word in words if is_plain_number(word)}
        if not numbers:
            return words
        same = (cell for cell in self.text.distinct if is_plain_number(cell) and float(cell) in numbers)
        return tuple(dict.fromkeys((*words, *same)))

    @property
    def no_values(self) -> tuple[str, ...]:
        """The words that mean "no value" among numbers or dates."""
        return NO_VALUES if self.given_missing is None else self.given_missing

    def sample(self) -> list[str]:
        """Return distinct cells that are not missing."""
        none = frozenset(("", *self.no_values))
        found = []
        for cell in self.text.distinct:
            if cell not in none:
                found.append(cell)
                if len(found) == SAMPLE:
                    break
        return found

    def find_numbers(self, sample: Sequence[str]) -> FoundNumbers | None:
        """Find how the sample writes numbers, with the marks that the user chose."""
        found = find_numbers(
            sample,
            decimal=self.options.decimal,
            thousands=self.options.thousands,
            usual_decimal=self.usual_decimal,
        )
        return found and replace(found, format=found.format.model_copy(update={"missing": self.no_values}))

    def fits_other_marks(self, sample: Sequence[str]) -> bool:
        """Return whether the user chose marks, and the sample would be numbers with other marks."""
        if self.options.decimal is None and self.options.thousands is None:
            return False
        found = find_numbers(sample, decimal=None, thousands=None, usual_decimal=self.usual_decimal)
        return found is not None and found.share >= SHARE

    def find_dates(self, sample: Sequence[str]) -> FoundDates | None:
        """Find how the sample writes dates, with the order of day and month that the user chose."""
        found = find_dates(sample, self.choice.day_first)
        if found is None or found.share < 1:
            translated = find_dates_in_words(sample, self.choice.day_first)
            if translated is not None and (found is None or translated.share > found.share):
                found = translated
        return found and replace(found, format=found.format.model_copy(update={"missing": self.no_values}))

    def find_durations(self, sample: Sequence[str]) -> FoundDurations | None:
        """Find how the sample writes durations or times of day."""
        found = find_durations(sample)
        return found and replace(found, format=found.format.model_copy(update={"missing": self.no_values}))


def are_truths(sample: Sequence[str]) -> bool:
    """Return whether a sample of distinct cells holds the words true and false alone, in any case."""
    return {cell.casefold() for cell in sample[:5]} <= BOOLEAN
