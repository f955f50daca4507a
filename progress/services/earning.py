"""Read, award, merge and reset points. Points are read and written through the storage alone.

The gradebook's standings and the messages to open sockets follow after the storage has accepted an award. An award that
the storage refused leaves no trace.
"""

from __future__ import annotations

from collections.abc import Collection

from playground.closed_accounts import check_open, is_closed
from playground.wire.identity import Identity
from progress import attempts, broadcast, standings
from progress.exceptions import NotYours
from progress.permissions import VIEW_LEARNERS
from progress.records import Award, QuestionKey, Record
from progress.storage import get_storage
from progress.totals import Totals
from progress.worth import add_up

ME = "me"


def parse_user_id(identity: Identity, user_id: str | int | None, *, to_change: bool = False) -> str:
    """Return the owner whose progress is requested: the visitor, or another user if staff may view learners.

    Raises NotYours. Nobody may change another user's progress.
    """
    if user_id is None or user_id in ("", ME):
        return identity.owner
    owner = f"user:{int(user_id)}" if str(user_id).isdecimal() else str(user_id)
    if owner != identity.owner and (to_change or not identity.may(VIEW_LEARNERS)):
        raise NotYours("This is somebody else's progress.", where="user_id")
    return owner


def read_progress(identity: Identity, user_id: str | int | None = None) -> Record:
    """Return a learner's record. Raises NotYours, StorageUnavailable."""
    return get_storage().get(parse_user_id(identity, user_id))


def read_totals(identity: Identity, user_id: str | int | None = None) -> Totals:
    """Return what a learner has earned of what there is to earn. Raises NotYours, StorageUnavailable."""
    return add_up(read_progress(identity, user_id))


def read_many(owners: Collection[str]) -> dict[str, Record]:
    """Return the records of many learners and update their standings. Raises StorageUnavailable.

    Called by the gradebook, which has checked the permissions.
    """
    records = get_storage().get_many(owners)
    standings.follow(records.values())
    return records


def award(owner: str, key: QuestionKey, points: int, *, but: str = "") -> Award:
    """Award a question's points once, and notify the learner's open sockets except the one that asked.

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
    """Delete what a learner has earned and tried. Return a sentence that says what. Raises StorageUnavailable."""
    storage = get_storage()
    totals = add_up(storage.get(owner))
    storage.reset(owner)
    forgotten = attempts.forget_attempts(owner)
    standings.forget(owner)
    broadcast.announce(owner)
    more = f", {totals.uncounted.points} points that were not counted," if totals.uncounted.points else ""
    return f"{totals.of().part} points{more} and {forgotten} attempts"


def carry_over(guest: str, owner: str) -> None:
    """Give an account what its guest has earned and tried. Repeated calls never add points twice.

    Raises StorageUnavailable, after which it may be called again, and AccountClosed.
    """
    check_open(owner)
    storage = get_storage()
    earned = storage.get(guest)
    if earned.earned:
        merged = storage.merge(owner, earned.earned, earned.updated)
        _take_back_if_closed(owner)
        storage.reset(guest)  # otherwise the next sign-in would undo a teacher's reset
        standings.follow([merged])
        broadcast.announce(owner)
    attempts.move_attempts(guest, owner)


def _take_back_if_closed(owner: str) -> None:
    """Delete what was just written if the account was closed meanwhile, since its deletion may have come before."""
    if is_closed(owner):
        get_storage().reset(owner)
    check_open(owner)
