"""Read numbers in the notations that people use."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from training.datasets.formats.base import Format
from training.datasets.formats.text import Text
from training.datasets.formats.units import (
    BLANKS,
    CURRENCY,
    MINUS,
    MULTIPLIERS,
    Written,
    count_units,
    match_unit,
    split_cell,
)

LARGEST = 1e100  # larger numbers have no variance in float64
LARGEST_WHOLE = 2**53  # float64 holds each whole number below it
TRAILING_MINUS, MINUS_FIRST = r"^([^-]*[0-9])-([^0-9-]*)$", r"-\1\2"  # 5,50- as SAP writes it
_GAPS = f"'’{BLANKS}"  # what stands between thousands besides the comma and the point
_ALL_GAPS = {"": "", ",": ",", ".": ".", " ": BLANKS, "'": "'’"}
# No two parts may match the same digits in two ways, since a long cell would then take quadratic time.
_EXPONENT = r"(?:[eE][+-]?[0-9]+)?"


class NumberFormat(Format):
    """Decimal mark, marks between thousands, and the one unit that cells may carry. Values are float64.

    `thousands`: the characters that may stand between thousands. Brackets around a number make it negative, any dash
    is a minus. With `truths`, `true` is 1 and `false` 0, in any case.
    """

    kind: Literal["number"] = "number"
    decimal: Literal[".", ","] = "."
    thousands: str = f",{_GAPS}"
    unit: str = ""
    truths: bool = False

    @property
    def number(self) -> str:
        """A pattern for the number alone, without sign and unit. India groups digits as in `1,00,000`."""
        mark = re.escape(self.decimal)
        plain = rf"(?:[0-9]+(?:{mark}[0-9]*)?|{mark}[0-9]+){_EXPONENT}"
        if not self.thousands:
            return plain
        indian = "|[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}" if "," in self.thousands else ""
        return rf"(?:{plain}|(?:[0-9]{{1,3}}(?:[{_escape(self.thousands)}][0-9]{{3}})+{indian})(?:{mark}[0-9]+)?)"

    @property
    def pattern(self) -> str:
        """A pattern for a whole cell, in syntax that both RE2 and `re` accept."""
        blank = f"[{BLANKS}]*"
        before = after = ""
        if self.unit:
            after = f"(?:{blank}(?:{match_unit(self.unit)}))?"
            if re.fullmatch(CURRENCY, self.unit):
                before = f"(?:(?:{match_unit(self.unit)}){blank})?"
        signed = f"{before}[+-]?{blank}{before}{self.number}{after}"
        inside = f"{before}{self.number}{after}"
        return rf"(?:{signed}|{before}\({inside}\){after})"

    @property
    def decoration(self) -> str:
        """A pattern for the characters that are removed before a cell is converted."""
        unit = f"|{match_unit(self.unit)}" if self.unit else ""
        return f"[(){_escape(self.thousands + BLANKS)}]{unit}"

    def read(self, text: Text) -> pd.Series:
        """Read plain numbers with one conversion of the column. If that fails, read the distinct cells one by one."""
        if self.decimal == "." and (values := text.cast_numbers(self.missing)) is not None:
            return pd.Series(values, index=text.index)
        cells = text.encoded.dictionary
        if self.truths:
            lower = pc.utf8_lower(cells)
            cells = pc.if_else(pc.equal(lower, "true"), "1", pc.if_else(pc.equal(lower, "false"), "0", cells))
            cells = cells.cast(pa.large_string())
        for dash in MINUS:
            cells = pc.replace_substring(cells, dash, "-")
        cells = pc.replace_substring_regex(cells, TRAILING_MINUS, MINUS_FIRST)
        fits = pc.match_substring_regex(cells, f"^(?:{self.pattern})$")
        plain = pc.replace_substring_regex(cells, self.decoration, "")
        if self.decimal == ",":
            plain = pc.replace_substring(plain, ",", ".")
        values = pc.cast(pc.if_else(fits, plain, None), pa.float64()).to_numpy(zero_copy_only=False)
        negative = pc.match_substring(cells, "(").to_numpy(zero_copy_only=False)
        values = np.where(negative, -values, values)
        missing = pc.is_in(cells, value_set=pa.array(["", *self.missing], pa.large_string()))
        values[missing.to_numpy(zero_copy_only=False)] = np.nan
        return pd.Series(values[text.codes], index=text.index)


@dataclass(frozen=True)
class FoundNumbers:
    """`share` of the distinct cells are numbers. `others`: units besides the most frequent one, `bare` cells have none.

    `is_open`: each separator of the column may be a decimal mark as well as one between thousands (`1,234`).
    """

    format: NumberFormat
    share: float
    others: dict[str, int]
    bare: int
    is_open: bool


def find_numbers(
    values: Sequence[str],
    *,
    decimal: str | None,
    thousands: str | None,
    usual_decimal: str = ".",
    unit: str | None = None,
) -> FoundNumbers | None:
    """Return how distinct cells write numbers. None if no cell is a number.

    Given `decimal` and `thousands` are used as they are. `usual_decimal` is used if the cells do not show the decimal
    mark.
    """
    parts = [split_cell(value) for value in values]
    written = [each for each in parts if each is not None]
    if not written:
        return None
    formats = [
        NumberFormat(decimal=mark, thousands=_choose_thousands(mark, thousands))
        for mark in ((decimal,) if decimal else (".", ","))
    ]
    fitting = [_count_fitting(each, written) for each in formats]
    best = max(range(len(formats)), key=lambda place: (fitting[place], formats[place].decimal == usual_decimal))
    found = formats[best]
    matches = re.compile(found.number).fullmatch
    fits = [each for each in written if matches(each.number)]
    units = count_units(fits)
    most = unit if unit is not None else (units.most_common(1)[0][0] if units else "")
    is_open = decimal is None and thousands is None and len(set(fitting)) == 1 and _is_open(fits)
    bare = sum(not each.unit for each in fits)
    others = {name: count for name, count in units.items() if name != most}
    if most in MULTIPLIERS and bare:
        others[""] = bare  # 500 beside 1.5k does not mean 500k
    alike = sum(
        each.unit == most or (not each.unit and "" not in others) or bool(re.fullmatch(match_unit(most), each.unit))
        for each in fits
    )
    return FoundNumbers(
        format=found.model_copy(update={"unit": most}),
        share=alike / len(values),
        others=others,
        bare=bare,
        is_open=is_open,
    )


def find_number_format(text: Text) -> NumberFormat | None:
    """Return how a column writes numbers, even if other cells are not numbers. None if no cell is a number."""
    found = find_numbers([cell for cell in text.distinct if cell], decimal=None, thousands=None)
    return None if found is None else found.format


def looks_like_number(cell: str) -> bool:
    """Return whether a cell is a number in either notation; a currency or a percent sign may stand beside it."""
    written = split_cell(cell.strip())
    if written is None or not (written.unit in ("", "%") or re.fullmatch(CURRENCY, written.unit)):
        return False
    return any(
        re.fullmatch(NumberFormat(decimal=mark, thousands=_choose_thousands(mark, None)).number, written.number)
        for mark in (".", ",")
    )


def has_leading_zero(text: Text) -> bool:
    """Return whether a column of whole numbers contains one such as `007`. Such a column contains codes."""
    cells = text.cells
    starts = pc.and_(pc.starts_with(cells, "0"), pc.greater(pc.binary_length(cells), 1))
    if not pc.any(pc.and_(starts, pc.invert(pc.starts_with(cells, "0."))), min_count=0).as_py():
        return False
    distinct = text.encoded.dictionary
    whole = pc.match_substring_regex(distinct, r"^[0-9]+$")
    if not pc.any(pc.and_(whole, pc.match_substring_regex(distinct, "^0[0-9]")), min_count=0).as_py():
        return False
    return not pc.any(pc.match_substring_regex(distinct, r"^[+-]?[0-9]*[.,][0-9]+$"), min_count=0).as_py()


def find_confused(text: Text, values: np.ndarray) -> tuple[str, str] | None:
    """Return two whole numbers that are equal in float64, in a column of whole numbers. Such a column contains codes.

    `values` are the cells as float64 (n,).
    """
    if not (np.abs(values) >= LARGEST_WHOLE).any():
        return None
    distinct = text.encoded.dictionary
    if not pc.all(pc.match_substring_regex(distinct, r"^(?:[+-]?[0-9]{1,300}|[^0-9]*)$"), min_count=0).as_py():
        return None
    seen: dict[float, str] = {}
    for cell in distinct.filter(pc.match_substring_regex(distinct, r"^[+-]?[0-9]{16,300}$")).to_pylist():
        other = seen.setdefault(float(cell), cell)
        if int(other) != int(cell):
            return other, cell
    return None


def has_only_points_of_thousands(text: Text) -> bool:
    """Return whether there are cells with points, and each of them looks like `1.234`."""
    distinct = text.encoded.dictionary
    points = distinct.filter(pc.match_substring(distinct, "."))
    fits = pc.match_substring_regex(points, r"^[+-]?[1-9][0-9]{0,2}(?:\.[0-9]{3})+$")
    return len(points) > 0 and bool(pc.all(fits).as_py())


def _count_fitting(format_: NumberFormat, written: list[Written]) -> int:
    matches = re.compile(format_.number).fullmatch
    return sum(matches(each.number) is not None for each in written)


def _is_open(written: list[Written]) -> bool:
    return any(set(each.number) & set(".,") for each in written)


def _choose_thousands(decimal: str, given: str | None) -> str:
    if given is not None:
        return _ALL_GAPS[given].replace(decimal, "")
    return ("." if decimal == "," else ",") + _GAPS


def _escape(characters: str) -> str:
    """Escape a character for use inside a character class."""
    return "".join("\\" + character if character in r".-]\^" else character for character in characters)
