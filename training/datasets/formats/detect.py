"""The type of one column: as the user chose it, or detected from its cells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pandas as pd

from training.datasets.formats.date_columns import force_dates, read_dates, read_durations
from training.datasets.formats.date_like import looks_like_date
from training.datasets.formats.dates import COMPACT, DateFormat, FoundDates, are_compact_dates
from training.datasets.formats.identifiers import is_identifier
from training.datasets.formats.label_columns import read_empty, read_labels
from training.datasets.formats.notes.dates import note_compact_dates, note_mostly_dates, note_unread_dates
from training.datasets.formats.notes.numbers import (
    note_leading_zeros,
    note_long_numbers,
    note_mostly_numbers,
    note_other_marks,
    note_unread_amounts,
)
from training.datasets.formats.notes.oddities import note_merged_cells
from training.datasets.formats.number_columns import finish_numbers, force_numbers, read_numbers
from training.datasets.formats.numeric import (
    NumberFormat,
    find_confused,
    has_leading_zero,
    has_only_points_of_thousands,
)
from training.datasets.formats.request import SHARE, LabelKind, Request, TypedColumn, are_truths
from training.datasets.formats.units import is_censored, looks_like_amount
from training.spec import ColumnType


def type_column(request: Request, infer_label_type: LabelKind) -> TypedColumn:
    """Read a column. `infer_label_type` infers the type of labels from the values and the column's name.

    Raises SpecRefused: `not_numbers`, `not_dates`, `not_boolean`, `bad_order`, `bad_merge`.
    """
    chosen = request.choice.type
    if chosen is ColumnType.NUMBER:
        return force_numbers(request)
    if chosen is ColumnType.DATE:
        return force_dates(request)
    if chosen is not None:
        return read_labels(request, infer_label_type)
    if request.choice.order is not None or request.choice.merge is not None:
        choice = request.choice.model_copy(update={"type": ColumnType.CATEGORY})
        return read_labels(replace(request, choice=choice), infer_label_type)
    column = _read_plain_numbers(request, infer_label_type) or _detect(request, infer_label_type)
    is_number = column.type is ColumnType.NUMBER  # measurements often lack values
    return column if is_number else column.add_notes(note_merged_cells(request.name, request.text))


def _read_plain_numbers(request: Request, infer_label_type: LabelKind) -> TypedColumn | None:
    """Read a column of plain numbers by one cast; None where a cell is no plain number."""
    text, options = request.text, request.options
    if options.decimal == "," or options.thousands or _may_group_by_points(request):
        return None
    values = text.cast_numbers(request.no_values)
    if values is None:
        return None
    if has_leading_zero(text):
        return read_labels(request, infer_label_type).add_notes(note_leading_zeros(request.name, text))
    if are_compact_dates(text, values) and not is_identifier(request.name, values):
        form = DateFormat(formats=(COMPACT,), missing=request.no_values)
        return read_dates(request, FoundDates(form, 1.0)).add_notes(note_compact_dates(request.name, text))
    if (confused := find_confused(text, values)) is not None:
        return read_labels(request, infer_label_type).add_notes(note_long_numbers(request.name, confused))
    return finish_numbers(request, NumberFormat(missing=request.no_values), pd.Series(values, index=text.index))


def _may_group_by_points(request: Request) -> bool:
    """Return whether all points of a column may stand between thousands, in a table with decimal commas."""
    return (
        request.options.decimal is None and request.usual_decimal == "," and has_only_points_of_thousands(request.text)
    )


def _detect(request: Request, infer_label_type: LabelKind) -> TypedColumn:
    name, text, sample = request.name, request.text, request.sample()
    if not sample:
        return read_empty(request)
    if are_truths(sample) or _count(sample, _has_digit) < len(sample) * SHARE / 2:
        return read_labels(request, infer_label_type)
    dates = request.find_dates(sample)
    if dates is not None and dates.share >= SHARE:
        return read_dates(request, dates)
    durations = request.find_durations(sample)
    if durations is not None and durations.share >= SHARE:
        return read_durations(request, durations)
    measured = _leave_out_censored(sample)
    numbers = request.find_numbers(measured)
    if numbers is not None and numbers.share >= SHARE:
        if has_leading_zero(text):
            return read_labels(request, infer_label_type).add_notes(note_leading_zeros(name, text))
        return read_numbers(request, numbers)
    column = read_labels(request, infer_label_type)
    if numbers is not None and request.fits_other_marks(measured):
        return column.add_notes(note_other_marks(name, numbers, text, request.options))
    if numbers is not None and numbers.share >= SHARE / 2:
        return column.add_notes(note_mostly_numbers(name, numbers, text))
    if dates is not None and dates.share >= SHARE / 2:
        return column.add_notes(note_mostly_dates(name, dates, text))
    if _count(sample, looks_like_date) >= len(sample) * SHARE:
        return column.add_notes(note_unread_dates(name, text))
    if _count(sample, looks_like_amount) >= len(sample) * SHARE / 2:
        return column.add_notes(note_unread_amounts(name, text))
    return column


def _has_digit(cell: str) -> bool:
    return any(map(str.isdigit, cell))


def _count(sample: Sequence[str], has_property: Callable[[str], bool]) -> int:
    return sum(map(has_property, sample))


def _leave_out_censored(sample: list[str]) -> list[str]:
    """Return the sample without cells such as `<5`, unless more than half of the cells are such."""
    rest = [cell for cell in sample if not is_censored(cell)]
    return rest if len(rest) >= len(sample) / 2 else sample
