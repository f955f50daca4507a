"""System checks of the settings for e-mail."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as CheckWarning
from django.utils.module_loading import import_string

CONSOLES = ("notifications.transports.ConsoleTransport", "django.core.mail.backends.console.EmailBackend")
NOT_SENDING = tuple(f"django.core.mail.backends.{name}.EmailBackend" for name in ("dummy", "filebased", "locmem"))


@register()
def check_transport(**_: Any) -> list[CheckMessage]:
    """Check that the backend exists and its settings agree. Sends nothing."""
    found: list[CheckMessage] = []
    try:
        import_string(settings.EMAIL_BACKEND)
    except ImportError as error:
        hint = "EMAIL_BACKEND is console, file, smtp, ses or api_gateway, or the class of any Django e-mail backend."
        found.append(Error(f"EMAIL_BACKEND cannot be used: {error}.", hint=hint, id="notifications.E001"))
    if settings.EMAIL_USE_TLS and settings.EMAIL_USE_SSL:
        hint = "Set EMAIL_USE_TLS for port 587, or EMAIL_USE_SSL for port 465, but not both."
        found.append(Error("EMAIL_USE_TLS and EMAIL_USE_SSL are both on.", hint=hint, id="notifications.E002"))
    return found


@register(Tags.security, deploy=True)
def check_delivery(**_: Any) -> list[CheckMessage]:
    """Check that e-mails are sent. Otherwise nobody can confirm an address or replace a forgotten password."""
    hint = "Set EMAIL_BACKEND to smtp, ses or api_gateway."
    if settings.EMAIL_BACKEND in CONSOLES:
        message = "EMAIL_BACKEND is console: e-mails are written to the log and not sent."
        return [Error(message, hint=hint, id="notifications.E003")]
    if settings.EMAIL_BACKEND in NOT_SENDING:
        return [CheckWarning("This EMAIL_BACKEND does not send e-mails.", hint=hint, id="notifications.W002")]
    return []


@register()
def check_relay(**_: Any) -> list[CheckWarning]:
    """Check that nobody can send their own text to any address. The server would be a relay for spam."""
    if not (settings.EMAIL_GUEST_WORDS and (settings.EMAIL_FROM_GUESTS or settings.EMAIL_TO_ANYONE)):
        return []
    return [
        CheckWarning(
            "EMAIL_GUEST_WORDS lets people send their own text to addresses that they have not confirmed.",
            hint="Leave it unset if people whom you do not know reach this server.",
            id="notifications.W001",
        )
    ]
