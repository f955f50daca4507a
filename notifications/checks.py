"""What `manage.py check` says of the settings for mail."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import Warning as CheckWarning
from django.core.checks import register


@register()
def check_relay(**_: Any) -> list[CheckWarning]:
    """Guests who may write what they like to whom they like make a relay of the server."""
    if not (settings.EMAIL_FROM_GUESTS and settings.EMAIL_GUEST_WORDS):
        return []
    return [
        CheckWarning(
            "EMAIL_GUEST_WORDS lets visitors without an account send words of their own to addresses that nobody has "
            "confirmed.",
            hint="Leave it unset where others than people you know reach this server.",
            id="notifications.W001",
        )
    ]
