"""User settings: the only writer of UserSettings, and with it of the addresses of accounts.

An account has one address for everything. It is also `User.email`, to which reset e-mails go. An address that is not
confirmed yet is stored in `User.email` alone.
"""

from __future__ import annotations

import secrets
from typing import TypeVar

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet

from playground.accounts.addresses import is_same_address, parse_address
from playground.accounts.exceptions import ConfirmationRefused
from playground.accounts.links import Confirmation
from playground.accounts.preferences import CurrentSettings, Preferences
from playground.accounts.signals import address_given
from playground.closed_accounts import writing_for
from playground.models import UserSettings
from playground.theme import Theme
from playground.wire.identity import Identity, owner_of

Value = TypeVar("Value")


def get(identity: Identity) -> CurrentSettings:
    """Return the settings of an owner, or the defaults."""
    row = UserSettings.objects.filter(owner=identity.owner).first()
    return _describe(row or UserSettings(user_id=identity.user_id))


def update(identity: Identity, preferences: Preferences) -> tuple[CurrentSettings, str]:
    """Change the given settings, or none of them. A new address sends the signal `address_given`.

    Returns the settings and a sentence that says whether the user still has to do something.

    Raises
    ------
    AddressRefused, HeaderInjection
        The address is not valid.
    PlaygroundError
        A receiver of `address_given` refuses the address, such as for a limit on e-mails.
    """
    with writing_for(identity.owner):
        row = _lock(identity)
        row.display_name = _or(preferences.display_name, row.display_name)
        row.notify_when_finished = _or(preferences.notify_when_finished, row.notify_when_finished)
        row.theme = _or(preferences.theme, row.theme)
        row.beginner_mode = _or(preferences.beginner_mode, row.beginner_mode)
        if preferences.email is not None:
            _change_address(identity, row, preferences.email)
        row.save()
    return _describe(row), _describe_next_step(row)


def delete(owner: str) -> None:
    """Delete the settings of a guest."""
    UserSettings.objects.filter(owner=owner).delete()


def transfer(guest_owner: str, user: User) -> None:
    """Give a guest's settings to an account. If the account has settings, only those at their defaults change.

    The guest's address is transferred only to an account without another address. Otherwise e-mails of the account
    would go to a previous user of the same browser, as in a classroom. Raises AccountClosed.
    """
    account = Identity(owner_of(user.pk), user_id=user.pk)
    with writing_for(account.owner):
        guest = UserSettings.objects.select_for_update().filter(owner=guest_owner).first()
        if guest is None:
            return
        if account_address := find_account_address(user.pk):
            if not is_same_address(guest.email, account_address):
                guest.email = ""
            if not is_same_address(guest.pending_email, account_address):
                guest.pending_email, guest.pending_key = "", ""
        if not UserSettings.objects.filter(owner=account.owner).exists():
            guest.owner, guest.user_id = account.owner, user.pk  # with the row, a confirmation link stays valid
            guest.save()
            return
        row = _lock(account)
        row.display_name = row.display_name or guest.display_name
        row.email = row.email or guest.email
        row.theme = guest.theme if row.theme == Theme.SYSTEM else row.theme
        row.save()
        guest.delete()


# --- reports ---------------------------------------------------------------------------------------------------------


def find_settings_with_reports(identity: Identity) -> int | None:
    """Return the primary key of an owner's settings if the owner wants a report of every run, otherwise None."""
    rows = UserSettings.objects.filter(owner=identity.owner, notify_when_finished=True)
    return rows.values_list("pk", flat=True).first()


def stop_reports(settings_id: int) -> None:
    """Stop reports of all runs for the owner of these settings."""
    UserSettings.objects.filter(pk=settings_id).update(notify_when_finished=False)


# --- addresses -------------------------------------------------------------------------------------------------------


def find_confirmed_address(identity: Identity) -> str:
    """Return the confirmed address of an owner, or an empty string."""
    return UserSettings.objects.filter(owner=identity.owner).values_list("email", flat=True).first() or ""


def find_account_address(user_id: int | None) -> str:
    """Return the address of an account, confirmed or not, or an empty string. A guest, given as None, has none.

    Only reset e-mails may go to an address that is not confirmed.
    """
    if user_id is None:
        return ""
    return get_user_model().objects.filter(pk=user_id).values_list("email", flat=True).first() or ""


def find_pending(owner: str, address: str) -> Confirmation | None:
    """Return what a confirmation link in an e-mail to this address says, or None if no link to it is valid."""
    row = UserSettings.objects.filter(owner=owner, pending_email=address).exclude(pending_key="").first()
    return Confirmation(row.pk, row.pending_email, row.pending_key) if row else None


def check_pending(confirmation: Confirmation) -> None:
    """Check that the confirmation link is still valid. Raises ConfirmationRefused."""
    if not _find_rows(confirmation).exists():
        raise _no_longer_valid()


def confirm(confirmation: Confirmation) -> None:
    """Record that the owner has confirmed the address. Raises ConfirmationRefused for a link that is not valid."""
    with transaction.atomic():
        row = _find_rows(confirmation).select_for_update().first()
        if row is None:
            raise _no_longer_valid()
        # If the account has another address, a guest asked for the link before the settings were transferred.
        if row.user_id is not None and row.email and is_same_address(row.email, find_account_address(row.user_id)):
            _set_account_address(row.user_id, confirmation.address)
        row.email, row.pending_email, row.pending_key = confirmation.address, "", ""
        row.save()


def record_confirmed(user: User) -> None:
    """Record that the address of the account is confirmed, since the user followed a link that was sent only there."""
    if not user.email:
        return
    with writing_for(owner_of(user.pk)):
        row = _lock(Identity(owner_of(user.pk), user_id=user.pk))
        if is_same_address(row.pending_email, user.email):
            row.pending_email, row.pending_key = "", ""
        row.email = user.email
        row.save()


def _change_address(identity: Identity, row: UserSettings, given: str) -> None:
    """Store a new address and ask for a confirmation link, or remove the address.

    The confirmed address stays until the new one is confirmed.
    """
    address = parse_address(given, where="email") if given.strip() else ""
    is_account_confirmed = is_same_address(find_account_address(identity.user_id), row.email)
    if address in ("", row.email):
        row.email, row.pending_email, row.pending_key = address, "", ""
        _set_account_address(identity.user_id, address)
        return
    row.pending_email, row.pending_key = address, secrets.token_urlsafe(16)
    if not is_account_confirmed:
        # Neither address is confirmed. The later one counts, since the first may have been mistyped.
        _set_account_address(identity.user_id, address)
    row.save()
    address_given.send(sender=UserSettings, identity=identity, address=address)


def _set_account_address(user_id: int | None, address: str) -> None:
    if user_id is not None:
        get_user_model().objects.filter(pk=user_id).exclude(email=address).update(email=address)


def _find_rows(confirmation: Confirmation) -> QuerySet[UserSettings]:
    """Return the settings whose newest link says this: one row, or none."""
    return UserSettings.objects.filter(
        pk=confirmation.settings_id, pending_email=confirmation.address, pending_key=confirmation.key
    )


def _no_longer_valid() -> ConfirmationRefused:
    return ConfirmationRefused("This link has been used, or another address has been given since.")


# --- rows ------------------------------------------------------------------------------------------------------------


def _lock(identity: Identity) -> UserSettings:
    """Return the owner's row, locked until the transaction ends. Create it if there is none."""
    row, _ = UserSettings.objects.select_for_update().get_or_create(
        owner=identity.owner, defaults={"user_id": identity.user_id}
    )
    return row


def _describe(row: UserSettings) -> CurrentSettings:
    return CurrentSettings(
        display_name=row.display_name,
        email=row.email,
        pending_email=row.pending_email or _find_unconfirmed(row),
        notify_when_finished=row.notify_when_finished,
        theme=Theme(row.theme),
        beginner_mode=row.beginner_mode,
    )


def _describe_next_step(row: UserSettings) -> str:
    if row.pending_email:
        return f"Saved. Open the link that was sent to {row.pending_email}. Then your e-mails go there."
    if row.notify_when_finished and not row.email:
        return "Saved. Also give an e-mail address: reports are sent there."
    return "Saved."


def _find_unconfirmed(row: UserSettings) -> str:
    """Return the address of an account that no link was sent to: staff, or an earlier version, created the account."""
    return "" if row.email else find_account_address(row.user_id)


def _or(given: Value | None, before: Value) -> Value:
    return before if given is None else given
