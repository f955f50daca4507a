"""ACCOUNTS_ONLY: guests need an account for everything that costs work or is stored."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse

from playground.wire.errors import PlaygroundError
from playground.wire.identity import Identity


class AccountNeeded(PlaygroundError):
    """A guest used an event or page that needs an account on this site."""

    code = "account_needed"
    status = 401


def check_account(identity: Identity) -> None:
    """Refuse a guest if ACCOUNTS_ONLY is set. Raises AccountNeeded."""
    if settings.ACCOUNTS_ONLY and identity.is_guest:
        raise AccountNeeded(
            "Guests can look around here; this needs an account.",
            hint=f"Sign in at {settings.PUBLIC_URL}{reverse('sign_in')}, then try again.",
        )
