"""Words in dates that Python does not read: months of other languages, weekdays, ordinals and time zones.

They are replaced by what `pandas.to_datetime` reads: `5. März 2024 CET` becomes `5. Mar 2024 +01:00`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache

from babel import Locale

LANGUAGES = (
    "en", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "nb", "fi", "pl", "cs", "sk", "hu", "ro", "hr", "tr", "el",
    "ru", "uk", "bg",
)  # fmt: skip
ZONES = {
    "gmt": "+00:00", "wet": "+00:00", "west": "+01:00", "cet": "+01:00", "cest": "+02:00", "mez": "+01:00",
    "mesz": "+02:00", "eet": "+02:00", "eest": "+03:00", "msk": "+03:00", "jst": "+09:00", "kst": "+09:00",
    "est": "-05:00", "edt": "-04:00", "cdt": "-05:00", "mdt": "-06:00", "pdt": "-07:00", "aedt": "+11:00",
    "aest": "+10:00", "nzst": "+12:00", "nzdt": "+13:00",
}  # fmt: skip
"""Zones whose name means one offset. CST, IST, PST, MST and BST are names of several zones."""

_ENGLISH = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_FILLERS = {
    **dict.fromkeys(("de", "del", "of", "er", "st", "nd", "rd", "th", "º", "ª", "den", "uhr", "klo", "г"), ""),
    **dict.fromkeys(("年", "月", "년", "월"), "-"),
    **dict.fromkeys(("日", "일"), ""),
}
_PLAIN = frozenset(("gmt", "t", "z", "utc", "am", "pm", "a", "p", "m"))  # words that stay as they are
WORD = r"[^\W\d_]+(?:\.(?=\s|$))?"


@cache
def list_words(language: str) -> dict[str, str]:
    """Return what words of dates become in a language, by the casefolded word without its full stop."""
    locale = Locale.parse(language)
    words: dict[str, str] = {}
    for form in ("format", "stand-alone"):
        for width in ("wide", "abbreviated"):
            for day in locale.days[form][width].values():
                words |= dict.fromkeys((part for part in _split(day) if len(part) > 1), "")
    months = {
        part: _ENGLISH[number - 1]
        for form in ("format", "stand-alone")
        for width in ("wide", "abbreviated")
        for number, month in locale.months[form][width].items()
        for part in _split(month)
    }
    more = {"mär": "Mar", "mrz": "Mar", "maer": "Mar", "jän": "Jan", "jänner": "Jan"} if language == "de" else {}
    more |= {"sept": "Sep"} if language in ("en", "de", "nl", "fr", "es", "it") else {}
    english = {month.casefold(): month for month in _ENGLISH} if language == "en" else {}
    return {**ZONES, **_FILLERS, **words, **months, **more, **english}


def _split(name: str) -> list[str]:
    return [part for part in re.split(r"[\W\d_]+", name.casefold()) if part]


def find_words(cells: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Return what the words of the cells become, and the languages in which the cells may be written.

    Languages that disagree about a cell leave nothing.
    """
    tokens = {token.casefold().rstrip(".") for cell in cells for token in re.findall(WORD, cell)} - _PLAIN
    fitting = [language for language in LANGUAGES if tokens <= list_words(language).keys()]
    words: dict[str, str] = {}
    for language in reversed(fitting):
        if any(words.get(token, replaced) != replaced for token, replaced in _pick(language, tokens)):
            return {}, []
        words |= list_words(language)
    return words, fitting


def _pick(language: str, tokens: set[str]) -> list[tuple[str, str]]:
    return [(token, list_words(language)[token]) for token in tokens]


def _write_offset(match: re.Match[str]) -> str:
    """Write `GMT+1` as `+01:00`."""
    return f"{match[1]}{int(match[2]):02}:{match[3] or '00'}"


def translate_date(cell: str, words: Mapping[str, str]) -> str:
    """Replace the words of a date, and remove the blanks, commas and full stops beside them."""

    def replace(match: re.Match[str]) -> str:
        word = match.group().casefold().rstrip(".")
        return words.get(word, match.group())

    cell = re.sub(r"(?:GMT|UTC)([+-])(\d{1,2})(?::?(\d{2}))?$", _write_offset, cell)
    text = " ".join(re.sub(r"[^\W\d_]+(?:\.(?=\s|$))?", replace, cell).split()).strip(" ,.")
    return re.sub(r"(?<=\d)- (?=\d)", "-", re.sub(r"(?<=\d)\. (?=[A-Z])", " ", text))
