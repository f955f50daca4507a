"""Record attempts at questions. This is the ONLY module that writes `Attempt`; services and labs call it.

Attempts are numbered per learner and question. The oldest beyond a limit are deleted.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError
from django.db.models import Count, Max, Q
from django.utils import timezone

from playground.closed_accounts import writing_for
from progress.models import Attempt

KEPT = 100  # attempts kept per learner and question
TRIES = 20  # for when another tab of the same learner takes the same number at the same time


@dataclass(frozen=True)
class Tally:
    """Count of one learner's attempts at a question: all of them, and the kept ones that were wrong."""

    attempts: int = 0
    wrong: int = 0


def record_attempt(owner: str, question_id: int, answer: Any, correct: bool) -> None:
    """Store one attempt. `answer` is JSON-ready and bounded by its message. Raises AccountClosed."""
    for left in reversed(range(TRIES)):
        try:
            with writing_for(owner):
                theirs = Attempt.objects.filter(owner=owner, question_id=question_id)
                number = (theirs.aggregate(last=Max("number"))["last"] or 0) + 1
                Attempt.objects.create(
                    owner=owner,
                    question_id=question_id,
                    number=number,
                    answer=answer,
                    correct=correct,
                    when=timezone.now(),
                )
                theirs.filter(number__lte=number - KEPT).delete()
            return
        except IntegrityError:
            if not left:
                raise


def find_tried(owner: str, run_id: UUID) -> set[int]:
    """Return the labs that this run was already tried on. The end of a run may be announced more than once."""
    tried = Attempt.objects.filter(owner=owner, answer__run_id=str(run_id))
    return set(tried.values_list("question_id", flat=True))


def tally(owner: str, question_ids: Collection[int]) -> dict[int, Tally]:
    """Return the number of attempts per question, for the questions that the learner has tried."""
    rows = (
        Attempt.objects.filter(owner=owner, question_id__in=question_ids)
        .order_by()
        .values_list("question_id")
        .annotate(last=Max("number"), wrong=Count("pk", filter=Q(correct=False)))
    )
    return {question_id: Tally(attempts, wrong) for question_id, attempts, wrong in rows}


def move_attempts(owner: str, to: str) -> None:
    """Move a guest's attempts to an account. They are numbered after the account's own. Calling it again changes
    nothing.
    """
    with writing_for(to):
        moved = list(Attempt.objects.select_for_update().filter(owner=owner).order_by("question_id", "number"))
        there = Attempt.objects.filter(owner=to, question_id__in={each.question_id for each in moved})
        last = dict(there.order_by().values_list("question_id").annotate(Max("number")))
        for attempt in moved:
            last[attempt.question_id] = last.get(attempt.question_id, 0) + 1
            attempt.owner, attempt.number = to, last[attempt.question_id]
        Attempt.objects.bulk_update(moved, ["owner", "number"], batch_size=500)


def forget_attempts(owner: str) -> int:
    """Delete the attempts of a learner. Return how many there were."""
    deleted, _ = Attempt.objects.filter(owner=owner).delete()
    return deleted
