"""The ONLY writer of UserSettings: what users have set, and which address is proven to be theirs. Called by the
consumer, the views, the policy and the reports.
"""

from __future__ import annotations

import secrets
from typing import TypeVar

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse

from notifications import mail, policy
from notifications.confirmation import Confirmation, build_token
from notifications.exceptions import ConfirmationRefused
from notifications.fields import parse_recipient
from notifications.models import MailKind, UserSettings
from notifications.preferences import CurrentSettings, Preferences, Theme
from playground.wire.errors import PlaygroundError
from playground.wire.identity import Identity

Value = TypeVar("Value")

CONFIRMATION_SUBJECT = "Confirm your address for the Deep Learning Playground"
CONFIRMATION_TEXT = """\
Somebody, hopefully you, wants the Deep Learning Playground to send e-mails to this address.

If it was you, open this link and press the button there:
{link}

If it was not you, do nothing: then this is the last e-mail that comes. The link stops working after {hours} hours.
"""


def get(identity: Identity) -> CurrentSettings:
    return _describe(UserSettings.objects.filter(owner=identity.owner).first() or UserSettings())


def update(identity: Identity, preferences: Preferences) -> tuple[CurrentSettings, str]:
    """How things are set from now on, and what is still to be done. All is changed or nothing.

    Raises AddressRefused, HeaderInjection, MailLimitReached, GuestsMayNotSend.
    """
    with transaction.atomic():
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


def check_waiting(confirmation: Confirmation) -> None:
    """Raises ConfirmationRefused for a link that has been used, or after which another was sent."""
    if not _waiting_for(confirmation).exists():
        raise _used()


def confirm(confirmation: Confirmation) -> None:
    """The address counts from now on. Each link does this once. Raises ConfirmationRefused."""
    if not _waiting_for(confirmation).update(email=confirmation.address, pending_email="", pending_key=""):
        raise _used()


def _lock(identity: Identity) -> UserSettings:
    """The owner's row, made where there is none. Until the transaction ends, others who want it wait."""
    row, _ = UserSettings.objects.select_for_update().get_or_create(
        owner=identity.owner, defaults={"user_id": identity.user_id}
    )
    return row


def hand_over(owner: str, to: Identity) -> None:
    """A guest's settings become an account's; where it has some already, they fill what it has left as it was.

    Call it in a transaction.
    """
    guest = UserSettings.objects.select_for_update().filter(owner=owner).first()
    if guest is None:
        return
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
    address = _parse_address(given)
    if address in ("", row.email):
        row.email, row.pending_email, row.pending_key = address, "", ""
        return
    row.pending_email, row.pending_key = address, secrets.token_urlsafe(16)
    token = build_token(Confirmation(row.pk, address, row.pending_key))
    link = settings.PUBLIC_URL + reverse("confirm_email", args=[token])
    mail.queue(
        identity,
        recipient=address,
        subject=CONFIRMATION_SUBJECT,
        body_text=CONFIRMATION_TEXT.format(link=link, hours=settings.EMAIL_CONFIRM_HOURS),
        kind=MailKind.CONFIRMATION,
        check=lambda message: policy.check_limits(identity, message.recipient),
    )


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
        return f"Saved. Open the link that was sent to {row.pending_email}: the address counts from then on."
    if row.notify_when_finished and not row.email:
        return "Saved. Give an address, too, so that there is somewhere to report to."
    return "Saved."


def _describe(row: UserSettings) -> CurrentSettings:
    return CurrentSettings(
        display_name=row.display_name,
        email=row.email,
        pending_email=row.pending_email,
        notify_when_finished=row.notify_when_finished,
        theme=Theme(row.theme),
        beginner_mode=row.beginner_mode,
    )


def _or(given: Value | None, before: Value) -> Value:
    return before if given is None else given
