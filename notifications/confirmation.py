"""The link that proves an address: signed by this installation, good for a while, for one address of one owner."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.core import signing

from notifications.exceptions import ConfirmationRefused

CONFIRM_HOURS = 48  # for which the link that confirms an address works

SALT = "notifications.confirmation"


@dataclass(frozen=True)
class Confirmation:
    """`settings_id` stands for the owner, whose name is a guest's secret. `key` is drawn anew for every link, so that
    each works once, and of several the latest alone.
    """

    settings_id: int
    address: str
    key: str


def build_token(confirmation: Confirmation) -> str:
    """Letters, digits, `-`, `_` and `:`."""
    return signing.dumps([confirmation.settings_id, confirmation.address, confirmation.key], salt=SALT)


def parse_token(token: str) -> Confirmation:
    """Raises ConfirmationRefused for one that is forged or too old."""
    try:
        parts = signing.loads(token, salt=SALT, max_age=timedelta(hours=CONFIRM_HOURS))
    except signing.SignatureExpired:
        raise ConfirmationRefused("This link is too old.") from None
    except signing.BadSignature:
        raise ConfirmationRefused("This is not a link that was sent from here.") from None
    return Confirmation(*parts)
