"""Notes about cells that count as missing, and about words that may mean "no value"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from training.datasets.formats.base import Format
from training.datasets.formats.notes.wording import SHOWN, choose_word, get_example, join_words
from training.datasets.formats.remedies import locate, offer
from training.datasets.formats.text import Text
from training.datasets.formats.units import is_censored
from training.datasets.formats.words import LEVEL_WORDS, SPREADSHEET_ERRORS
from training.messages.problems import Problem
from training.problems import build_problem


def note_missing(name: str, form: Format, text: Text, values: pd.Series) -> tuple[Problem, ...]:
    """Report the cells of a column of numbers or dates that hold something and count as missing."""
    if not values.isna().any():
        return ()
    found: tuple[Problem, ...] = ()
    words = text.count(form.missing)
    errors = {word: words.pop(word) for word in SPREADSHEET_ERRORS if word in words}
    if words:
        count = sum(words.values())
        cells = f"{count:,} {choose_word(count, 'cell) counts', 'cells) count')}"
        found += (
            build_problem(
                "missing_words",
                locate(name),
                f"In {name!r}, {join_words(words)} ({cells} as missing.",
                "If they are values, set the type of the column to category, with an empty list of missing texts.",
            ),
        )
    return found + note_spreadsheet_errors(name, errors) + _note_unreadable(name, form, text, values)


def note_spreadsheet_errors(name: str, errors: Mapping[str, int]) -> tuple[Problem, ...]:
    if not errors:
        return ()
    return (
        build_problem(
            "spreadsheet_errors",
            locate(name),
            f"In {name!r}, {sum(errors.values()):,} cells hold the error of a spreadsheet ({join_words(errors)}). "
            "They count as missing.",
            "Correct the formulas in the spreadsheet where the values are known.",
        ),
    )


def _note_unreadable(name: str, form: Format, text: Text, values: pd.Series) -> tuple[Problem, ...]:
    lost = form.find_unreadable(text, values)
    if not lost.any():
        return ()
    found: tuple[Problem, ...] = ()
    censored = [cell for cell in dict.fromkeys(text.cells.filter(lost).to_pylist()) if is_censored(cell)]
    if censored:
        where = text.is_in(censored)
        found += (
            build_problem(
                "censored_values",
                locate(name),
                f"In {name!r}, {int(where.sum()):,} cells such as {censored[0][:SHOWN]!r} say only that a value lies "
                "beyond a limit. They count as missing.",
                "Write the limit instead, or leave the cells empty.",
            ),
        )
        lost &= ~where
    if lost.any():
        count = int(lost.sum())
        verbs = choose_word(count, "cell is not like the others and counts", "cells are not like the others and count")
        found += (
            build_problem(
                "mixed_column",
                locate(name),
                f"In {name!r}, {count:,} {verbs} as missing: {get_example(text, lost)!r}, for example.",
                "Correct them in the file, or set the type of the column to category to keep them.",
            ),
        )
    return found


def note_words(name: str, words: Mapping[str, int], left_out: Sequence[str]) -> tuple[Problem, ...]:
    """Report each word of a column of labels that may mean "no value", and offer the other reading.

    `words` counts the cells of each word; `left_out` are the words that count as missing.
    """
    found: tuple[Problem, ...] = ()
    hint = "Choose the other reading if that is wrong."
    for word, count in words.items():
        cells = f"In {name!r}, {count:,} {choose_word(count, 'cell says', 'cells say')} {word!r}: "
        others = [each for each in left_out if each != word]
        choices = [
            offer(f"{word!r} is a value", name, missing=others),
            offer(f"{word!r} means that the value is missing", name, missing=[*others, word]),
        ]
        if word not in LEVEL_WORDS:
            choices = choices[:1]
        if word in left_out:
            message = cells + choose_word(count, "it counts as missing.", "they count as missing.")
            found += (build_problem("missing_words", locate(name), message, hint, choices=choices),)
        else:
            message = cells + "this is a level of its own, not a missing value."
            found += (build_problem("word_is_level", locate(name), message, hint, choices=choices),)
    return found
