"""The ONLY writer of standings, the index that the gradebook sorts and filters by. Called by services and commands.

The storage is the truth. A standing that drifted from it (a crash in between, records moved in from elsewhere) is put
right whenever the gradebook shows the learner, and by `rebuild`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from playground.wire.identity import find_user_id
from progress.models import Standing
from progress.records import Record
from progress.storage.base import ProgressStorage
from progress.totals import add_up, read_worth


def note(owner: str, module_id: str, points: int = 0) -> None:
    """The learner did something in the module just now, and earned so many points by it."""
    user_id = find_user_id(owner)
    if user_id is None:
        return
    theirs = Standing.objects.filter(user_id=user_id, module_id=module_id)
    if not theirs.update(points=F("points") + points, active=timezone.now()):
        try:
            with transaction.atomic():
                Standing.objects.create(user_id=user_id, module_id=module_id, points=points, active=timezone.now())
        except IntegrityError:  # another tab was first
            theirs.update(points=F("points") + points, active=timezone.now())


def follow(records: Iterable[Record]) -> None:
    """Make the standings of these learners equal to their records, in few queries however many learners there are.

    Questions that are in no module any more count for nothing. Those of drafts do: what is listed leaves out the
    standings of drafts, so that a module's points are back at once when it is published again.
    """
    worth = read_worth(drafts=True)
    by_user = {user_id: record for record in records if (user_id := find_user_id(record.user_id)) is not None}
    there: defaultdict[int, dict[str, Standing]] = defaultdict(dict)
    for standing in Standing.objects.filter(user_id__in=by_user):
        there[standing.user_id][standing.module_id] = standing
    wrong = []
    for user_id, record in by_user.items():
        points = _points_by_module(add_up(record, worth).counted)
        for module_id in {key.module_id for key in record.earned} | there[user_id].keys():
            found = there[user_id].get(module_id)
            if found is None or found.points != points[module_id]:
                active = found.active if found else record.updated or timezone.now()
                wrong.append(Standing(user_id=user_id, module_id=module_id, points=points[module_id], active=active))
    if wrong:
        with transaction.atomic():
            # Records may be of accounts that are gone, or of another installation's.
            known = set(User.objects.filter(pk__in={each.user_id for each in wrong}).values_list("pk", flat=True))
            Standing.objects.bulk_create(
                [each for each in wrong if each.user_id in known],
                update_conflicts=True,
                unique_fields=["user", "module_id"],
                update_fields=["points"],
                batch_size=500,
            )


def forget(owner: str) -> None:
    user_id = find_user_id(owner)
    if user_id is not None:
        Standing.objects.filter(user_id=user_id).delete()


def rebuild(storage: ProgressStorage) -> None:
    """Goes through all records: after many were moved in at once."""
    for records in storage.iterate():
        follow(records)


def _points_by_module(record: Record) -> defaultdict[str, int]:
    points: defaultdict[str, int] = defaultdict(int)
    for key, earned in record.earned.items():
        points[key.module_id] += earned
    return points
