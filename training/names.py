"""The known name that a mistyped one resembles. Used wherever people type names."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

CUTOFF = 0.5  # difflib's ratio, from which on two names are taken for alike


def find_nearest(name: str, known: Iterable[str]) -> str:
    """The nearest of `known`, whatever the case; empty where none is near."""
    by_folded = {each.casefold(): each for each in known}
    near = difflib.get_close_matches(name[:100].casefold(), by_folded, n=1, cutoff=CUTOFF)
    return by_folded[near[0]] if near else ""
