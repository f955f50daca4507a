"""Transfer of a guest's tables and runs to an account, when the guest signs up or in."""

from __future__ import annotations

from django.contrib.auth.models import User

from playground.closed_accounts import writing_for
from playground.wire.identity import owner_of
from training.models import Dataset, Owned
from training.runs.queue_limits import forget_addresses


def transfer(guest_owner: str, user: User) -> None:
    """Give all owned rows of a guest to an account. A run that trains goes on: its worker does not know the owner.

    Only a run that still waits or trains keeps its address, by which the queue counts accounts too.
    """
    with writing_for(owner_of(user.pk)):
        for model in Owned.__subclasses__():
            model._default_manager.filter(owner=guest_owner).update(owner=owner_of(user.pk), user=user)
        Dataset.objects.filter(user=user).exclude(address_key="").update(address_key="")
        forget_addresses(user)
