"""Notes about columns of numbers, and about columns that hold many numbers and are read as labels."""

from __future__ import annotations

import re

import numpy as np
import pyarrow.compute as pc

from training.datasets.formats.notes.wording import NAMED, SHOWN, choose_word, get_example, join_cells
from training.datasets.formats.numeric import TRAILING_MINUS, FoundNumbers, NumberFormat
from training.datasets.formats.remedies import locate, offer, offer_detected_marks, offer_types, set_reading
from training.datasets.formats.text import Text
from training.datasets.formats.units import looks_like_amount, split_cell
from training.messages.problems import Choice, Problem
from training.problems import build_problem
from training.spec import ColumnType
from training.spec.reading import ReadingOptions

KEEP = "Set the type of the column to category to keep the cells as they are written."


def note_unit(name: str, numbers: FoundNumbers, text: Text) -> tuple[Problem, ...]:
    """Report the unit that is left out of the cells, and cells in brackets."""
    unit = numbers.format.unit
    if not unit:
        return _note_negative(name, text)
    example = next((cell for cell in text.distinct if (split := split_cell(cell)) and split.unit), "")
    message = f"In {name!r}, {unit!r} is left out of cells such as {example[:SHOWN]!r}: the column holds numbers."
    if numbers.bare:
        bare = f"{numbers.bare:,} {choose_word(numbers.bare, 'value', 'different values')}"
        message += f" Cells without it ({bare}) count as {unit} too."
    if brackets := [cell for cell in text.distinct if (split := split_cell(cell)) and split.brackets]:
        message += f" Brackets mean a negative number, as in {brackets[0][:SHOWN]!r}."
    elif minus := [cell for cell in text.distinct if re.match(TRAILING_MINUS, cell) and split_cell(cell)]:
        message += f" A minus at the end means a negative number, as in {minus[0][:SHOWN]!r}."
    return (build_problem("number_units", locate(name), message, KEEP),)


def _note_negative(name: str, text: Text) -> tuple[Problem, ...]:
    cells = text.encoded.dictionary
    found: tuple[Problem, ...] = ()
    for where, written in (("in brackets", r"^\("), ("with a minus at their end", TRAILING_MINUS)):
        written_so = cells.filter(pc.match_substring_regex(cells, written)).to_pylist()
        negative = [cell for cell in written_so if split_cell(cell)]
        if negative:
            count = int(text.is_in(negative).sum())
            message = (
                f"In {name!r}, {count:,} {choose_word(count, 'cell', 'cells')} {where} such as "
                f"{negative[0][:SHOWN]!r} {choose_word(count, 'is', 'are')} read as negative."
            )
            found += (build_problem("negative_brackets", locate(name), message, KEEP),)
    return found


def note_open_decimal(name: str, form: NumberFormat, text: Text, options: ReadingOptions) -> tuple[Problem, ...]:
    """Report how a cell such as `1,234` was read, where no cell of the column tells the decimal mark."""
    example = next((cell for cell in text.distinct if set(cell) & set(".,")), "")
    choices = [
        Choice(label=f"{mark!r} is the decimal mark", fix=set_reading(options, decimal=mark)) for mark in (".", ",")
    ]
    message = (
        f"In {name!r}, {example[:SHOWN]!r} may be read in two ways; it is read with {form.decimal!r} as the decimal "
        "mark."
    )
    hint = "Choose the other decimal mark if that is wrong."
    return (build_problem("ambiguous_number", locate(name), message, hint, choices=choices),)


def note_other_marks(name: str, numbers: FoundNumbers, text: Text, options: ReadingOptions) -> tuple[Problem, ...]:
    """Report a column that is read as labels, since its numbers have other marks than the user chose."""
    lost = numbers.format.find_unreadable(text, numbers.format.read(text))
    count = int(lost.sum())
    marks = []
    if options.decimal is not None:
        marks.append(f"{options.decimal!r} as the decimal mark")
    if options.thousands is not None:
        marks.append(f"{options.thousands!r} between thousands" if options.thousands else "no mark between thousands")
    return (
        build_problem(
            "other_marks",
            locate(name),
            f"In {name!r}, {count:,} {choose_word(count, 'cell', 'cells')} such as {get_example(text, lost)!r} "
            f"{choose_word(count, 'is no number', 'are no numbers')} with {' and '.join(marks)}, which was chosen. The "
            "column is read as text.",
            "Let the marks be detected, or keep the cells as text.",
            choices=[
                offer_detected_marks(options),
                offer("Keep the cells as text", name, type=ColumnType.CATEGORY.value),
            ],
        ),
    )


def note_mostly_numbers(name: str, numbers: FoundNumbers, text: Text) -> tuple[Problem, ...]:
    """Report why a column with many numbers is read as labels."""
    unit = numbers.format.unit
    if numbers.others:
        return (
            build_problem(
                "mixed_units",
                locate(name),
                f"The column {name!r} mixes units, such as {join_cells(_find_cell_of_each_unit(numbers, text))}, so "
                "that its cells are read as text.",
                f"Write all cells in one unit; or set the type of the column to number, and only cells in {unit} "
                "count.",
                choices=offer_types(
                    name,
                    {ColumnType.NUMBER: f"Only cells in {unit} count", ColumnType.CATEGORY: "Keep the cells as text"},
                ),
            ),
        )
    lost = numbers.format.find_unreadable(text, numbers.format.read(text))
    if not lost.any():
        return ()
    return (
        build_problem(
            "mostly_numbers",
            locate(name),
            f"Many cells of {name!r} are numbers, and others are not: {get_example(text, lost)!r}, for example. The "
            "column is read as text.",
            "Correct those cells; or set the type of the column to number, and they count as missing.",
            choices=offer_types(
                name,
                {ColumnType.NUMBER: "Numbers: other cells count as missing", ColumnType.CATEGORY: "Text"},
            ),
        ),
    )


def _find_cell_of_each_unit(numbers: FoundNumbers, text: Text) -> list[str]:
    cells: dict[str, str] = {}
    wanted = [numbers.format.unit, *numbers.others][:NAMED]
    for cell in text.distinct:
        split = split_cell(cell)
        if split is not None and split.unit in wanted:
            cells.setdefault(split.unit, cell)
            if len(cells) == len(wanted):
                break
    return [cells[unit] for unit in wanted if unit in cells]


def note_unread_amounts(name: str, text: Text) -> tuple[Problem, ...]:
    """Report a column that is read as labels, although its cells are numbers such as `$1.2M`."""
    cells = [cell for cell in text.distinct if looks_like_amount(cell)]
    count = int(text.is_in(cells).sum())
    return (
        build_problem(
            "unread_amounts",
            locate(name),
            f"In {name!r}, {count:,} {choose_word(count, 'cell', 'cells')} such as {cells[0][:SHOWN]!r} "
            f"{choose_word(count, 'is a number', 'are numbers')} in a form that is not read. The column is read as "
            "text.",
            "Write plain numbers, such as 1200000, to have them read; or keep the cells as text.",
            choices=offer_types(
                name, {ColumnType.CATEGORY: "Keep the cells as text", ColumnType.IGNORED: "Leave the column out"}
            ),
        ),
    )


def note_long_numbers(name: str, confused: tuple[str, str]) -> tuple[Problem, ...]:
    """Report a column whose whole numbers are kept as text, since float64 would make two of them equal."""
    return (
        build_problem(
            "long_numbers",
            locate(name),
            f"The whole numbers in {name!r} have so many digits that different ones, such as {join_cells(confused)}, "
            "would count as the same number: they are kept as they are written.",
            "If they are amounts, set the type of the column to number, and about 16 digits are kept.",
            choices=offer_types(
                name,
                {
                    ColumnType.CATEGORY: "Codes, as they are written",
                    ColumnType.NUMBER: "Numbers, rounded to about 16 digits",
                },
            ),
        ),
    )


def note_leading_zeros(name: str, text: Text) -> tuple[Problem, ...]:
    """Report a column of digits that is kept as text, since a number would lose its leading zeros."""
    example = next((cell for cell in text.distinct if len(cell) > 1 and cell[0] == "0" and cell.isdecimal()), "")
    return (
        build_problem(
            "leading_zeros",
            locate(name),
            f"The column {name!r} holds codes such as {example[:SHOWN]!r}: they are kept as they are written, zeros "
            "included.",
            "If they are amounts, set the type of the column to number.",
            choices=offer_types(
                name, {ColumnType.CATEGORY: "Codes, as they are written", ColumnType.NUMBER: "Numbers"}
            ),
        ),
    )


def note_extremes(name: str, text: Text, infinite: np.ndarray, huge: np.ndarray) -> tuple[Problem, ...]:
    """Report infinite numbers and numbers that are too large, bool (n,) each."""
    found: tuple[Problem, ...] = ()
    hint = "Correct the values in the file where they are known."
    if infinite.any():
        count = int(infinite.sum())
        message = f"Infinite values in {name!r} count as missing: {count:,} such as {get_example(text, infinite)!r}."
        found += (build_problem("infinite_values", locate(name), message, hint),)
    if huge.any():
        count = int(huge.sum())
        message = (
            f"In {name!r}, {count:,} {choose_word(count, 'number', 'numbers')} such as {get_example(text, huge)!r} "
            f"{choose_word(count, 'is', 'are')} too large to calculate with, and "
            f"{choose_word(count, 'counts', 'count')} as missing."
        )
        found += (build_problem("extreme_values", locate(name), message, hint),)
    return found
