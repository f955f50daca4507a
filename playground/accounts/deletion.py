"""Deletes an account and everything that it owns. Called by the page that asks for the password, and by the admin.

`playground.closing` keeps others from writing for the account meanwhile and afterwards.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from playground.closing import close, reopen
from playground.models import ClosedAccount
from playground.wire.identity import find_user_id, owner_of
from progress import services
from training import runs

UNFINISHED = timedelta(minutes=10)  # after which a deletion counts as interrupted
SWEPT_FOR = timedelta(days=30)  # how long an account stays closed: everything that could write for it ends long before

logger = logging.getLogger(__name__)


def delete_account(user: User) -> None:
    """Delete points, attempts, runs, tables, settings, mails and files, then the account. Raises StorageUnavailable.

    Points go first: where their storage does not answer, the account stays as it is. A deletion that is interrupted is
    finished by `manage.py clean`.
    """
    owner = owner_of(user.pk)
    close(owner)
    try:
        services.reset(owner)
        runs.cancel_all(owner)
        with transaction.atomic():
            # Locked before its rows are looked up: rows with a foreign key to the account come before that, or fail.
            found = User.objects.select_for_update().filter(pk=user.pk).first()
            if found is not None:
                found.delete()  # runs, tables, settings and mails go with it, and files with their rows
    except BaseException:
        if not transaction.get_connection().in_atomic_block:  # in the admin's transaction, closing is rolled back
            reopen(owner)
        raise


def close_deleted(instance: Any, **_: Any) -> None:
    """Receiver of `pre_delete`: close an account that is deleted in any other way, and forget its progress."""
    if isinstance(instance, User):
        owner = owner_of(instance.pk)
        close(owner)
        transaction.on_commit(lambda: services.reset(owner), robust=True)


def finish_deletions(*, dry_run: bool) -> int:
    """Finish deletions that were interrupted, and return their number. Progress that arrived late is deleted, too."""
    now = timezone.now()
    closed = ClosedAccount.objects.filter(closed__lt=now - UNFINISHED)
    owners = list(closed.values_list("owner", flat=True))
    interrupted = list(User.objects.filter(pk__in=[find_user_id(owner) or 0 for owner in owners]))
    if dry_run:
        return len(interrupted)
    for owner in owners:
        services.reset(owner)
    for user in interrupted:
        logger.warning("the interrupted deletion of account %s is finished", user.pk)
        delete_account(user)
    ClosedAccount.objects.filter(closed__lt=now - SWEPT_FOR, owner__in=owners).delete()
    return len(interrupted)
