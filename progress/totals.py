"""Compute points earned and points possible. Every total that is shown comes from here.

The questions of published modules count. Points of a deleted question, or of a withdrawn module, stay in the storage.
No total includes them until the question is back, and they are listed as "not counted". A question counts with the
points that it gave when it was earned, even if its points have been changed since.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from progress.records import QuestionKey, Record, get_key


@dataclass(frozen=True)
class Share:
    """A part of a whole, both whole numbers: points earned of points possible, or a count of a count."""

    part: int
    whole: int

    @property
    def percent(self) -> int:
        """Return the percentage, 0 to 100. It is 100 only if `part` reaches `whole`."""
        if self.part >= self.whole:
            return 100 if self.whole else 0
        return min(99, round(100 * self.part / self.whole))


@dataclass(frozen=True)
class Totals:
    """What one learner has earned, and what there is to earn.

    Parameters
    ----------
    record
        What the storage holds of the learner.
    worth
        The questions that count and the points that each gives now.
    """

    record: Record
    worth: Mapping[QuestionKey, int]

    def of(self, module_id: str = "", section_id: str = "", question_id: str = "") -> Share:
        """Return the points of all modules, of one, of one of its sections, or of one question."""
        place = (module_id, section_id, question_id)
        return Share(_sum(self.counted, *place), _sum(self._possible, *place))

    @cached_property
    def counted(self) -> Record:
        """The part of the record whose questions count."""
        return self._select(True)

    @cached_property
    def uncounted(self) -> Record:
        """The part of the record whose questions do not count."""
        return self._select(False)

    @cached_property
    def _possible(self) -> Record:
        return Record("", self.worth)

    def _select(self, counts: bool) -> Record:
        chosen = {key: points for key, points in self.record.earned.items() if (key in self.worth) is counts}
        return Record(self.record.user_id, chosen, self.record.updated)


def _sum(record: Record, module_id: str, section_id: str, question_id: str) -> int:
    if question_id:
        return record.earned.get(get_key(module_id, section_id, question_id), 0)
    if section_id:
        return record.section_points(module_id, section_id)
    return record.module_points(module_id) if module_id else record.points
