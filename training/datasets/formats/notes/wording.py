"""Words, examples and counts as the notes write them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from training.datasets.formats.text import Text

NAMED = 5  # words or labels named in one note
SHOWN = 40  # characters of a cell


def choose_word(count: int, singular: str, plural: str) -> str:
    return singular if count == 1 else plural


def join_words(words: Mapping[str, int]) -> str:
    """List the first words, and count the others."""
    shown = ", ".join(f"{word!r}" for word in [*words][:NAMED])
    return f"{shown} and {len(words) - NAMED} more" if len(words) > NAMED else shown


def join_cells(cells: Sequence[str]) -> str:
    return " and ".join(f"{cell[:SHOWN]!r}" for cell in cells)


def get_example(text: Text, where: np.ndarray) -> str:
    """Return the first cell for which `where`, bool (n,), is true."""
    cell: str = text.cells[int(np.flatnonzero(where)[0])].as_py()
    return cell[:SHOWN]
