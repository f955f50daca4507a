"""Accounts that are closed for good: nothing may be written for them any more.

Deleting an account takes several steps, and other writers do not stop for it: a run ends, a lab is graded, a mail is
queued, an upload is stored, a socket is still open. So the first step of a deletion is to close the account: a row of
ClosedAccount, which outlives the account by 30 days. Two rules follow for everything that writes rows of an owner:

- Rows of the database are written within `writing_for(owner)`. It holds a shared lock until its transaction ends,
  while `close` takes the lock exclusively. So a transaction either ends before the account is closed, and the deletion
  finds its rows, or it begins later and raises AccountClosed. (SQLite needs no lock: it has one writer at a time.)
- Progress may be kept outside of the database. It is written first, and then `is_closed` is asked: where the account
  was closed meanwhile, the writer deletes again what it wrote (`progress.services.award`).

Guests are never closed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from playground.models import ClosedAccount
from playground.turns import share_turn, take_turn
from playground.wire.errors import PlaygroundError
from playground.wire.identity import GUEST_PREFIX


class AccountClosed(PlaygroundError):
    """Nothing is stored for an account that is deleted, or is being deleted."""

    code = "account_closed"
    hint = "Reload the page, and sign in with another account or go on without one."
    status = 410


@contextmanager
def writing_for(owner: str) -> Iterator[None]:
    """Open a transaction in which rows of this owner may be written. Raises AccountClosed.

    owner: an `Identity.owner`.
    """
    with transaction.atomic():
        if not owner.startswith(GUEST_PREFIX):
            share_turn(_lock_of(owner))
            check_open(owner)
        yield


def check_open(owner: str) -> None:
    """Check that the account is not closed. Raises AccountClosed."""
    if is_closed(owner):
        raise AccountClosed("This account is deleted.")


def is_closed(owner: str) -> bool:
    return not owner.startswith(GUEST_PREFIX) and ClosedAccount.objects.filter(owner=owner).exists()


def close(owner: str) -> None:
    """Let nobody write for this owner any more. Waits for the transactions that have begun to write."""
    with transaction.atomic():
        take_turn(_lock_of(owner))
        ClosedAccount.objects.get_or_create(owner=owner)


def reopen(owner: str) -> None:
    """Let the owner write again: the deletion failed, and the account is still there."""
    ClosedAccount.objects.filter(owner=owner).delete()


def _lock_of(owner: str) -> str:
    return f"account {owner}"
