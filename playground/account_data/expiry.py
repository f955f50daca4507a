"""Deletes expired sessions together with everything that their guests own. Run by `manage.py clean`.

The rows of a guest contain a secret that only the session knows. Without the session nobody could reach them, so both
are deleted at the same time.
"""

from __future__ import annotations

import logging

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone

from notifications import mail_queue
from playground.account_data.guest_transfer import transfer
from playground.accounts import user_settings
from playground.closed_accounts import AccountClosed
from playground.wire.identity import find_guest
from progress import services
from progress.exceptions import StorageUnavailable
from training import cleanup as training

BATCH = 200

logger = logging.getLogger(__name__)


def find_expired_sessions() -> QuerySet[Session]:
    """Return the sessions that have expired."""
    return Session.objects.filter(expire_date__lt=timezone.now())


def delete_expired_sessions() -> int:
    """Delete expired sessions with the runs, tables, points, settings and e-mails of their guests. Return the number.

    A session stays while a run of its guest is queued or training, and while the storage of progress does not answer.
    """
    deleted, last = 0, ""
    while batch := list(find_expired_sessions().filter(session_key__gt=last).order_by("session_key")[:BATCH]):
        last = batch[-1].session_key
        deleted += sum(_delete_session(session) for session in batch)
    return deleted


def _delete_session(session: Session) -> bool:
    data = session.get_decoded()
    guest = find_guest(data)
    if guest is not None:
        try:
            if not _clear_guest(guest, data.get(SESSION_KEY)):
                return False
        except StorageUnavailable:
            logger.warning("an expired session stays for now: the storage of progress does not answer")
            return False
    deleted, _ = Session.objects.filter(pk=session.pk, expire_date__lt=timezone.now()).delete()
    return bool(deleted)


def _clear_guest(guest: str, user_id: str | None) -> bool:
    """Transfer the guest's data to the account that the session was signed in to, or delete it.

    Returns False if the session must stay for now. Raises StorageUnavailable.
    """
    user = User.objects.filter(pk=user_id).first() if user_id else None
    if user is not None:
        try:
            transfer(guest, user)
        except AccountClosed:
            return False  # the account is being deleted: the next call deletes the guest's data
        return True
    if not training.forget_guest(guest):
        return False
    services.reset(guest)
    user_settings.delete(guest)
    mail_queue.delete_finished(guest)
    return True
