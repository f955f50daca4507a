"""Columns that are read as numbers: because the user chose so, or because their cells are numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from training.datasets.formats.date_columns import read_durations
from training.datasets.formats.identifiers import is_identifier
from training.datasets.formats.label_columns import read_empty
from training.datasets.formats.notes.missing import note_missing
from training.datasets.formats.notes.numbers import note_extremes, note_open_decimal, note_unit
from training.datasets.formats.notes.sentinels import note_sentinels
from training.datasets.formats.numeric import LARGEST, FoundNumbers, NumberFormat
from training.datasets.formats.remedies import offer_detected_marks
from training.datasets.formats.request import FEW, SHARE, Request, TypedColumn, are_truths
from training.exceptions import SpecRefused
from training.problems import build_refusal
from training.spec import ColumnType


def force_numbers(request: Request) -> TypedColumn:
    """Read numbers because the user chose so: true as 1, dates as their years, durations as seconds.

    Raises SpecRefused (`not_numbers`).
    """
    sample = request.sample()
    if not sample:
        return read_empty(request)
    if are_truths(sample):
        truths = NumberFormat(missing=request.no_values, truths=True)
        return finish_numbers(request, truths, truths.read(request.text))
    dates = request.find_dates(sample)
    if dates is not None and dates.share >= SHARE:
        form = dates.format.model_copy(update={"as_year": True})
        values = form.read(request.text)
        lost = note_missing(request.name, form, request.text, values)
        return TypedColumn(values, ColumnType.NUMBER, form, lost)
    durations = request.find_durations(sample)
    if durations is not None and durations.share >= SHARE:
        return read_durations(request, durations)
    found = request.find_numbers(sample)
    if found is None or found.share < FEW:
        raise _refuse_no_numbers(request, sample)
    return read_numbers(request, found)


def _refuse_no_numbers(request: Request, sample: list[str]) -> SpecRefused:
    example = f"{sample[0][:40]!r}, for example."
    if request.fits_other_marks(sample):
        return build_refusal(
            "not_numbers",
            request.where,
            f"The column {request.name!r} holds no numbers with the chosen decimal and thousands marks: {example}",
            "Let the marks be detected, or set the type of the column to category.",
            choices=[offer_detected_marks(request.options)],
        )
    return build_refusal(
        "not_numbers",
        request.where,
        f"The column {request.name!r} holds no numbers: {example}",
        "Set the type of the column to category.",
    )


def read_numbers(request: Request, found: FoundNumbers) -> TypedColumn:
    column = finish_numbers(request, found.format, found.format.read(request.text))
    more = note_unit(request.name, found, request.text)
    if found.is_open and column.type is ColumnType.NUMBER:
        more += note_open_decimal(request.name, found.format, request.text, request.options)
    return column.add_notes(more)


def finish_numbers(request: Request, form: NumberFormat, values: pd.Series) -> TypedColumn:
    """Return the column with huge numbers as missing, and its type: a number, an identifier, or empty."""
    found = note_missing(request.name, form, request.text, values)
    numbers = values.to_numpy(copy=True)
    with np.errstate(invalid="ignore"):
        infinite, huge = np.isinf(numbers), np.abs(numbers) > LARGEST
    if huge.any():
        found += note_extremes(request.name, request.text, infinite, huge & ~infinite)
        numbers[huge] = np.nan
        values = pd.Series(numbers, index=values.index)
    if not request.text.cells or np.isnan(numbers).all():
        return TypedColumn(values, ColumnType.EMPTY, form, found)
    if request.choice.type is None and not form.unit and is_identifier(request.name, numbers):
        return TypedColumn(values, ColumnType.IDENTIFIER, form, found)
    if request.choice.missing is None:
        found += note_sentinels(request.name, numbers, request.text, form)
    return TypedColumn(values, ColumnType.NUMBER, form, found)
