"""Ends expired sessions together with what their guests own. Called by `manage.py clean`.

A guest's rows name a secret that only the session holds. Without the session nobody could ever reach or name them, so
both go at the same time.
"""

from __future__ import annotations

import logging

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone

from notifications import retention as notifications
from playground.accounts.adoption import adopt
from playground.closing import AccountClosed
from playground.wire.identity import find_guest
from progress import services
from progress.exceptions import StorageUnavailable
from training import cleanup as training

BATCH = 200

logger = logging.getLogger(__name__)


def find_expired() -> QuerySet[Session]:
    return Session.objects.filter(expire_date__lt=timezone.now())


def end_sessions() -> int:
    """Delete expired sessions, and the runs, tables, points, settings and mails of their guests. Return the number.

    A session stays where a run of its guest is under way, or the storage of progress does not answer.
    """
    ended, last = 0, ""
    while batch := list(find_expired().filter(session_key__gt=last).order_by("session_key")[:BATCH]):
        last = batch[-1].session_key
        ended += sum(_end(session) for session in batch)
    return ended


def _end(session: Session) -> bool:
    data = session.get_decoded()
    guest = find_guest(data)
    if guest is not None:
        try:
            if not _let_go(guest, data.get(SESSION_KEY)):
                return False
        except StorageUnavailable:
            logger.warning("a guest's session stays, since the storage of progress does not answer")
            return False
    deleted, _ = Session.objects.filter(pk=session.pk, expire_date__lt=timezone.now()).delete()
    return bool(deleted)


def _let_go(guest: str, user_id: str | None) -> bool:
    """Give what the guest has to the account that the session was signed in to, or delete it.

    Return False where the session has to stay for now.
    """
    user = User.objects.filter(pk=user_id).first() if user_id else None
    if user is not None:
        try:
            adopt(guest, user)
        except AccountClosed:
            return False  # the account is being deleted: the next call deletes what the guest has
        return True
    if not training.forget_guest(guest):
        return False
    services.reset(guest)
    notifications.forget_guest(guest)
    return True
