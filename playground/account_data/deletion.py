"""Deletes an account and everything that it owns.

`playground.closed_accounts` prevents other code from writing for the account during the deletion and afterwards.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from playground.closed_accounts import close, reopen
from playground.models import ClosedAccount
from playground.wire.identity import find_user_id, owner_of
from progress import services
from training import runs

INTERRUPTED_AFTER = timedelta(minutes=10)
CLOSED_FOR = timedelta(days=30)  # far longer than anything that could still write for the account

logger = logging.getLogger(__name__)


def delete_account(user: User) -> None:
    """Delete points, attempts, runs, tables, settings, e-mails and files of an account, then the account.

    Progress is deleted first: if its storage does not answer, the account stays as it is. `manage.py clean` finishes
    a deletion that was interrupted. Raises StorageUnavailable.
    """
    owner = owner_of(user.pk)
    close(owner)
    try:
        services.reset(owner)
        runs.cancel_all(owner)
        with transaction.atomic():
            # Lock the account before its rows are collected. Another transaction that inserts a row with a foreign
            # key to the account then either commits before, or fails.
            found = User.objects.select_for_update().filter(pk=user.pk).first()
            if found is not None:
                found.delete()  # cascades to runs, tables, settings and e-mails; files are deleted with their rows
    except BaseException:
        if not transaction.get_connection().in_atomic_block:  # the admin's transaction rolls the closing back
            reopen(owner)
        raise


def close_deleted(instance: Any, **_: Any) -> None:
    """Close an account that other code deletes, and delete its progress. Receiver of `pre_delete`."""
    if isinstance(instance, User):
        owner = owner_of(instance.pk)
        close(owner)
        transaction.on_commit(lambda: services.reset(owner), robust=True)


def finish_deletions(*, dry_run: bool) -> int:
    """Finish interrupted deletions and return their number. Also deletes progress that was stored after a deletion."""
    now = timezone.now()
    closed = ClosedAccount.objects.filter(closed__lt=now - INTERRUPTED_AFTER)
    owners = list(closed.values_list("owner", flat=True))
    interrupted = list(User.objects.filter(pk__in=[find_user_id(owner) or 0 for owner in owners]))
    if dry_run:
        return len(interrupted)
    for owner in owners:
        services.reset(owner)
    for user in interrupted:
        logger.warning("finishing the interrupted deletion of account %s", user.pk)
        delete_account(user)
    ClosedAccount.objects.filter(closed__lt=now - CLOSED_FOR, owner__in=owners).delete()
    return len(interrupted)
