"""Write the lines that parse a column's text cells by its format. Only what these cells need is written."""

from __future__ import annotations

import inspect
import re

import numpy as np
import pandas as pd

from training.artifacts.code.layout import Code, Group, assign, call, keyword, write_list, write_value
from training.datasets.formats import durations
from training.datasets.formats.column import ColumnFormat
from training.datasets.formats.date_words import WORD, _write_offset, translate_date
from training.datasets.formats.dates import DateFormat
from training.datasets.formats.durations import DurationFormat
from training.datasets.formats.labels import LabelFormat
from training.datasets.formats.numeric import LARGEST, MINUS_FIRST, TRAILING_MINUS, NumberFormat
from training.datasets.formats.text import Text
from training.datasets.formats.units import MINUS

READ_SECONDS = "\n\n\n".join(
    [
        f"_CELL = re.compile({write_value(durations.PATTERN)})\n"
        f"_HOUR = re.compile({write_value(durations.HOUR)})\n"
        f"_SECONDS = re.compile({write_value(durations.SECONDS)})",
        inspect.getsource(durations.read_seconds).strip(),
        inspect.getsource(durations._read_clock).strip(),
    ]
)
TRANSLATE_DATE = "\n\n\n".join(
    inspect.getsource(function).replace(": Mapping[str, str]", ": dict[str, str]").strip()
    for function in (_write_offset, translate_date)
)
FRACTION_UNIT = "us"  # formats of a date


def write_reading(column: str, form: ColumnFormat, text: Text) -> list[str]:
    """Return lines that parse `column`, a column of text, in place."""
    stripped = f"{column}.str.strip()" if not text.cells.equals(text.raw) else column
    if isinstance(form, NumberFormat):
        return _write_numbers(column, stripped, form, text)
    none = _find_missing(form, text)
    if isinstance(form, DateFormat):
        return _write_dates(column, stripped, none, form, text)
    if isinstance(form, DurationFormat):
        lines = _write_missing(stripped, none)
        return [
            *lines,
            f'{column} = text.map(lambda cell: read_seconds(cell, {write_value(form.two_parts)}), na_action="ignore")'
            ".astype(np.float64)",
        ]
    return _write_labels(column, stripped, none, form, text)


def _write_numbers(column: str, stripped: str, form: NumberFormat, text: Text) -> list[str]:
    lines = _write_missing(stripped, _find_missing(form, text))
    values = form.read(text)
    numbers = "text.astype(np.float64)"
    if form.truths:
        lines.append('text = text.str.lower().replace({"true": "1", "false": "0"})')
    if form.decimal != "." or text.cast_numbers(form.missing) is None:
        cells = [cell for cell in text.distinct if cell and cell not in form.missing]
        if any(set(cell) & set(MINUS) for cell in cells):
            lines.append(f'text = text.str.replace({write_value(f"[{MINUS}]")}, "-", regex=True)')
        if any(re.search(TRAILING_MINUS, cell) for cell in cells):
            moved = call("text.str.replace", write_value(TRAILING_MINUS), write_value(MINUS_FIRST), "regex=True")
            lines.append(assign("text", moved))
        if form.find_unreadable(text, values).any():
            lines.append(assign("text", call("text.where", call("text.str.fullmatch", write_value(form.pattern)))))
        if any("(" in cell for cell in cells):
            lines.append('negative = text.str.contains("(", regex=False, na=False)')
            numbers = f"{numbers} * np.where(negative, -1, 1)"
        lines.append(
            assign("text", call("text.str.replace", write_value(form.decoration), '""', keyword("regex", "True")))
        )
        if form.decimal == ",":
            lines.append('text = text.str.replace(",", ".")')
    lines.append(f"{column} = {numbers}")
    with np.errstate(invalid="ignore"):
        if (np.abs(values.to_numpy()) > LARGEST).any():
            lines.append(f"{column} = {column}.mask({column}.abs() > {LARGEST:g})  # too large to calculate with")
    return _shorten(lines, stripped)


def _write_dates(column: str, stripped: str, none: list[str], form: DateFormat, text: Text) -> list[str]:
    lines = _write_missing(stripped, none)
    cells = pd.Series(text.distinct, dtype="str")
    cells = cells.mask(cells.isin(["", *form.missing]))
    if form.words:
        known = dict(form.words)
        found_words = {word.casefold().rstrip(".") for cell in text.distinct for word in re.findall(WORD, cell)}
        items = tuple(f"{write_value(word)}: {write_value(known[word])}" for word in sorted(found_words & known.keys()))
        lines.append(assign("words", Group("{", items, "}")))
        lines.append('text = text.map(lambda cell: translate_date(cell, words), na_action="ignore").astype("str")')
        cells = cells.map(lambda cell: translate_date(cell, known), na_action="ignore").astype("str")
    first, found = True, pd.Series(pd.NaT, index=cells.index, dtype="datetime64[us, UTC]")
    for each in form.formats:
        dates = pd.to_datetime(cells, format=each, errors="coerce", utc=True)
        arguments: list[Code] = ["text", keyword("format", write_value(each))]
        if (dates.isna() & cells.notna()).any():
            arguments.append(keyword("errors", '"coerce"'))
        code = call("pd.to_datetime", *arguments, keyword("utc", "True"))
        closing = code.closing
        if dates.dt.unit != FRACTION_UNIT:
            closing += f'.dt.as_unit("{FRACTION_UNIT}")'
        if first:
            lines.append(assign("dates", Group(code.opening, code.items, closing)))
        elif (found.isna() & dates.notna()).any():
            lines.append(assign("dates", Group("dates.fillna(" + code.opening, code.items, closing + ")")))
        found, first = found.fillna(dates.dt.as_unit(FRACTION_UNIT)), False
    lines.append(f"{column} = dates{'.dt.year' if form.as_year else ''}")
    if form.as_year:
        lines[-1] += ".astype(np.float64)"
    return _shorten(lines, stripped)


def _write_labels(column: str, stripped: str, none: list[str], form: LabelFormat, text: Text) -> list[str]:
    lines = _write_missing(stripped, none)
    text = Text(pd.Series(text.distinct, dtype="str"))
    labels = form.read(text)
    before = Text(_apply_whole(text)) if form.whole else text
    if not before.cells.equals(text.cells):
        lines.append(r'text = text.str.replace(r"^\+?(-?[0-9]+)(\.0*)?$", r"\1", regex=True)')
    pairs = pd.DataFrame({"cell": before.cells.to_pylist(), "label": labels.to_numpy(object)}).drop_duplicates()
    changed = {cell: label for cell, label in pairs.itertuples(index=False) if isinstance(label, str) and cell != label}
    if changed:
        items = tuple(f"{write_value(cell)}: {write_value(label)}" for cell, label in changed.items())
        lines.append(assign("text", call("text.replace", Group("{", items, "}"))))
    lines.append(f"{column} = text")
    return [] if lines == [f"text = {column}", f"{column} = text"] else _shorten(lines, stripped)


def _apply_whole(text: Text) -> pd.Series:
    return LabelFormat(missing=(), whole=True).read(text).fillna("")


def _find_missing(form: ColumnFormat, text: Text) -> list[str]:
    """Return the words that mark missing values in these cells."""
    none = frozenset(("", *form.missing))
    return [cell for cell in text.distinct if cell in none]


def _write_missing(stripped: str, none: list[str]) -> list[str]:
    lines = [f"text = {stripped}"]
    if none:
        lines.append(assign("text", call("text.mask", call("text.isin", write_list(none)))))
    return lines


def _shorten(lines: list[str], stripped: str) -> list[str]:
    """Join two lines if only the second uses the result of the first."""
    if len(lines) == 2 and lines[1].count("text") == 1 and "\n" not in lines[1]:
        joined = lines[1].replace("text", stripped, 1)
        return [joined] if len(joined) <= 100 else lines
    return lines
