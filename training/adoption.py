"""A guest's tables and runs become an account's. Called when somebody signs up, in or out."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction

from playground.wire.identity import owner_of
from training.models import Owned


def adopt(guest_owner: str, user: User) -> None:
    """All rows that are owned, of whatever kind. A run that trains goes on: whose it is does not concern its worker."""
    with transaction.atomic():
        for model in Owned.__subclasses__():
            model._default_manager.filter(owner=guest_owner).update(owner=owner_of(user.pk), user=user)
