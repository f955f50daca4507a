"""Template variables about the visitor: appearance of the pages, and what guests may do. Named in `TEMPLATES`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from playground.accounts import user_settings
from playground.accounts.preferences import CurrentSettings
from playground.theme import Theme
from playground.wire.identity import GUEST_KEY, identify


@dataclass(frozen=True)
class Appearance:
    """How pages look to a visitor.

    Parameters
    ----------
    theme
        The visitor's choice.
    beginner_mode
        Whether pages show only the basic settings at first.
    display_name
        The visitor's display name, or an empty string.
    """

    theme: Theme
    beginner_mode: bool
    display_name: str

    @property
    def choices(self) -> tuple[Theme, ...]:
        """Return every theme in the order of the theme switch."""
        return Theme.LIGHT, Theme.SYSTEM, Theme.DARK


def add_appearance(request: HttpRequest) -> dict[str, Any]:
    """Return the variable `appearance`. The settings are read only when a template uses it."""
    return {"appearance": SimpleLazyObject(lambda: find_appearance(request))}


def find_appearance(request: HttpRequest) -> Appearance:
    """Return the appearance for the visitor of this request."""
    # A visitor without a session has no settings, and should not get a session for this.
    is_known = request.user.is_authenticated or GUEST_KEY in request.session
    current = user_settings.get(identify(request)) if is_known else CurrentSettings()
    return Appearance(current.theme, current.beginner_mode, current.display_name)


def add_guest_limits(request: HttpRequest) -> dict[str, Any]:
    """Return variables for sites on which guests may not train (ACCOUNTS_ONLY).

    `needs_account`: whether the visitor needs an account to train. `may_sign_up`: whether visitors can create accounts.
    """
    user = getattr(request, "user", None)
    needs_account = settings.ACCOUNTS_ONLY and not (user is not None and user.is_authenticated)
    return {"needs_account": needs_account, "may_sign_up": settings.OPEN_REGISTRATION}
