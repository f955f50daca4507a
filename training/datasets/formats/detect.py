"""What the cells of one column are, and how they are read: detected, or as the user says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from training.datasets.formats import notes
from training.datasets.formats.column import ColumnFormat
from training.datasets.formats.dates import FoundDates, find_dates
from training.datasets.formats.durations import FoundDurations, find_durations
from training.datasets.formats.identifiers import is_identifier
from training.datasets.formats.labels import (
    BOOLEAN,
    LabelFormat,
    are_whole,
    find_spellings,
    group_alike,
    plan_merge,
)
from training.datasets.formats.numeric import (
    LARGEST,
    FoundNumbers,
    NumberFormat,
    find_confused,
    find_numbers,
    has_leading_zero,
    has_only_points_of_thousands,
)
from training.datasets.formats.text import Text
from training.datasets.formats.units import is_censored
from training.datasets.formats.words import MISSING_WORDS, NO_VALUES, SPREADSHEET_ERRORS, choose_missing
from training.parts import Problem
from training.problems import build_refusal
from training.spec import ColumnType
from training.spec.columns import ColumnChoice
from training.spec.reading import ReadingOptions

SHARE = 0.9  # of the distinct cells that must be numbers (or dates) for the others to be slips
FEW = 0.01  # the share that is enough where the user says what the column holds
SAMPLE = 2_000  # distinct cells by which a column is judged before all of it is read
MANY_LEVELS = 1_000  # from which on levels are not compared with each other


@dataclass(frozen=True)
class TypedColumn:
    """`values`: float64, datetime64 in UTC, or "str"; NaN or NaT where a cell is missing or unreadable."""

    values: pd.Series
    type: ColumnType
    format: ColumnFormat
    notes: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Request:
    """One column, and what the user says of it. `usual_decimal`: the decimal mark of the table, where it has one."""

    name: str
    text: Text
    choice: ColumnChoice
    options: ReadingOptions
    usual_decimal: str = "."

    @property
    def where(self) -> str:
        return f"column_types.{self.name}"[:200]

    @property
    def given_missing(self) -> tuple[str, ...] | None:
        """The words that mean "no value" as the user says, without blanks; None where the user says nothing."""
        given = self.choice.missing if self.choice.missing is not None else self.options.missing
        return None if given is None else tuple(word.strip() for word in given if word.strip())

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


LabelKind = Callable[[pd.Series, str], ColumnType]


def type_column(request: Request, infer_label_type: LabelKind) -> TypedColumn:
    """Read a column. `infer_label_type` tells what text is, from the values and the column's name.

    Raises SpecRefused: `not_numbers`, `not_dates`, `bad_order`, `bad_merge`.
    """
    chosen = request.choice.type
    if chosen is ColumnType.NUMBER:
        return _force_numbers(request)
    if chosen is ColumnType.DATE:
        return _force_dates(request)
    if chosen is not None:
        return _read_labels(request, infer_label_type)
    if request.choice.order is not None or request.choice.merge is not None:
        choice = request.choice.model_copy(update={"type": ColumnType.CATEGORY})
        return _read_labels(replace(request, choice=choice), infer_label_type)
    return _detect(request, infer_label_type)


def _detect(request: Request, infer_label_type: LabelKind) -> TypedColumn:
    text, options = request.text, request.options
    if options.decimal != "," and not options.thousands and not _may_group_by_points(request):
        values = text.cast_numbers(request.no_values)
        if values is not None:
            if has_leading_zero(text):
                return _with(_read_labels(request, infer_label_type), notes.note_leading_zeros(request.name, text))
            if (confused := find_confused(text, values)) is not None:
                return _with(_read_labels(request, infer_label_type), notes.note_long_numbers(request.name, confused))
            found = NumberFormat(missing=request.no_values)
            return _finish_numbers(request, found, pd.Series(values, index=text.index))
    sample = request.sample()
    if not sample:
        return _read_empty(request)
    if {cell.casefold() for cell in sample[:5]} <= BOOLEAN:
        return _read_labels(request, infer_label_type)
    if sum(any(map(str.isdigit, cell)) for cell in sample) < len(sample) * SHARE / 2:
        return _read_labels(request, infer_label_type)
    censored = sum(map(is_censored, sample))
    rest = [cell for cell in sample if not is_censored(cell)] if 0 < censored <= len(sample) / 2 else sample
    dates = find_dates(sample, request.choice.day_first)
    if dates is not None and dates.share >= SHARE:
        return _read_dates(request, dates)
    durations = find_durations(sample)
    if durations is not None and durations.share >= SHARE:
        return _read_durations(request, durations)
    numbers = _find_numbers(request, rest)
    if numbers is not None and numbers.share >= SHARE:
        if has_leading_zero(text):
            return _with(_read_labels(request, infer_label_type), notes.note_leading_zeros(request.name, text))
        return _read_numbers(request, numbers)
    column = _read_labels(request, infer_label_type)
    if numbers is not None and numbers.share >= SHARE / 2:
        column = _with(column, notes.note_mostly_numbers(request.name, numbers, sample))
    elif dates is not None and dates.share >= SHARE / 2:
        column = _with(column, notes.note_mostly_dates(request.name, dates, text))
    return column


def _may_group_by_points(request: Request) -> bool:
    """Tell whether all points of a column may stand between thousands, in a table with decimal commas."""
    return (
        request.options.decimal is None and request.usual_decimal == "," and has_only_points_of_thousands(request.text)
    )


def _find_numbers(request: Request, sample: list[str]) -> FoundNumbers | None:
    options = request.options
    return find_numbers(
        sample, decimal=options.decimal, thousands=options.thousands, usual_decimal=request.usual_decimal
    )


def _force_numbers(request: Request) -> TypedColumn:
    """Read numbers because the user says so."""
    sample = request.sample()
    if not sample:
        return _read_empty(request)
    if {cell.casefold() for cell in sample[:5]} <= BOOLEAN:
        truths = NumberFormat(missing=request.no_values, truths=True)
        return _finish_numbers(request, truths, truths.read(request.text))
    dates = find_dates(sample, request.choice.day_first)
    if dates is not None and dates.share >= SHARE:
        form = dates.format.model_copy(update={"missing": request.no_values, "as_year": True})
        values = form.read(request.text)
        return TypedColumn(values, ColumnType.NUMBER, form, notes.note_lost(request.name, form, request.text, values))
    durations = find_durations(sample)
    if durations is not None and durations.share >= SHARE:
        return _read_durations(request, durations)
    found = _find_numbers(request, sample)
    if found is None or found.share < FEW:
        raise build_refusal(
            "not_numbers",
            request.where,
            f"The column {request.name!r} holds no numbers: {sample[0][:40]!r}, for example.",
            "Take it for a category.",
        )
    return _read_numbers(request, found)


def _read_numbers(request: Request, found: FoundNumbers) -> TypedColumn:
    form = found.format.model_copy(update={"missing": request.no_values})
    column = _finish_numbers(request, form, form.read(request.text))
    more = notes.note_unit(request.name, found, request.text)
    if found.is_open and column.type is ColumnType.NUMBER:
        more += notes.note_open_decimal(request.name, form, request.text, request.options)
    return _with(column, more)


def _finish_numbers(request: Request, form: NumberFormat, values: pd.Series) -> TypedColumn:
    found = notes.note_lost(request.name, form, request.text, values)
    numbers = values.to_numpy(copy=True)
    with np.errstate(invalid="ignore"):
        infinite, huge = np.isinf(numbers), np.abs(numbers) > LARGEST
    if huge.any():
        found += notes.note_extremes(request.name, request.text, infinite, huge & ~infinite)
        numbers[huge] = np.nan
        values = pd.Series(numbers, index=values.index)
    if not request.text.cells or np.isnan(numbers).all():
        return TypedColumn(values, ColumnType.EMPTY, form, found)
    kind = ColumnType.NUMBER
    if request.choice.type is None and not form.unit and is_identifier(request.name, numbers):
        kind = ColumnType.IDENTIFIER
    return TypedColumn(values, kind, form, found)


def _force_dates(request: Request) -> TypedColumn:
    sample = request.sample()
    if not sample:
        return _read_empty(request)
    found = find_dates(sample, request.choice.day_first)
    if found is None or found.share < FEW:
        raise build_refusal(
            "not_dates",
            request.where,
            f"The column {request.name!r} holds no dates: {sample[0][:40]!r}, for example.",
            "Write them like 2026-01-31.",
        )
    return _read_dates(request, found)


def _read_dates(request: Request, found: FoundDates) -> TypedColumn:
    form = found.format.model_copy(update={"missing": request.no_values})
    values = form.read(request.text)
    lost = notes.note_lost(request.name, form, request.text, values)
    more = notes.note_dates(request.name, found, request.text)
    return TypedColumn(values, ColumnType.DATE, form, lost + more)


def _read_durations(request: Request, found: FoundDurations) -> TypedColumn:
    form = found.format.model_copy(update={"missing": request.no_values})
    values = form.read(request.text)
    lost = notes.note_lost(request.name, form, request.text, values)
    return TypedColumn(values, ColumnType.NUMBER, form, lost + notes.note_durations(request.name, found, request.text))


def _read_empty(request: Request) -> TypedColumn:
    form = LabelFormat(missing=request.no_values)
    values = form.read(request.text)
    found = notes.note_lost(request.name, form, request.text, values)
    return TypedColumn(values, ColumnType.EMPTY, form, found)


def _read_labels(request: Request, infer_label_type: LabelKind) -> TypedColumn:
    text, choice, name = request.text, request.choice, request.name
    counts = {cell: count for cell, count in zip(text.distinct, text.counts, strict=True) if cell}
    found: tuple[Problem, ...] = ()
    missing = request.given_missing
    if missing is None:
        words = {word: counts[word] for word in MISSING_WORDS if word in counts}
        empty = len(text) - sum(counts.values())
        left_out = choose_missing(words, empty, len(text))
        if words:
            found += notes.note_words(name, words, left_out)
        missing = (*left_out, *SPREADSHEET_ERRORS)
        found += notes.note_spreadsheet_errors(name, text.count(SPREADSHEET_ERRORS))
    levels = {cell: count for cell, count in counts.items() if cell not in missing}
    is_chosen = choice.type is ColumnType.CATEGORY
    form = LabelFormat(
        missing=missing,
        whole=len(levels) <= MANY_LEVELS and are_whole(levels),
        spellings=find_spellings(levels) if len(levels) <= 8 and (not is_chosen or len(levels) <= 2) else (),
        merge=_check_merge(request, levels),
        order=choice.order,
    )
    values = form.read(text)
    if choice.order is not None:
        _check_order(request, values)
    kind = choice.type or infer_label_type(values, name)
    if choice.type is None and {cell.casefold() for cell in levels} <= BOOLEAN and levels:
        kind = ColumnType.BOOLEAN
    if kind in (ColumnType.CATEGORY, ColumnType.BOOLEAN):
        found += notes.note_trimmed(name, text)
        found += notes.note_spellings(name, form.spellings, levels)
        if len(levels) <= MANY_LEVELS:
            left = values.dropna().value_counts().to_dict()
            groups = group_alike(left)
            if groups:
                merge = {**dict(form.merge), **plan_merge(groups, left)}
                found += notes.note_alike(name, groups, left, merge)
    return TypedColumn(values, kind, form, found)


def _check_merge(request: Request, levels: dict[str, int]) -> tuple[tuple[str, str], ...]:
    merge = {old.strip(): new.strip() for old, new in (request.choice.merge or {}).items()}
    unknown = [old for old in merge if old not in levels]
    if unknown:
        raise build_refusal(
            "bad_merge",
            request.where,
            f"{unknown[0][:40]!r} is to be replaced in {request.name!r}, but no cell holds it.",
            "Correct the label, or remove it from `merge`.",
        )
    return tuple(merge.items())


def _check_order(request: Request, values: pd.Series) -> None:
    order = request.choice.order or ()
    levels = set(values.dropna().unique())
    missing = sorted(levels - set(order))
    unknown = [level for level in order if level not in levels]
    if not missing and not unknown and len(set(order)) == len(order):
        return
    if missing:
        message = f"The order of {request.name!r} lacks the level {missing[0][:40]!r}."
    elif unknown:
        message = f"The order of {request.name!r} names {unknown[0][:40]!r}, which no cell holds."
    else:
        message = f"The order of {request.name!r} names a level twice."
    raise build_refusal("bad_order", request.where, message, "Name each level once, from lowest to highest.")


def _with(column: TypedColumn, more: tuple[Problem, ...]) -> TypedColumn:
    return replace(column, notes=column.notes + more)
