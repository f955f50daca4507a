"""What `manage.py clean` deletes of mail: messages that are over, with their attachments' names, and old counts."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from django.conf import settings
from django.db.models import QuerySet

from notifications import outbox, user_settings
from notifications.models import EmailMessage
from playground.chores import Chore, days_ago

COUNTED_DAYS = 2


def list_chores() -> Iterator[Chore]:
    """Return the chores that the settings ask for: 0 days is for ever. Limits count mails of a day at most."""
    yield Chore("counts of mail", lambda: outbox.find_counted(days_ago(COUNTED_DAYS)))
    if days := settings.KEEP_MAIL_DAYS:
        yield Chore("e-mails", partial(_find_over, days), outbox.delete)


def forget_guest(owner: str) -> None:
    """Delete the settings and mails of a guest. A mail that waits to be sent is sent, and goes with KEEP_MAIL_DAYS."""
    user_settings.forget(owner)
    outbox.delete(outbox.find_over_of(owner))


def _find_over(days: int) -> QuerySet[EmailMessage]:
    return outbox.find_over(days_ago(days))
