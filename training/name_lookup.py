"""Lookup of names that users type, with the most similar name for an unknown one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import TypeVar

from training.exceptions import SpecRefused

MAX_KNOWN = 200
MAX_LENGTH = 60
CUTOFF = 0.5  # the least ratio of difflib for similar names

Entry = TypeVar("Entry")


def find_nearest(name: str, known: Iterable[str]) -> str:
    """Return the nearest of `known`, whatever the case; empty where none is near.

    Looks at the first MAX_KNOWN names and MAX_LENGTH characters alone, since difflib takes quadratic time.
    """
    by_folded = {each[:MAX_LENGTH].casefold(): each for each in islice(known, MAX_KNOWN)}
    near = difflib.get_close_matches(name[:MAX_LENGTH].casefold(), by_folded, n=1, cutoff=CUTOFF)
    return by_folded[near[0]] if near else ""


def get_entry(name: str, registry: Mapping[str, Entry], kind: str) -> Entry:
    """Return an entry of a registry. Raises SpecRefused (`unknown_` and the kind)."""
    entry = registry.get(name)
    if entry is None:
        meant = find_nearest(name, registry)
        hint = f"Did you mean {meant}? " if meant else ""
        raise SpecRefused(
            f"There is no {kind} {name[:50]!r}.",
            code=f"unknown_{kind}",
            hint=f"{hint}There are {', '.join(registry)}.",
            meant=meant,
        )
    return entry
