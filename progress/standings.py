"""Write standings, the index that the gradebook sorts and filters by. This is the ONLY module that writes them.

The storage is the truth. A standing may differ from it after a crash, or after records were imported. It is corrected
when the gradebook shows the learner, and by `rebuild`.
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
from progress.worth import add_up, read_worth


def note(owner: str, module_id: str, points: int = 0) -> None:
    """Add points to the learner's standing in a module, and set the time of the last activity to now."""
    user_id = find_user_id(owner)
    if user_id is None:
        return
    theirs = Standing.objects.filter(user_id=user_id, module_id=module_id)
    if not theirs.update(points=F("points") + points, active=timezone.now()):
        try:
            with transaction.atomic():
                Standing.objects.create(user_id=user_id, module_id=module_id, points=points, active=timezone.now())
        except IntegrityError:  # another tab was faster
            theirs.update(points=F("points") + points, active=timezone.now())


def follow(records: Iterable[Record]) -> None:
    """Make the standings of these learners equal to their records. The number of queries is constant.

    Questions that are in no module count for nothing. Questions of drafts are counted here, and the gradebook leaves
    out the standings of drafts. So a module's points are back at once when it is published again.
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
            # Records may belong to deleted accounts, or to another installation.
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
    """Compute all standings again, after many records were imported."""
    for records in storage.iterate():
        follow(records)


def _points_by_module(record: Record) -> defaultdict[str, int]:
    points: defaultdict[str, int] = defaultdict(int)
    for key, earned in record.earned.items():
        points[key.module_id] += earned
    return points
