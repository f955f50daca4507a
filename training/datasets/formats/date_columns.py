"""Columns that are read as dates, or as durations and times of day in seconds."""

from __future__ import annotations

from training.datasets.formats.dates import COMPACT, DateFormat, FoundDates, are_compact_dates
from training.datasets.formats.durations import FoundDurations
from training.datasets.formats.label_columns import read_empty
from training.datasets.formats.notes.dates import note_dates, note_durations
from training.datasets.formats.notes.missing import note_missing
from training.datasets.formats.notes.sentinels import note_sentinel_dates
from training.datasets.formats.request import FEW, Request, TypedColumn
from training.problems import build_refusal
from training.spec import ColumnType


def force_dates(request: Request) -> TypedColumn:
    """Read dates because the user chose so. Raises SpecRefused (`not_dates`)."""
    sample = request.sample()
    if not sample:
        return read_empty(request)
    values = request.text.cast_numbers(request.no_values)
    if values is not None and are_compact_dates(request.text, values):
        return read_dates(request, FoundDates(DateFormat(formats=(COMPACT,), missing=request.no_values), 1.0))
    found = request.find_dates(sample)
    if found is None or found.share < FEW:
        raise build_refusal(
            "not_dates",
            request.where,
            f"The column {request.name!r} holds no dates: {sample[0][:40]!r}, for example.",
            "Write them like 2026-01-31.",
        )
    return read_dates(request, found)


def read_dates(request: Request, found: FoundDates) -> TypedColumn:
    values = found.format.read(request.text)
    lost = note_missing(request.name, found.format, request.text, values)
    more = note_dates(request.name, found, request.text)
    if request.choice.missing is None:
        more += note_sentinel_dates(request.name, values, request.text, found.format)
    return TypedColumn(values, ColumnType.DATE, found.format, lost + more)


def read_durations(request: Request, found: FoundDurations) -> TypedColumn:
    values = found.format.read(request.text)
    lost = note_missing(request.name, found.format, request.text, values)
    more = note_durations(request.name, found, request.text)
    return TypedColumn(values, ColumnType.NUMBER, found.format, lost + more)
