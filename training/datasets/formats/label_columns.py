"""Columns that are read as labels, and columns without any value."""

from __future__ import annotations

import pandas as pd

from training.datasets.formats.labels import (
    BOOLEAN,
    LabelFormat,
    are_whole,
    find_spellings,
    group_alike,
    plan_merge,
)
from training.datasets.formats.notes.labels import note_alike, note_spellings, note_trimmed
from training.datasets.formats.notes.missing import note_missing, note_spreadsheet_errors, note_words
from training.datasets.formats.notes.oddities import note_odd_labels
from training.datasets.formats.notes.wording import join_cells
from training.datasets.formats.request import LabelKind, Request, TypedColumn
from training.datasets.formats.words import MISSING_WORDS, SPREADSHEET_ERRORS, choose_missing
from training.messages.problems import Problem
from training.problems import build_refusal
from training.spec import ColumnType

MANY_LEVELS = 1_000  # levels above this number are not compared with each other
MOST_SPELLINGS = 8  # levels that can be spellings of one pair such as true and false


def read_empty(request: Request) -> TypedColumn:
    form = LabelFormat(missing=request.no_values)
    values = form.read(request.text)
    found = note_missing(request.name, form, request.text, values)
    return TypedColumn(values, ColumnType.EMPTY, form, found)


def read_labels(request: Request, infer_label_type: LabelKind) -> TypedColumn:
    """Read labels, with the type that the user chose or that `infer_label_type` finds.

    Raises SpecRefused: `not_boolean`, `bad_order`, `bad_merge`.
    """
    text, choice, name = request.text, request.choice, request.name
    counts = {cell: count for cell, count in zip(text.distinct, text.counts, strict=True) if cell}
    missing, found = _find_missing(request, counts)
    levels = {cell: count for cell, count in counts.items() if cell not in missing}
    form = LabelFormat(
        missing=missing,
        whole=len(levels) <= MANY_LEVELS and are_whole(levels),
        spellings=_find_spellings(request, levels),
        merge=_check_merge(request, levels),
        order=choice.order,
    )
    values = form.read(text)
    if choice.order is not None:
        _check_order(request, values)
    if choice.type is ColumnType.BOOLEAN:
        _check_boolean(request, values)
    kind = choice.type or infer_label_type(values, name)
    if choice.type is None and levels and {cell.casefold() for cell in levels} <= BOOLEAN:
        kind = ColumnType.BOOLEAN
    if kind is not ColumnType.TEXT:
        found += note_odd_labels(name, text, levels)
    if kind in (ColumnType.CATEGORY, ColumnType.BOOLEAN):
        found += note_trimmed(name, text)
        found += note_spellings(name, form.spellings, levels)
        if len(levels) <= MANY_LEVELS:
            left = values.dropna().value_counts().to_dict()
            groups = group_alike(left)
            if groups:
                merge = {**dict(form.merge), **plan_merge(groups, left)}
                found += note_alike(name, groups, left, merge)
    return TypedColumn(values, kind, form, found)


def _find_missing(request: Request, counts: dict[str, int]) -> tuple[tuple[str, ...], tuple[Problem, ...]]:
    """Return the words that count as missing, and the notes about them. `counts`: the cells of each label."""
    given = request.given_missing
    if given is not None:
        return given, ()
    words = {word: counts[word] for word in MISSING_WORDS if word in counts}
    rows = len(request.text)
    left_out = choose_missing(words, rows - sum(counts.values()), rows)
    found = note_words(request.name, words, left_out)
    found += note_spreadsheet_errors(request.name, request.text.count(SPREADSHEET_ERRORS))
    return (*left_out, *SPREADSHEET_ERRORS), found


def _find_spellings(request: Request, levels: dict[str, int]) -> tuple[tuple[str, str], ...]:
    """Find spellings of one pair. In a column that the user chose as a category, they stay apart."""
    most = 2 if request.choice.type is ColumnType.CATEGORY else MOST_SPELLINGS
    return find_spellings(levels) if len(levels) <= most else ()


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


def _check_boolean(request: Request, values: pd.Series) -> None:
    levels = values.dropna().unique()
    if len(levels) > 2:
        raise build_refusal(
            "not_boolean",
            request.where,
            f"The column {request.name!r} has {len(levels):,} levels, and a boolean column has two: "
            f"{join_cells(levels[:3])}, for example.",
            "Set the type of the column to category, or merge its levels into two with `merge`.",
        )
