"""What `manage.py check` says of the settings for mail."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.checks import Warning as CheckWarning
from django.utils.module_loading import import_string


@register()
def check_road(**_: Any) -> list[CheckMessage]:
    """That there is one. Nothing is sent."""
    found: list[CheckMessage] = []
    try:
        import_string(settings.EMAIL_BACKEND)
    except ImportError as error:
        hint = "EMAIL_BACKEND is console, file, smtp, ses or api_gateway, or the class of any Django e-mail backend."
        found.append(Error(f"EMAIL_BACKEND cannot be used: {error}.", hint=hint, id="notifications.E001"))
    if settings.EMAIL_USE_TLS and settings.EMAIL_USE_SSL:
        hint = "Set EMAIL_USE_TLS for port 587, or EMAIL_USE_SSL for port 465, and not both."
        found.append(Error("EMAIL_USE_TLS and EMAIL_USE_SSL are both on.", hint=hint, id="notifications.E002"))
    return found


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
