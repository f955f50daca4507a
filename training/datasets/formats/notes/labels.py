"""Notes about labels that were changed, or that differ so little that they may mean the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow.compute as pc

from training.datasets.formats.notes.wording import NAMED, SHOWN
from training.datasets.formats.remedies import choose, locate
from training.datasets.formats.text import Text
from training.messages.problems import Problem
from training.problems import build_problem


def note_trimmed(name: str, text: Text) -> tuple[Problem, ...]:
    """Report labels that differed by outer blanks alone before the blanks were removed."""
    if text.cells.equals(text.raw) or pc.count_distinct(text.raw).as_py() == len(text.distinct):
        return ()
    changed = pc.sum(pc.not_equal(text.raw, text.cells)).as_py()
    message = f"In {name!r}, blanks around {changed:,} labels are left out."
    hint = "If labels differ by blanks on purpose, write another character in their place."
    return (build_problem("labels_trimmed", locate(name), message, hint),)


def note_spellings(name: str, spellings: Sequence[tuple[str, str]], levels: Mapping[str, int]) -> tuple[Problem, ...]:
    """Report the spellings of true and false that count as one level."""
    meant = dict(spellings)
    others = {level: count for level, count in levels.items() if meant.get(level.casefold(), level) != level}
    if not others:
        return ()
    shown = ", ".join(f"{level!r} ({count:,}) as {meant[level.casefold()]!r}" for level, count in others.items())
    message = f"In {name!r}, spellings count as one level: {shown}."
    hint = "Set the type of the column to category to keep them apart."
    return (build_problem("spellings_merged", locate(name), message, hint),)


def note_alike(
    name: str, groups: Sequence[Sequence[str]], counts: Mapping[str, int], merge: Mapping[str, str]
) -> tuple[Problem, ...]:
    """Report groups of labels that are nearly alike. The fix merges each group, as `merge` says."""
    shown = "; ".join(
        ", ".join(f"{level[:SHOWN]!r} ({counts[level]:,})" for level in group) for group in groups[:NAMED]
    )
    more = f"; and {len(groups) - NAMED:,} more groups" if len(groups) > NAMED else ""
    return (
        build_problem(
            "labels_nearly_alike",
            locate(name),
            f"Labels of {name!r} differ by case, blanks, signs of HTML or a full stop alone: {shown}{more}. They count "
            "as different.",
            "Merge them if they mean the same.",
            choose(name, merge=dict(merge)),
        ),
    )
