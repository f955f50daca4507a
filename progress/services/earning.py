"""What learners have earned: read, awarded, merged, forgotten. Points go through the storage alone.

What follows from an award (the gradebook's index, news to open sockets) comes after it: what the storage did not take
leaves no trace.
"""

from __future__ import annotations

from collections.abc import Collection

from playground.closing import check_open, is_closed
from playground.wire.identity import Identity
from progress import attempts, broadcast, standings
from progress.exceptions import NotYours
from progress.permissions import VIEW_LEARNERS
from progress.records import Award, QuestionKey, Record
from progress.storage import get_storage
from progress.totals import Totals, add_up

ME = "me"


def parse_user_id(identity: Identity, user_id: str | int | None, *, to_change: bool = False) -> str:
    """Return the owner of the progress that is meant: the visitor, or for staff who may view learners, another.

    Raises NotYours. Nobody may change what is another's.
    """
    if user_id is None or user_id in ("", ME):
        return identity.owner
    owner = f"user:{int(user_id)}" if str(user_id).isdecimal() else str(user_id)
    if owner != identity.owner and (to_change or not identity.may(VIEW_LEARNERS)):
        raise NotYours("This is somebody else's progress.", where="user_id")
    return owner


def read_progress(identity: Identity, user_id: str | int | None = None) -> Record:
    """Raises NotYours, StorageUnavailable."""
    return get_storage().get(parse_user_id(identity, user_id))


def read_totals(identity: Identity, user_id: str | int | None = None) -> Totals:
    """Return what a learner has earned of what there is to earn. Raises NotYours, StorageUnavailable."""
    return add_up(read_progress(identity, user_id))


def read_many(owners: Collection[str]) -> dict[str, Record]:
    """For the gradebook, which has checked who asks; brings what it sorts by up to date. Raises StorageUnavailable."""
    records = get_storage().get_many(owners)
    standings.follow(records.values())
    return records


def award(owner: str, key: QuestionKey, points: int, *, but: str = "") -> Award:
    """Give a question's points once, and tell the learner's open sockets but one.

    Raises StorageUnavailable, AccountClosed.
    """
    check_open(owner)
    given = get_storage().award(owner, key, points)
    _take_back_if_closed(owner)
    if given.was_new:
        standings.note(owner, key.module_id, points)
        broadcast.announce(owner, key, points, but=but)
    return given


def reset(owner: str) -> str:
    """Forget what a learner has earned and tried. Return in words what that was. Raises StorageUnavailable."""
    storage = get_storage()
    totals = add_up(storage.get(owner))
    storage.reset(owner)
    forgotten = attempts.forget_attempts(owner)
    standings.forget(owner)
    broadcast.announce(owner)
    more = f", {totals.uncounted.points} points that were not counted," if totals.uncounted.points else ""
    return f"{totals.of().part} points{more} and {forgotten} attempts"


def carry_over(guest: str, owner: str) -> None:
    """Gives an account what its guest has earned and tried. Never doubles anything, however often it is called.

    Raises StorageUnavailable, and may then be called again; AccountClosed.
    """
    check_open(owner)
    storage = get_storage()
    earned = storage.get(guest)
    if earned.earned:
        merged = storage.merge(owner, earned.earned, earned.updated)
        _take_back_if_closed(owner)
        storage.reset(guest)  # or else a teacher's reset would be undone at the next sign-in
        standings.follow([merged])
        broadcast.announce(owner)
    attempts.move_attempts(guest, owner)


def _take_back_if_closed(owner: str) -> None:
    """Forget what was just written where the account was closed meanwhile: its deletion may have come before."""
    if is_closed(owner):
        get_storage().reset(owner)
    check_open(owner)
