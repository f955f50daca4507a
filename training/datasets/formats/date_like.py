"""Cells that look like dates or times in any language, whether or not `dates` and `durations` read them."""

from __future__ import annotations

import re

MAX_LENGTH = 60  # characters of a cell

_WORD = r"[^\W\d_]{2,12}\.?"
_YEAR = r"(?:1[5-9]|20|21)\d{2}"
_DAY = r"\d{1,2}(?:\.|er|st|nd|rd|th|[ºª])?"
_NAMED_MONTHS = (
    rf"{_DAY}[ /-]?(?:de |of )?{_WORD}[ /-]?(?:de )?{_YEAR}",
    rf"\d{{1,2}}[./-]{_WORD}[./-]\d{{2}}",
    rf"{_WORD}[ -]{_DAY},?[ -]{_YEAR}",
    rf"{_YEAR}[ /-]{_WORD}[ /-]\d{{1,2}}",
    r"\d{4}[年년] ?\d{1,2}[月월] ?\d{1,2}[日일]",
    r"(?:令和|平成|昭和)\d{1,2}年\d{1,2}月\d{1,2}日",
    rf"{_YEAR}[ -]?(?:Q|W|KW|q)\d{{1,2}}",
    rf"(?:Q|W|KW|q)\d{{1,2}}[ /-]{_YEAR}",
    r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[-/ ]\d{2}",
)
_NUMBERED_MONTHS = (
    rf"{_YEAR}[-/.]\d{{1,2}}[-/.]\d{{1,2}}",
    rf"\d{{1,2}}[-/.]\d{{1,2}}[-/.](?:{_YEAR}|\d{{2}})",
)
_CLOCK = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?: ?[AaPp]\.?[Mm]\.?)?"
_ZONES = (
    r"[A-Z]{1,5}",
    r"[A-Z][A-Za-z_]{2,20}/[A-Za-z_]{2,20}",
    r"(?:GMT|UTC)? ?[+-]\d{1,2}(?::?\d{2})?",
    r"\[[\w/+-]{1,40}\]",
)
_ZONE = rf" ?(?:{'|'.join(_ZONES)})"
_CELL = re.compile(
    rf"(?:(?:{_WORD},? )?(?:{'|'.join(_NAMED_MONTHS)})|(?:{_WORD},? )?(?:{'|'.join(_NUMBERED_MONTHS)}))"
    rf"(?:(?:T|,? ){_CLOCK}(?: Uhr)?(?:{_ZONE}){{0,2}}|{_ZONE})?|{_CLOCK}{_ZONE}"
    rf"|{_WORD} {_WORD} +\d{{1,2}} {_CLOCK} (?:[A-Z]{{1,5}} )?{_YEAR}"
)


def looks_like_date(cell: str) -> bool:
    """Return whether a cell looks like a date or a time: with any word as the month, and any time zone."""
    return len(cell) <= MAX_LENGTH and _CELL.fullmatch(cell) is not None
