"""Frozen value types: a question's key, and what one learner has earned. Storages build them."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any

MAX_ID_LENGTH = 100
MAX_POINTS = 1_000_000
MODULE_TOTAL = "modulePoints"
SECTION_TOTAL = "sectionPoints"


@dataclass(frozen=True, slots=True, order=True)
class QuestionKey:
    """The place of a question. Each identifier has 1 to 100 characters, none of them a control character.

    Raises ValueError for other identifiers, and for the two names that the wire uses for totals.
    """

    module_id: str
    section_id: str
    question_id: str

    def __post_init__(self) -> None:
        for identifier in (self.module_id, self.section_id, self.question_id):
            check_identifier(identifier)
        if self.section_id == MODULE_TOTAL or self.question_id == SECTION_TOTAL:
            raise ValueError(f"No section is called {MODULE_TOTAL!r} and no question {SECTION_TOTAL!r}.")


@dataclass(frozen=True)
class Record:
    """What one learner has earned: points per question, and the time of the last award (None if nothing is earned).

    The sums include all stored questions. `progress.totals` leaves out questions that do not count, before anything is
    shown.
    """

    user_id: str
    earned: Mapping[QuestionKey, int] = field(default_factory=dict)
    updated: datetime | None = None

    @property
    def points(self) -> int:
        return sum(self.earned.values())

    def module_points(self, module_id: str) -> int:
        return self._totals[module_id, None]

    def section_points(self, module_id: str, section_id: str) -> int:
        return self._totals[module_id, section_id]

    def to_wire(self) -> dict[str, dict[str, Any]]:
        """Return `{moduleID: {"modulePoints": n, sectionID: {"sectionPoints": n, questionID: points}}}`, sorted."""
        modules: dict[str, dict[str, Any]] = defaultdict(lambda: {MODULE_TOTAL: 0})
        for key, points in sorted(self.earned.items()):
            module = modules[key.module_id]
            section = module.setdefault(key.section_id, {SECTION_TOTAL: 0})
            module[MODULE_TOTAL] += points
            section[SECTION_TOTAL] += points
            section[key.question_id] = points
        return dict(modules)

    @cached_property
    def _totals(self) -> Counter[tuple[str, str | None]]:
        """Return the points of each section, and of each module under the key None."""
        totals: Counter[tuple[str, str | None]] = Counter()
        for key, points in self.earned.items():
            totals[key.module_id, None] += points
            totals[key.module_id, key.section_id] += points
        return totals


@dataclass(frozen=True)
class Award:
    """The result of an award: the learner's new record, and whether this award earned the points."""

    record: Record
    was_new: bool


@dataclass(frozen=True)
class Page:
    """A page of learners' records. More pages follow while `next_cursor` is not None, even if this page is short."""

    records: tuple[Record, ...]
    next_cursor: str | None


@lru_cache(maxsize=20_000)
def get_key(module_id: str, section_id: str, question_id: str) -> QuestionKey:
    """Return the key of a question. Equal keys are one cached object, since a class earns the same few hundred
    questions.
    """
    return QuestionKey(module_id, section_id, question_id)


def check_identifier(identifier: object) -> None:
    """Check an identifier of a module, section or question. Raises ValueError."""
    if not isinstance(identifier, str) or not 1 <= len(identifier) <= MAX_ID_LENGTH:
        raise ValueError(f"An identifier is text of 1 to {MAX_ID_LENGTH} characters.")
    # Cc: control characters. Cs: halves of surrogate pairs, which UTF-8 cannot encode.
    if not identifier.isprintable() and any(
        unicodedata.category(character) in ("Cc", "Cs") for character in identifier
    ):
        raise ValueError("An identifier has no control characters.")


def check_points(points: object) -> None:
    """Check the points of a question. Raises ValueError."""
    if type(points) is not int or not 0 <= points <= MAX_POINTS:
        raise ValueError(f"Points are a whole number from 0 to {MAX_POINTS:,}.")


def parse_wire(progress: object) -> dict[QuestionKey, int]:
    """Return points per question from the output of `Record.to_wire`. Totals are skipped, since they are sums.

    Raises ValueError for data of another form.
    """
    earned: dict[QuestionKey, int] = {}
    for module_id, module in _items_of(progress, "Progress"):
        for section_id, section in _items_of(module, f"Module {module_id!r}", but=MODULE_TOTAL):
            for question_id, points in _items_of(section, f"Section {section_id!r}", but=SECTION_TOTAL):
                check_points(points)
                earned[get_key(module_id, section_id, question_id)] = points
    return earned


def _items_of(value: object, name: str, but: str | None = None) -> list[tuple[str, Any]]:
    if not isinstance(value, dict):
        raise ValueError(f"{name} is not a JSON object.")
    return [(key, inner) for key, inner in value.items() if key != but]
