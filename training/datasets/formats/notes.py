"""What the user is told about the reading of a column: which cells, how many, and how to undo it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from training.datasets.formats.base import Format
from training.datasets.formats.dates import FoundDates
from training.datasets.formats.durations import FoundDurations
from training.datasets.formats.numeric import FoundNumbers, NumberFormat
from training.datasets.formats.remedies import choose, offer
from training.datasets.formats.text import Text
from training.datasets.formats.units import is_censored, split_cell
from training.datasets.formats.words import LEVEL_WORDS, SPREADSHEET_ERRORS
from training.parts import Choice, PatchOperation, Problem
from training.problems import build_problem
from training.spec import ColumnType
from training.spec.reading import ReadingOptions

Notes = tuple[Problem, ...]
NAMED = 5  # words or labels named in one note
SHOWN = 40  # characters of a cell


def note_lost(name: str, form: Format, text: Text, values: pd.Series) -> Notes:
    """Tell which cells of a column of numbers or dates count as missing."""
    if not values.isna().any():
        return ()
    found: Notes = ()
    words = text.count(form.missing)
    errors = {word: words.pop(word) for word in SPREADSHEET_ERRORS if word in words}
    if words:
        found += (
            _note(
                "missing_words",
                name,
                f"In {name!r}, {_list(words)} {_count_cells(words)} as missing.",
                "If they are values, say so: take the column for a category, with an empty list of missing texts.",
            ),
        )
    found += note_spreadsheet_errors(name, errors)
    lost = form.find_unreadable(text, values)
    if not lost.any():
        return found
    cells = text.cells.filter(lost)
    censored = [cell for cell in dict.fromkeys(cells.to_pylist()) if is_censored(cell)]
    if censored:
        count = int(text.is_in(censored).sum())
        found += (
            _note(
                "censored_values",
                name,
                f"In {name!r}, {count:,} cells such as {censored[0][:SHOWN]!r} say only that a value lies beyond a "
                "limit. They count as missing.",
                "Write the limit instead, or leave them empty.",
            ),
        )
        lost &= ~text.is_in(censored)
    if lost.any():
        example = text.cells[int(np.flatnonzero(lost)[0])].as_py()
        found += (
            _note(
                "mixed_column",
                name,
                f"In {name!r}, {_say_unlike(int(lost.sum()))} as missing: {example[:SHOWN]!r}, for example.",
                "Correct them in the file, or take the column for a category to keep them.",
            ),
        )
    return found


def note_spreadsheet_errors(name: str, errors: Mapping[str, int]) -> Notes:
    if not errors:
        return ()
    return (
        _note(
            "spreadsheet_errors",
            name,
            f"In {name!r}, {sum(errors.values()):,} cells hold the error of a spreadsheet ({_list(errors)}). "
            "They count as missing.",
            "Correct the formulas in the spreadsheet where the values are known.",
        ),
    )


def note_words(name: str, words: Mapping[str, int], left_out: Sequence[str]) -> Notes:
    """Tell for each word that may mean "no value" in a column of text what it was taken for; offer the other way."""
    found: Notes = ()
    for word, count in words.items():
        is_missing = word in left_out
        message = (
            f"In {name!r}, {count:,} {_plural(count, 'cell says', 'cells say')} {word!r}: "
            + ("they count as missing." if is_missing else "this is a level of its own, not a missing value.")
        )  # fmt: skip
        others = [each for each in left_out if each != word]
        choices = [
            offer(f"{word!r} is a value", name, missing=others),
            offer(f"{word!r} means that the value is missing", name, missing=[*others, word]),
        ]
        if word not in LEVEL_WORDS:
            choices = choices[:1]
        hint = "Say which it is, if that is wrong."
        if is_missing:
            found += (_note("missing_words", name, message, hint, choices=choices),)
        else:
            found += (_note("word_is_level", name, message, hint, choices=choices),)
    return found


def note_unit(name: str, numbers: FoundNumbers, text: Text) -> Notes:
    unit = numbers.format.unit
    if not unit:
        return _note_brackets(name, text)
    example = next((cell for cell in text.distinct if (split := split_cell(cell)) and split.unit), "")
    message = f"In {name!r}, {unit!r} is left out of cells such as {example[:SHOWN]!r}: the column holds numbers."
    if numbers.bare:
        bare = f"{numbers.bare:,} {_plural(numbers.bare, 'value', 'different values')}"
        message += f" Cells without it ({bare}) count as {unit} too."
    if brackets := [cell for cell in text.distinct if (split := split_cell(cell)) and split.brackets]:
        message += f" Brackets mean a negative number, as in {brackets[0][:SHOWN]!r}."
    return (
        _note("number_units", name, message, "Take the column for a category to keep the cells as they are written."),
    )


def _note_brackets(name: str, text: Text) -> Notes:
    cells = text.encoded.dictionary
    brackets = cells.filter(pc.starts_with(cells, "(")).to_pylist()
    if not brackets:
        return ()
    count = int(text.is_in(brackets).sum())
    message = (
        f"In {name!r}, {count:,} {_plural(count, 'cell', 'cells')} in brackets such as {brackets[0][:SHOWN]!r} "
        f"{_plural(count, 'is', 'are')} read as negative."
    )
    hint = "Take the column for a category to keep the cells as they are written."
    return (_note("negative_brackets", name, message, hint),)


def note_open_decimal(name: str, form: NumberFormat, text: Text, options: ReadingOptions) -> Notes:
    """Tell how a cell such as `1,234` was read, where nothing in the column says which it is."""
    example = next((cell for cell in text.distinct if set(cell) & set(".,")), "")
    given = options.model_dump(mode="json", exclude_none=True)
    choices = [
        Choice(
            label=f"{mark!r} is the decimal mark",
            fix=[PatchOperation(op="add", path="/reading", value={**given, "decimal": mark})],
        )
        for mark in (".", ",")
    ]
    message = (
        f"In {name!r}, {example[:SHOWN]!r} may be read in two ways; {form.decimal!r} was taken for the decimal mark."
    )
    return (_note("ambiguous_number", name, message, "Say which it is, if that is wrong.", choices=choices),)


def note_mostly_numbers(name: str, numbers: FoundNumbers, sample: Sequence[str]) -> Notes:
    """Tell why a column with many numbers is no column of numbers."""
    if numbers.others:
        units = [numbers.format.unit, *numbers.others]
        examples = []
        for unit in units[:NAMED]:
            examples += [cell for cell in sample if (split := split_cell(cell)) and split.unit == unit][:1]
        return (
            build_problem(
                "mixed_units",
                _where(name),
                f"The column {name!r} mixes units, such as {_quote(examples)}, so that its cells are no numbers.",
                "Write all cells in one unit; or take the column for numbers, and only those in "
                f"{numbers.format.unit} count.",
                choices=[
                    offer(f"Only cells in {numbers.format.unit} count", name, type=ColumnType.NUMBER.value),
                    offer("Keep the cells as text", name, type=ColumnType.CATEGORY.value),
                ],
            ),
        )
    example = next((cell for cell in sample if split_cell(cell) is None), "")
    return (
        build_problem(
            "mostly_numbers",
            _where(name),
            f"Many cells of {name!r} are numbers, and others are not: {example[:SHOWN]!r}, for example. It is taken "
            "for text.",
            "Correct those cells; or take the column for numbers, and they count as missing.",
            choices=[
                offer("Numbers: other cells count as missing", name, type=ColumnType.NUMBER.value),
                offer("Text", name, type=ColumnType.CATEGORY.value),
            ],
        ),
    )


def note_mostly_dates(name: str, dates: FoundDates, text: Text) -> Notes:
    """Tell why a column with many dates is no column of dates."""
    lost = dates.format.find_unreadable(text, dates.format.read(text))
    if not lost.any():
        return ()
    return (
        _note(
            "mostly_dates",
            name,
            f"Many cells of {name!r} are dates, and others are not, or have day and month in another order: "
            f"{_example(text, lost)!r}, for example. It is taken for text.",
            "Write all dates alike; or take the column for dates, and the other cells count as missing.",
            choices=[
                offer("Dates: other cells count as missing", name, type=ColumnType.DATE.value),
                offer("Text", name, type=ColumnType.CATEGORY.value),
            ],
        ),
    )


def note_long_numbers(name: str, confused: tuple[str, str]) -> Notes:
    return (
        _note(
            "long_numbers",
            name,
            f"The whole numbers in {name!r} have so many digits that different ones, such as {_quote(confused)}, would "
            "count as the same number: they are kept as they are written.",
            "If they are amounts, take the column for numbers, and about 16 digits are kept.",
            choices=[
                offer("Codes, as they are written", name, type=ColumnType.CATEGORY.value),
                offer("Numbers, rounded to about 16 digits", name, type=ColumnType.NUMBER.value),
            ],
        ),
    )


def note_leading_zeros(name: str, text: Text) -> Notes:
    example = next((cell for cell in text.distinct if len(cell) > 1 and cell[0] == "0" and cell.isdecimal()), "")
    return (
        _note(
            "leading_zeros",
            name,
            f"The column {name!r} holds codes such as {example[:SHOWN]!r}: they are kept as they are written, zeros "
            "included.",
            "If they are amounts, take the column for numbers.",
            choices=[
                offer("Codes, as they are written", name, type=ColumnType.CATEGORY.value),
                offer("Numbers", name, type=ColumnType.NUMBER.value),
            ],
        ),
    )


def note_extremes(name: str, text: Text, infinite: np.ndarray, huge: np.ndarray) -> Notes:
    found: Notes = ()
    hint = "Correct the values in the file where they are known."
    if infinite.any():
        count = int(infinite.sum())
        message = f"Infinite values in {name!r} count as missing: {count:,} such as {_example(text, infinite)!r}."
        found += (_note("infinite_values", name, message, hint),)
    if huge.any():
        count = int(huge.sum())
        message = (
            f"In {name!r}, {count:,} {_plural(count, 'number', 'numbers')} such as {_example(text, huge)!r} "
            f"{_plural(count, 'is', 'are')} too large to calculate with, and {_plural(count, 'counts', 'count')} as "
            "missing."
        )
        found += (_note("extreme_values", name, message, hint),)
    return found


def note_dates(name: str, dates: FoundDates, text: Text) -> Notes:
    found: Notes = ()
    if dates.is_open:
        example = next((cell for cell in text.distinct if cell[:1].isdecimal()), "")
        found += (
            build_problem(
                "ambiguous_date",
                _where(name),
                f"In {name!r}, no cell tells the day from the month: {example[:SHOWN]!r}, for example.",
                "Say which comes first, or leave the column out.",
                choices=[
                    offer("The day comes first", name, day_first=True),
                    offer("The month comes first", name, day_first=False),
                    offer("Leave the column out", name, type=ColumnType.IGNORED.value),
                ],
            ),
        )
    if dates.has_short_years:
        found += (
            _note(
                "two_digit_years",
                name,
                f"The years in {name!r} have two digits: 69 to 99 are read as 1969 to 1999, 00 to 68 as 2000 to 2068.",
                "Write years with four digits if that is wrong.",
            ),
        )
    return found + _note_time_zones(name, text)


def _note_time_zones(name: str, text: Text) -> Notes:
    """Tell that times are converted to UTC, and that those without a zone are taken for UTC."""
    cells = text.encoded.dictionary
    timed = cells.filter(pc.match_substring_regex(cells, r"[0-9]:[0-9]{2}"))
    zoned = timed.filter(pc.match_substring_regex(timed, r"[0-9] ?(?:[Zz]|UTC|[+-][0-9]{2}:?[0-9]{2})$"))
    shifted = zoned.filter(pc.match_substring_regex(zoned, r"[+-](?:[0-9]{2}:?[0-9]{2})$"))
    bare = len(timed) - len(zoned)
    if not len(zoned) or not (len(shifted) or bare):
        return ()
    message = f"In {name!r}, times with a time zone such as {zoned[0].as_py()[:SHOWN]!r} are converted to UTC."
    if bare:
        message += f" Those without one ({bare:,} {_plural(bare, 'value', 'different values')}) count as UTC too."
    hint = "Write all times in one zone and leave it out to keep the hours as they are written."
    return (_note("time_zones", name, message, hint),)


def note_durations(name: str, durations: FoundDurations, text: Text) -> Notes:
    form = durations.format
    example = next((cell for cell in text.distinct if ":" in cell or cell[-1:] in "mM"), "")
    if form.of_day:
        meaning = "a time of day, in seconds since midnight"
    elif durations.is_open:
        meaning = "hours and minutes" if form.two_parts == "h:m" else "minutes and seconds"
        meaning = f"a duration in {meaning}, as seconds"
    else:
        meaning = "a duration, in seconds"
    return (
        _note(
            "time_values",
            name,
            f"In {name!r}, {example[:SHOWN]!r} is read as {meaning}.",
            "Take the column for a category to keep the cells as they are written.",
        ),
    )


def note_trimmed(name: str, text: Text) -> Notes:
    """Tell that blanks around labels are left out, where labels would differ by them."""
    if text.cells.equals(text.raw):
        return ()
    before = pc.count_distinct(text.raw).as_py()
    after = len(text.distinct)
    if before == after:
        return ()
    changed = pc.sum(pc.not_equal(text.raw, text.cells)).as_py()
    return (_note("labels_trimmed", name, f"In {name!r}, blanks around {changed:,} labels are left out."),)


def note_spellings(name: str, spellings: Sequence[tuple[str, str]], levels: Mapping[str, int]) -> Notes:
    """Tell which spellings of true and false count as one level."""
    meant = dict(spellings)
    others = {level: count for level, count in levels.items() if meant.get(level.casefold(), level) != level}
    if not others:
        return ()
    shown = ", ".join(f"{level!r} ({count:,}) as {meant[level.casefold()]!r}" for level, count in others.items())
    hint = "Take the column for a category to keep them apart."
    return (_note("spellings_merged", name, f"In {name!r}, spellings count as one level: {shown}.", hint),)


def note_alike(
    name: str, groups: Sequence[Sequence[str]], counts: Mapping[str, int], merge: Mapping[str, str]
) -> Notes:
    shown = "; ".join(
        ", ".join(f"{level[:SHOWN]!r} ({counts[level]:,})" for level in group) for group in groups[:NAMED]
    )
    more = f"; and {len(groups) - NAMED:,} more groups" if len(groups) > NAMED else ""
    return (
        _note(
            "labels_nearly_alike",
            name,
            f"Labels of {name!r} differ by case, blanks or a full stop alone: {shown}{more}. They count as different.",
            "Merge them if they mean the same.",
            fix=choose(name, merge=dict(merge)),
        ),
    )


def _note(
    code: str,
    name: str,
    message: str,
    hint: str = "",
    *,
    fix: Sequence[PatchOperation] = (),
    choices: Sequence[Choice] = (),
) -> Problem:
    return build_problem(code, _where(name), message, hint, fix, choices)


def _where(name: str) -> str:
    return f"column_types.{name}"[:200]


def _list(words: Mapping[str, int]) -> str:
    shown = ", ".join(f"{word!r}" for word in [*words][:NAMED])
    return f"{shown} and {len(words) - NAMED} more" if len(words) > NAMED else shown


def _quote(cells: Sequence[str]) -> str:
    return " and ".join(f"{cell[:SHOWN]!r}" for cell in cells)


def _count_cells(words: Mapping[str, int]) -> str:
    count = sum(words.values())
    return f"({count:,} {_plural(count, 'cell', 'cells')}) {_plural(count, 'counts', 'count')}"


def _say_unlike(count: int) -> str:
    verbs = _plural(count, "cell is not like the others and counts", "cells are not like the others and count")
    return f"{count:,} {verbs}"


def _plural(count: int, singular: str, plural: str) -> str:
    return singular if count == 1 else plural


def _example(text: Text, where: np.ndarray) -> str:
    cell: str = text.cells[int(np.flatnonzero(where)[0])].as_py()
    return cell[:SHOWN]
