"""Cells that are levels of a category, or text: trimmed, with the words that mean "no value", and what is merged."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import pandas as pd

from training.datasets.formats.base import Format
from training.datasets.formats.text import Text

_WHOLE = re.compile(r"(?P<sign>[+-]?)(?P<digits>[0-9]+)(?:\.0*)?")
_PAIRS = ({"true", "false"}, {"yes", "no"}, {"y", "n"}, {"t", "f"}, {"on", "off"}, {"ja", "nein"}, {"oui", "non"})
BOOLEAN = frozenset({"true", "false"})


class LabelFormat(Format):
    """Cells without outer blanks. `whole`: `10.0` and `+10` are the level `10`.

    `spellings`: from a casefolded cell to the level that it means, for levels such as `True` that people write in any
    case. `merge`: labels that are replaced, as the user says. `order`: the levels from lowest to highest, as the user
    says; None for the natural order.
    """

    kind: Literal["label"] = "label"
    whole: bool = False
    spellings: tuple[tuple[str, str], ...] = ()
    merge: tuple[tuple[str, str], ...] = ()
    order: tuple[str, ...] | None = None

    def read(self, text: Text) -> pd.Series:
        missing, spellings, merge = frozenset(("", *self.missing)), dict(self.spellings), dict(self.merge)

        def read(cell: str) -> str | None:
            if cell in missing:
                return None
            if self.whole:
                cell = write_whole(cell)
            cell = spellings.get(cell.casefold(), cell) if spellings else cell
            return merge.get(cell, cell)

        return text.map_to_labels(read)


def write_whole(cell: str) -> str:
    """Write `10.0` and `+10` as `10`; other cells stay."""
    found = _WHOLE.fullmatch(cell)
    return cell if found is None else found["sign"].replace("+", "") + found["digits"]


def are_whole(cells: Iterable[str]) -> bool:
    """Return whether all cells are whole numbers, and there are some."""
    some = False
    for cell in cells:
        if _WHOLE.fullmatch(cell) is None or (len(cell) > 1 and cell.lstrip("+-").startswith("0") and "." not in cell):
            return False
        some = True
    return some


def find_spellings(counts: Mapping[str, int]) -> tuple[tuple[str, str], ...]:
    """Return casefolded spellings of a pair such as true and false, with the most frequent spelling of each.

    `counts`: cells of each level. Empty where the levels are no such pair. Only the words true and false may be spelled
    in several ways: other levels that differ by case alone are the user's to merge.
    """
    folded: dict[str, list[str]] = {}
    for level in counts:
        folded.setdefault(level.casefold(), []).append(level)
    if len(folded) > 2 or not folded:
        return ()
    pair = next((pair for pair in _PAIRS if folded.keys() <= pair), None)
    if pair is None or (pair != BOOLEAN and (len(folded) < 2 or len(counts) > 2)):
        return ()
    return tuple((name, max(levels, key=lambda level: counts[level])) for name, levels in folded.items())


def group_alike(levels: Iterable[str]) -> list[list[str]]:
    """Group levels that differ by case, a final full stop, inner blanks or the form of accents alone.

    `&amp;` is the same as `&`, and characters that cannot be seen do not count.
    """
    groups: dict[str, list[str]] = {}
    for level in levels:
        groups.setdefault(fold(level), []).append(level)
    return [group for key, group in groups.items() if len(group) > 1 and key]


def fold(level: str) -> str:
    plain = unicodedata.normalize("NFKC", html.unescape(level)).casefold()
    if not plain.isascii():
        plain = "".join(character for character in plain if unicodedata.category(character) != "Cf")
    return " ".join(plain.split()).rstrip(".").strip()


def plan_merge(groups: Sequence[Sequence[str]], counts: Mapping[str, int]) -> dict[str, str]:
    """Return from each variant the most frequent label of its group."""
    merge: dict[str, str] = {}
    for group in groups:
        meant = max(group, key=lambda level: counts[level])
        merge |= {level: meant for level in group if level != meant}
    return merge


def write_label(value: object) -> str:
    """Return the label of a value of a category.

    1.0 and 1 have the same label, since pandas reads integers as floats where a value is missing.
    """
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
