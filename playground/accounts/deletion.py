"""Deletes an account with everything of its owner's. Called by the page that asks for the password."""

from __future__ import annotations

from django.contrib.auth.models import User

from playground.wire.identity import owner_of
from progress import services


def delete_account(user: User) -> None:
    """Points, attempts, runs, tables, settings, mails and files, then the account. Raises StorageUnavailable.

    Points go first: where their storage does not answer, nothing is lost and the page says so.
    """
    services.reset(owner_of(user.pk))
    user.delete()  # runs, tables, settings and mails go with it, and files with their rows
