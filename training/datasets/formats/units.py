"""Split a cell into its number and what is written beside it: a currency, a percent sign or a unit."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

_SYMBOLS = "$€£¥₹₽₩₺₴฿₫₪₱₦₡＄￥￡￦円元원"
_CODES = (
    "USD|EUR|GBP|JPY|CHF|CAD|AUD|NZD|CNY|RMB|INR|BRL|MXN|SEK|NOK|DKK|PLN|CZK|HUF|TRY|RUB|ZAR|KRW|SGD|HKD|ILS|THB|AED"
)
CURRENCY = rf"(?:US|CA|AU|NZ|HK|A|C|S|R)?[{re.escape(_SYMBOLS)}]|(?:{_CODES})|Fr\.|Rs\.?|kr\.?|zł"
_LETTERS = "A-Za-zÀ-ÖØ-öø-ÿµμΩΩ"
# One letter beside a number may belong to a code (12A), so only letters of common units are read as units.
_ONE_LETTER = "mgshdlkMLVWAKNJCFtyΩ"
_UNIT = (
    rf"[%‰°″′]|{CURRENCY}|[{_ONE_LETTER}][²³]?|°[CFK]?"
    rf"|[{_LETTERS}][{_LETTERS}²³]+(?:[/·*^.][{_LETTERS}0-9²³]+)*\.?(?: [{_LETTERS}]{{2,}})?"
    rf"|[{_LETTERS}][²³0-9]?(?:[/·*^][{_LETTERS}0-9²³]+)+|[{_LETTERS}][23]"
)
_MULTIPLIERS = "k K M B T bn mn Mio Mio. Mrd Mrd. Tsd Tsd. lakh crore thousand million billion"
MULTIPLIERS = frozenset(_MULTIPLIERS.split(" "))
"""What multiplies a number, unlike a unit: cells without it are no such numbers."""
MINUS = "−–‒﹣－"
BLANKS = " \u00a0\u202f\u2009\u2007"
_NUMBER = rf"\d[\d.,'’{BLANKS}]*(?:[eE][+-]?\d+)?|[.,]\d+(?:[eE][+-]?\d+)?"
_CELL = re.compile(
    rf"(?P<open>\()?[{BLANKS}]*(?P<before>{CURRENCY})?[{BLANKS}]*(?P<open2>\()?(?P<sign>[+-])?[{BLANKS}]*"
    rf"(?P<before2>{CURRENCY})?[{BLANKS}]*(?P<number>{_NUMBER})(?P<end>-)?[{BLANKS}]*(?P<after>{_UNIT})?"
    rf"(?:[{BLANKS}]*(?P<close>\))[{BLANKS}]*(?P<after2>{_UNIT})?)?"
)
_AMOUNT = re.compile(
    rf"[+-]?(?:{CURRENCY})[{BLANKS}]*[+-]?(?:{_NUMBER})[{BLANKS}]*[{_LETTERS}]{{1,8}}\.?"
    rf"|[+-]?(?:{_NUMBER})[{BLANKS}]*(?:(?:±|\+/-|\+-)[{BLANKS}]*(?:{_NUMBER})|[*†‡§]{{1,4}}|\[\w\])"
)
_OTHER_DIGITS = re.compile(r"[+-]?\d[\d.,٫٬]*")
_CENSORED = re.compile(rf"(?:[<>≤≥~]=?|&lt;|&gt;|under |over |below |above )[{BLANKS}]*[+-]?\.?\d", re.IGNORECASE)


@dataclass(frozen=True)
class Written:
    """The parts of a cell. `number` has no sign and no outer blanks, and keeps its separators."""

    number: str
    unit: str
    negative: bool
    brackets: bool


def split_cell(cell: str) -> Written | None:
    """Split a cell without outer blanks. Return None if it contains no number."""
    if len(cell) > 60:
        return None
    found = _CELL.fullmatch(cell.translate(_TO_HYPHEN))
    if found is None:
        return None
    opened = bool(found["open"] or found["open2"])
    units = [found[name] for name in ("before", "before2", "after", "after2") if found[name]]
    if opened != bool(found["close"]) or len(units) > 1 or opened + bool(found["sign"]) + bool(found["end"]) > 1:
        return None
    unit = units[0] if units else ""
    negative = opened or found["sign"] == "-" or bool(found["end"])
    return Written(found["number"].strip(BLANKS), unit, negative, opened)


def looks_like_amount(cell: str) -> bool:
    """Return whether the cell is a number with text that is not read, such as `$1.2M`, `3.1 ± 0.2` or `0.5***`.

    Numbers in digits other than 0 to 9 are included.
    """
    return _AMOUNT.fullmatch(cell) is not None or (not cell.isascii() and _OTHER_DIGITS.fullmatch(cell) is not None)


def is_censored(cell: str) -> bool:
    """Return whether the cell gives only a limit of its value, such as `<5.0`."""
    return _CENSORED.match(cell) is not None


def count_units(written: Iterable[Written]) -> Counter[str]:
    """Count the units. Singular and plural are one unit (`year` and `years`, under the longer name)."""
    counts = Counter(each.unit for each in written if each.unit)
    for unit in [*counts]:
        if unit + "s" in counts:
            counts[unit + "s"] += counts.pop(unit)
    return counts


def match_unit(unit: str) -> str:
    """Return a pattern for the unit as cells may write it."""
    if unit.endswith("s") and len(unit) > 3 and unit.isalpha():
        return f"{re.escape(unit[:-1])}s?"
    return re.escape(unit)


_TO_HYPHEN = str.maketrans(dict.fromkeys(MINUS, "-"))
