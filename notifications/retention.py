"""What `manage.py clean` does away with of mail: messages that are over. Their attachments' names go with them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from django.conf import settings
from django.db.models import QuerySet

from notifications import outbox
from notifications.models import EmailMessage
from playground.chores import Chore, days_ago


def list_chores() -> Iterator[Chore]:
    """Those that the settings ask for: 0 days is for ever."""
    if days := settings.KEEP_MAIL_DAYS:
        yield Chore("e-mails", partial(_find_over, days), outbox.delete)


def _find_over(days: int) -> QuerySet[EmailMessage]:
    return outbox.find_over(days_ago(days))
