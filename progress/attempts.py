"""The ONLY writer of attempts: numbered per learner and question, the newest kept. Called by services and labs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError
from django.db.models import Count, Max, Q
from django.utils import timezone

from playground.closing import writing_for
from progress.models import Attempt

KEPT = 100  # attempts of one learner at one question
TRIES = 20  # at a number that another tab of the same learner takes at the same time


@dataclass(frozen=True)
class Tally:
    """`attempts` counts all, `wrong` those wrong ones that are kept."""

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
    """The labs that this run has been tried on: the end of a run may be told of more than once."""
    tried = Attempt.objects.filter(owner=owner, answer__run_id=str(run_id))
    return set(tried.values_list("question_id", flat=True))


def tally(owner: str, question_ids: Collection[int]) -> dict[int, Tally]:
    """How often a learner has tried each question that they have tried at all."""
    rows = (
        Attempt.objects.filter(owner=owner, question_id__in=question_ids)
        .order_by()
        .values_list("question_id")
        .annotate(last=Max("number"), wrong=Count("pk", filter=Q(correct=False)))
    )
    return {question_id: Tally(attempts, wrong) for question_id, attempts, wrong in rows}


def move_attempts(owner: str, to: str) -> None:
    """Makes a guest's attempts those of an account, numbered after the ones there. Calling it again changes nothing."""
    with writing_for(to):
        moved = list(Attempt.objects.select_for_update().filter(owner=owner).order_by("question_id", "number"))
        there = Attempt.objects.filter(owner=to, question_id__in={each.question_id for each in moved})
        last = dict(there.order_by().values_list("question_id").annotate(Max("number")))
        for attempt in moved:
            last[attempt.question_id] = last.get(attempt.question_id, 0) + 1
            attempt.owner, attempt.number = to, last[attempt.question_id]
        Attempt.objects.bulk_update(moved, ["owner", "number"], batch_size=500)


def forget_attempts(owner: str) -> int:
    """How many there were."""
    deleted, _ = Attempt.objects.filter(owner=owner).delete()
    return deleted
