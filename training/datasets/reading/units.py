"""Rows of units below a header, as laboratories write them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from training.datasets.formats.numeric import looks_like_number
from training.datasets.formats.words import NO_VALUES

UNIT_ROWS = 200  # rows below a row of units by which it is judged
NUMERIC = 0.9  # the share of a column's cells that must be numbers
MAX_UNIT = 20  # characters

_PREFIXES = "yzafpnumcdhkMGTPEZYµμ"
_NAMES = """
m g s A K mol cd N Pa J W C V F Ω S H T Hz Wb lm lx Bq Gy Sv kat l L t h d a b B u eV bar rad sr ohm Ohm min
sec hr  hrs deg °C °F ° %  ‰ ppm ppb pct percent $ € £ ¥ USD EUR CHF GBP JPY dollars euros cents ct in ft yd
mi lb lbs oz kt  mph kmh km/h psi cal kcal hp ha ac gal pt qt year years yr yrs month months mo week weeks day
days hour hours  minute minutes second seconds ms count counts n N # no. pcs pieces units unit each persons
people rpm dB pH mmHg  Jahre Jahr Tage Tag Stunden Monate Stück Stk Prozent Grad IU M mM µM nM U px pixel
pixels bytes KB MB GB - 1  number string text integer int float double continuous discrete numeric categorical
date boolean bool
"""
_UNITS = frozenset(_NAMES.split())
_WORD = re.compile(
    r"(?i)(?:deg(?:ree)?s?[ _.]?(?:c|f|k|celsius|fahrenheit|kelvin)?|celsius|fahrenheit|kelvin|inch(?:es)?|foot|feet"
    r"|(?:milli|centi|kilo|micro|nano|mega|giga|hecto|deci)?(?:met(?:er|re)s?|gram(?:me)?s?|lit(?:er|re)s?|seconds?"
    r"|volts?|watts?|amp(?:ere)?s?|ohms?|newtons?|pascals?|joules?|hertz|bytes?|calories?|moles?|bars?)"
    r"|yards?|miles?|pounds?|ounces?|tons?|tonnes?|gallons?|radians?|dollars?|euros?|unitless|dimensionless)"
)
_AROUND = re.compile(r"(?i)^(?:in|measured in|(?:in )?(?:hundreds?|thousands?|millions?|billions?)(?: of)?) | old$")
_PARTS = re.compile(r"[\s/*·⋅×.^()\[\]-]+|(?<=[^\W\d])[-⁻]?[\d²³¹⁻]+")


def is_units(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether the first row holds the units of the columns of numbers below it."""
    first, below = rows[0], rows[1:]
    if len(below) < 2:
        return False
    named = blank = 0
    for position, cell in enumerate(first):
        cells = [row[position] for row in below if row[position].strip() and row[position].strip() not in NO_VALUES]
        if len(cells) < 2 or sum(map(looks_like_number, cells)) < NUMERIC * len(cells):
            continue
        if not cell.strip() or cell.strip() in ("-", "–"):
            blank += 1
        elif is_unit(cell):
            named += 1
        else:
            return False
    return named > 0 and named >= blank


def is_unit(cell: str) -> bool:
    """Return whether the cell is a unit of measurement, such as `kg`, `m/s²` or `[°C]`."""
    text = _AROUND.sub("", cell.strip())
    if len(text) > MAX_UNIT or not text or looks_like_number(text):
        return False
    if text[0] + text[-1] in ("[]", "()", "{}", "<>") and len(text) > 2:
        return True
    if text in _UNITS or _WORD.fullmatch(text):
        return True
    parts = [part for part in _PARTS.split(text) if part]
    return bool(parts) and len(parts) <= 4 and all(_is_symbol(part) for part in parts)


def _is_symbol(part: str) -> bool:
    return (
        part in _UNITS
        or part == "per"
        or _WORD.fullmatch(part) is not None
        or (len(part) > 1 and part[0] in _PREFIXES and part[1:] in _UNITS and len(part) <= 5)
    )
