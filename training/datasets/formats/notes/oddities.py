"""Notes about cells as no person writes them: traces of spreadsheets and exports."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterable, Mapping

import pyarrow.compute as pc

from training.datasets.formats.date_like import looks_like_date
from training.datasets.formats.notes.wording import NAMED, SHOWN, choose_word, join_words
from training.datasets.formats.remedies import locate
from training.datasets.formats.text import Text
from training.messages.problems import Problem
from training.problems import build_problem

SAMPLE = 2_000  # labels
HIDDEN = r"[\p{Cf}\p{Cc}]"
MERGED_ROWS = 10  # fewer tell nothing
MERGED_SHARE = 1 / 3  # of the rows that may be filled
QUOTED_SHARE = 0.9  # of the levels
PLAIN = "\u200d\n\t\r"  # what joins the parts of one emoji, and what stands between lines and columns
_QUOTED = re.compile(r"""(?s)(['‘’‚“”„«»`]).*['‘’“”«»`]|=".*"|'[^']+""")
_CONVERTED = re.compile(
    r"(?i)\d{1,2}[-. ](?:jan|feb|mar|mär|mrz|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)\.?"
    r"|(?:jan|feb|mar|mär|mrz|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)-\d{2}"
)


def note_odd_labels(name: str, text: Text, levels: Mapping[str, int]) -> tuple[Problem, ...]:
    """Report invisible characters, foreign quotes, and labels that a spreadsheet may have made dates of.

    `levels` counts the cells of each label. Of many labels, the first ones tell whether there is a quote or a date.
    """
    found: tuple[Problem, ...] = ()
    if pc.any(pc.match_substring_regex(text.encoded.dictionary, HIDDEN), min_count=0).as_py():
        found += _note_invisible(name, levels)
    sample = list(itertools.islice(levels, SAMPLE))
    if any(map(_QUOTED.fullmatch, sample)):
        found += _note_quoted(name, levels)
    if any(map(_CONVERTED.fullmatch, sample)):
        found += _note_converted(name, levels)
    return found


def _note_invisible(name: str, levels: Mapping[str, int]) -> tuple[Problem, ...]:
    found = {level: count for level, count in levels.items() if _find_invisible(level)}
    if not found:
        return ()
    first, count = next(iter(found)), sum(found.values())
    message = (
        f"In {name!r}, {count:,} {choose_word(count, 'cell holds', 'cells hold')} a character that cannot be seen, "
        f"such as U+{ord(_find_invisible(first)):04X} in {first[:SHOWN]!r}. They differ from cells without it, and are "
        "no numbers."
    )
    return (build_problem("invisible_characters", locate(name), message, "Remove the character in the file."),)


def _find_invisible(level: str) -> str:
    if level.isascii() and level.isprintable():
        return ""
    hidden = (each for each in level if unicodedata.category(each) in ("Cf", "Cc") and each not in PLAIN)
    return next(hidden, "")


def _note_quoted(name: str, levels: Mapping[str, int]) -> tuple[Problem, ...]:
    found = [level for level in levels if _QUOTED.fullmatch(level)]
    if not found or len(found) < QUOTED_SHARE * len(levels):
        return ()
    count = sum(levels[level] for level in found)
    message = (
        f"In {name!r}, {count:,} {choose_word(count, 'cell is', 'cells are')} in quotes of another kind than CSV has, "
        f"such as {found[0][:SHOWN]!r}. The quotes stay in the cells, which are read as text."
    )
    return (build_problem("quoted_cells", locate(name), message, 'Use " as the quote in the file, or none.'),)


def _note_converted(name: str, levels: Mapping[str, int]) -> tuple[Problem, ...]:
    found = {level: count for level, count in levels.items() if _CONVERTED.fullmatch(level)}
    if not found or len(found) > len(levels) / 2 or any(map(looks_like_date, levels.keys() - found.keys())):
        return ()
    count = sum(found.values())
    message = (
        f"In {name!r}, {join_words(found)} ({count:,} {choose_word(count, 'cell', 'cells')}) look like dates among "
        "labels that do not: a spreadsheet may have made them of labels such as 'SEP2' or '10-12'."
    )
    return (build_problem("converted_labels", locate(name), message, "Correct these labels in the file."),)


def note_merged_cells(name: str, text: Text) -> tuple[Problem, ...]:
    """Report a column whose first row is filled, and most others are not, with another value in each that is."""
    rows = len(text)
    if len(text.encoded.dictionary) > rows * MERGED_SHARE + 1:
        return ()
    filled = [count for cell, count in zip(text.distinct, text.counts, strict=True) if cell]
    if (
        rows < MERGED_ROWS
        or not 2 <= len(filled) <= rows * MERGED_SHARE
        or max(filled) > 1
        or not text.cells[0].as_py()
    ):
        return ()
    message = (
        f"The column {name!r} has a value in {len(filled):,} of {rows:,} rows, each another one: "
        f"{_list_first(text.distinct)}. A spreadsheet with merged cells is written like that, and the other rows lack "
        "the value."
    )
    hint = "If one value holds for the rows below it, fill these cells in the file."
    return (build_problem("merged_cells", locate(name), message, hint),)


def _list_first(cells: Iterable[str]) -> str:
    shown = [repr(cell[:SHOWN]) for cell in cells if cell]
    return ", ".join(shown[:NAMED]) + (", …" if len(shown) > NAMED else "")
