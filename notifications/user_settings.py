"""The ONLY writer of UserSettings: what users have set, and which address they have confirmed.

Called by the consumer, the views, the reports and the pages of accounts. An account has one address for everything: it
is also `User.email`, where a forgotten password is replaced. Before it is confirmed, it stands there alone.
"""

from __future__ import annotations

import secrets
from typing import TypeVar

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet

from notifications import mail
from notifications.confirmation import Confirmation
from notifications.exceptions import ConfirmationRefused
from notifications.fields import parse_recipient
from notifications.mailbox import is_same_address
from notifications.models import UserSettings
from notifications.policy import find_given_address
from notifications.preferences import CurrentSettings, Preferences, Theme
from playground.closing import writing_for
from playground.wire.errors import PlaygroundError
from playground.wire.identity import Identity, owner_of

Value = TypeVar("Value")


def get(identity: Identity) -> CurrentSettings:
    """Return the settings of an owner, or the defaults."""
    row = UserSettings.objects.filter(owner=identity.owner).first()
    return _describe(row or UserSettings(user_id=identity.user_id))


def update(identity: Identity, preferences: Preferences) -> tuple[CurrentSettings, str]:
    """Change all of these settings, or none. Returns the settings and a sentence on what is still to be done.

    Raises AddressRefused, HeaderInjection, MailLimitReached, GuestsMayNotSend.
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
    return _describe(row), _say_what_is_missing(row)


def find_reported(identity: Identity) -> int | None:
    """The number of the row of an owner who wants a report of every run."""
    wanting = UserSettings.objects.filter(owner=identity.owner, notify_when_finished=True)
    return wanting.values_list("pk", flat=True).first()


def stop_reports(settings_id: int) -> None:
    UserSettings.objects.filter(pk=settings_id).update(notify_when_finished=False)


def forget(owner: str) -> None:
    UserSettings.objects.filter(owner=owner).delete()


def check_waiting(confirmation: Confirmation) -> None:
    """Raises ConfirmationRefused for a link that has been used, or after which another was sent."""
    if not _waiting_for(confirmation).exists():
        raise _used()


def confirm(confirmation: Confirmation) -> None:
    """Record that the owner has the address. Each link does this once. Raises ConfirmationRefused."""
    with transaction.atomic():
        row = _waiting_for(confirmation).select_for_update().first()
        if row is None:
            raise _used()
        # Not where the account has another address of its own: then a guest, who was adopted, asked for the link.
        if row.user_id is not None and row.email and is_same_address(row.email, find_given_address(row.user_id)):
            _set_account_address(row.user_id, confirmation.address)
        row.email, row.pending_email, row.pending_key = confirmation.address, "", ""
        row.save()


def record_confirmed(user: User) -> None:
    """Record that the user has the address of their account, by a link that was sent there and nowhere else."""
    if not user.email:
        return
    with writing_for(owner_of(user.pk)):
        row = _lock(Identity(owner_of(user.pk), user_id=user.pk))
        if is_same_address(row.pending_email, user.email):
            row.pending_email, row.pending_key = "", ""
        row.email = user.email
        row.save()


def find_pending(owner: str, address: str) -> Confirmation | None:
    """Return what the link in a mail to this address confirms; None where no such link is valid any more."""
    row = UserSettings.objects.filter(owner=owner, pending_email=address).exclude(pending_key="").first()
    return Confirmation(row.pk, row.pending_email, row.pending_key) if row else None


def _lock(identity: Identity) -> UserSettings:
    """The owner's row, made where there is none. Until the transaction ends, others who want it wait."""
    row, _ = UserSettings.objects.select_for_update().get_or_create(
        owner=identity.owner, defaults={"user_id": identity.user_id}
    )
    return row


def hand_over(owner: str, to: Identity) -> None:
    """Give a guest's settings to an account. Where it has settings already, they fill those that it has not changed.

    An address of the guest comes along only to an account without another. Otherwise mail of the account would go to
    whoever used the same browser before, as in a classroom. Call it in a transaction.
    """
    guest = UserSettings.objects.select_for_update().filter(owner=owner).first()
    if guest is None:
        return
    if given := find_given_address(to.user_id):
        if not is_same_address(guest.email, given):
            guest.email = ""
        if not is_same_address(guest.pending_email, given):
            guest.pending_email, guest.pending_key = "", ""
    if not UserSettings.objects.filter(owner=to.owner).exists():
        guest.owner, guest.user_id = to.owner, to.user_id  # a link that waits to be followed goes on working
        guest.save()
        return
    row = _lock(to)
    row.display_name = row.display_name or guest.display_name
    row.email = row.email or guest.email
    row.theme = guest.theme if row.theme == Theme.SYSTEM else row.theme
    row.save()
    guest.delete()


def _change_address(identity: Identity, row: UserSettings, given: str) -> None:
    """Take a new address, for which a link is sent, or none. The confirmed one stays until the new one is confirmed."""
    address = _parse_address(given)
    account = find_given_address(identity.user_id)
    is_account_confirmed = is_same_address(account, row.email)
    if address in ("", row.email):
        row.email, row.pending_email, row.pending_key = address, "", ""
        _set_account_address(identity.user_id, address)
        return
    row.pending_email, row.pending_key = address, secrets.token_urlsafe(16)
    if not is_account_confirmed:
        # Of two addresses that nobody has confirmed, the later counts: the first may have been mistyped.
        _set_account_address(identity.user_id, address)
    row.save()
    mail.queue_confirmation(identity, address)


def _set_account_address(user_id: int | None, address: str) -> None:
    if user_id is not None:
        get_user_model().objects.filter(pk=user_id).exclude(email=address).update(email=address)


def _waiting_for(confirmation: Confirmation) -> QuerySet[UserSettings]:
    """The row, if any, whose latest link this is."""
    return UserSettings.objects.filter(
        pk=confirmation.settings_id, pending_email=confirmation.address, pending_key=confirmation.key
    )


def _used() -> ConfirmationRefused:
    return ConfirmationRefused("This link has been used, or another address has been given since.")


def _parse_address(given: str) -> str:
    try:
        return parse_recipient(given) if given.strip() else ""
    except PlaygroundError as error:
        raise type(error)(error.message, hint=error.data.hint, where="email") from None


def _say_what_is_missing(row: UserSettings) -> str:
    if row.pending_email:
        return f"Saved. Open the link that was sent to {row.pending_email}: your e-mails go there from then on."
    if row.notify_when_finished and not row.email:
        return "Saved. Give an address, too, so that there is somewhere to report to."
    return "Saved."


def _describe(row: UserSettings) -> CurrentSettings:
    return CurrentSettings(
        display_name=row.display_name,
        email=row.email,
        pending_email=row.pending_email or _find_unconfirmed(row),
        notify_when_finished=row.notify_when_finished,
        theme=Theme(row.theme),
        beginner_mode=row.beginner_mode,
    )


def _find_unconfirmed(row: UserSettings) -> str:
    """Return the address of an account for which no link was sent yet: staff, or an earlier version, made it."""
    return "" if row.email else find_given_address(row.user_id)


def _or(given: Value | None, before: Value) -> Value:
    return before if given is None else given
