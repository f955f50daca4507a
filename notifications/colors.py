"""The colours of a page, as its visitor has set them: a context processor, for `playground/base.html`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from notifications import user_settings
from notifications.preferences import Theme
from playground.wire.identity import GUEST_KEY, identify


@dataclass(frozen=True)
class Colors:
    """`scheme` is for the browser's own parts; `dark_when` is a media query, which is true when pages are dark."""

    scheme: str
    dark_when: str


COLORS = {
    Theme.SYSTEM: Colors("light dark", "(prefers-color-scheme: dark)"),
    Theme.LIGHT: Colors("light", "not all"),
    Theme.DARK: Colors("dark", "all"),
}


def add_colors(request: HttpRequest) -> dict[str, Any]:
    """Looked up only where a template asks for them."""
    return {"colors": SimpleLazyObject(lambda: find_colors(request))}


def find_colors(request: HttpRequest) -> Colors:
    # Somebody who has never been here has set nothing, and needs no session to be told so.
    is_known = request.user.is_authenticated or GUEST_KEY in request.session
    return COLORS[user_settings.get(identify(request)).theme if is_known else Theme.SYSTEM]
