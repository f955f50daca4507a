"""Closed accounts: nothing may be written for them any more.

Deleting an account takes several steps, and other writers do not stop for it: a run ends, a lab is graded, a mail is
queued, an upload is stored, a socket is still open. Therefore a deletion first closes the account: it stores a row of
ClosedAccount, which is kept for 30 days after the account. Two rules follow for all writers of an owner's rows:

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

from playground.database_locks import lock, lock_shared
from playground.models import ClosedAccount
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
            lock_shared(_lock_of(owner))
            check_open(owner)
        yield


def check_open(owner: str) -> None:
    """Check that the account is not closed. Raises AccountClosed."""
    if is_closed(owner):
        raise AccountClosed("This account is deleted.")


def is_closed(owner: str) -> bool:
    return not owner.startswith(GUEST_PREFIX) and ClosedAccount.objects.filter(owner=owner).exists()


def close(owner: str) -> None:
    """Refuse further writes for this owner. Wait for the transactions that have begun to write."""
    with transaction.atomic():
        lock(_lock_of(owner))
        ClosedAccount.objects.get_or_create(owner=owner)


def reopen(owner: str) -> None:
    """Accept writes for the owner again, after a deletion failed and the account still exists."""
    ClosedAccount.objects.filter(owner=owner).delete()


def _lock_of(owner: str) -> str:
    return f"account {owner}"
