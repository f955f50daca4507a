"""How pages look to their visitor, by what they have set: a context processor, for the templates of playground."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from notifications import user_settings
from notifications.preferences import CurrentSettings, Theme
from playground.wire.identity import GUEST_KEY, identify


@dataclass(frozen=True)
class Look:
    """`scheme` is for the browser's own parts; `dark_when` is a media query, which is true when pages are dark."""

    theme: Theme
    scheme: str
    dark_when: str
    beginner_mode: bool
    display_name: str

    @property
    def choices(self) -> list[tuple[Theme, str, str]]:
        """Every theme with its `scheme` and `dark_when`, for the switch."""
        return [(theme, scheme, dark_when) for theme, (scheme, dark_when) in COLORS.items()]


COLORS = {
    Theme.LIGHT: ("light", "not all"),
    Theme.SYSTEM: ("light dark", "(prefers-color-scheme: dark)"),
    Theme.DARK: ("dark", "all"),
}


def add_look(request: HttpRequest) -> dict[str, Any]:
    """Looked up only where a template asks for it."""
    return {"look": SimpleLazyObject(lambda: find_look(request))}


def find_look(request: HttpRequest) -> Look:
    # Somebody who has never been here has set nothing, and needs no session to be told so.
    is_known = request.user.is_authenticated or GUEST_KEY in request.session
    settings = user_settings.get(identify(request)) if is_known else CurrentSettings()
    scheme, dark_when = COLORS[settings.theme]
    return Look(settings.theme, scheme, dark_when, settings.beginner_mode, settings.display_name)
