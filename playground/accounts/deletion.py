"""Deletes an account with everything of its owner's. Called by the page that asks for the password."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.db import transaction

from playground.wire.identity import owner_of
from progress import services
from training import adoption


def delete_account(user: User) -> None:
    """Points, attempts, runs, tables, settings, mails and files, then the account. Raises StorageUnavailable.

    Points go first: where their storage does not answer, nothing is lost and the page says so.
    """
    services.reset(owner_of(user.pk))
    with transaction.atomic():
        locations = adoption.list_files(user)
        user.delete()  # rows of runs, tables, settings and mails go with it
        transaction.on_commit(lambda: _delete_files(locations))


def _delete_files(locations: list[str]) -> None:
    for location in locations:
        default_storage.delete(location)
