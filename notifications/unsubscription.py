"""The link that ends the reports of every run, in each of them: signed here, good for ever (RFC 8058)."""

from __future__ import annotations

from django.conf import settings
from django.core import signing
from django.urls import reverse

from notifications.exceptions import UnsubscriptionRefused

SALT = "notifications.unsubscription"


def build_link(settings_id: int) -> str:
    """For whoever has the UserSettings of that number; it tells nobody who that is."""
    return settings.PUBLIC_URL + reverse("unsubscribe", args=[signing.dumps(settings_id, salt=SALT)])


def parse_token(token: str) -> int:
    """The number of the UserSettings. Raises UnsubscriptionRefused for one that is forged."""
    try:
        settings_id: int = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        raise UnsubscriptionRefused("This is not a link that was sent from here.") from None
    return settings_id
