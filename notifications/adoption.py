"""A guest's mails and settings become an account's. Called when somebody signs up, in or out."""

from __future__ import annotations

from django.contrib.auth.models import User

from notifications import outbox, user_settings
from playground.closing import writing_for
from playground.wire.identity import Identity, owner_of


def adopt(guest_owner: str, user: User) -> None:
    """Mails count towards the account's limits from then on; what the account has set itself stays as it is."""
    account = Identity(owner_of(user.pk), user_id=user.pk)
    with writing_for(account.owner):
        user_settings.hand_over(guest_owner, account)
        outbox.hand_over(guest_owner, account)
