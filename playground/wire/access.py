"""With ACCOUNTS_ONLY, everything that costs work or is stored needs an account."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse

from playground.wire.errors import PlaygroundError
from playground.wire.identity import Identity


class AccountNeeded(PlaygroundError):
    code = "account_needed"
    status = 401


def check_account(identity: Identity) -> None:
    """Refuse a guest where ACCOUNTS_ONLY is set. Raises AccountNeeded."""
    if settings.ACCOUNTS_ONLY and identity.is_guest:
        raise AccountNeeded(
            "Guests can look around here; this needs an account.",
            hint=f"Sign in at {settings.PUBLIC_URL}{reverse('sign_in')}, then try again.",
        )
