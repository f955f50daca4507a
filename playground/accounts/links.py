"""Secret links about an account, which e-mails contain. Each grants something to every holder: never log or store one.

- The confirmation link proves that an address belongs to its owner. It expires and works once.
- The stop link ends the reports of all runs. It never expires (RFC 8058).
- The password link leads to the page on which a new password is chosen. It expires and works once.

Links are signed with SECRET_KEY, so that they work for this installation alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.core import signing
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from playground.accounts.exceptions import ConfirmationRefused, UnsubscriptionRefused

# Part of every link that has been sent. A change would break those links.
CONFIRMATION_SALT = "notifications.confirmation"
STOP_REPORTS_SALT = "notifications.unsubscription"

CONFIRM_HOURS = 48  # for which a confirmation link works

FOREIGN = "This link was not sent from here."


@dataclass(frozen=True)
class Confirmation:
    """What a confirmation link says.

    Parameters
    ----------
    settings_id
        Primary key of the owner's UserSettings. The link does not contain the owner: a guest's is a secret.
    address
        The address that the link was sent to.
    key
        Random and new for every link. Only the newest link of an owner works, and it works once.
    """

    settings_id: int
    address: str
    key: str


def build_confirmation_link(confirmation: Confirmation) -> str:
    """Return the address of the page that confirms an e-mail address."""
    return _absolute("confirm_email", build_confirmation_token(confirmation))


def build_confirmation_token(confirmation: Confirmation) -> str:
    """Return the signed part of a confirmation link: letters, digits, `-`, `_` and `:`."""
    content = [confirmation.settings_id, confirmation.address, confirmation.key]
    return signing.dumps(content, salt=CONFIRMATION_SALT)


def parse_confirmation_token(token: str) -> Confirmation:
    """Return what the token says. Raises ConfirmationRefused for a token that is forged or has expired."""
    try:
        parts = signing.loads(token, salt=CONFIRMATION_SALT, max_age=timedelta(hours=CONFIRM_HOURS))
    except signing.SignatureExpired:
        raise ConfirmationRefused("This link has expired.") from None
    except signing.BadSignature:
        raise ConfirmationRefused(FOREIGN) from None
    return Confirmation(*parts)


def build_stop_reports_link(settings_id: int) -> str:
    """Return the address of the page that stops reports of all runs.

    settings_id: primary key of the owner's UserSettings.
    """
    return _absolute("unsubscribe", signing.dumps(settings_id, salt=STOP_REPORTS_SALT))


def parse_stop_reports_token(token: str) -> int:
    """Return the primary key of the UserSettings. Raises UnsubscriptionRefused for a forged token."""
    try:
        settings_id: int = signing.loads(token, salt=STOP_REPORTS_SALT)
    except signing.BadSignature:
        raise UnsubscriptionRefused(FOREIGN) from None
    return settings_id


def build_password_link(user: User) -> str:
    """Return the address of the page on which the user chooses a new password."""
    encoded = urlsafe_base64_encode(force_bytes(user.pk))
    return _absolute("new_password", encoded, default_token_generator.make_token(user))


def _absolute(view: str, *arguments: Any) -> str:
    return settings.PUBLIC_URL + reverse(view, args=arguments)
