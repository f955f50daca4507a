"""The session of a socket: its renewal and its cookie."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings


def renew_session(session: Any) -> bool:
    """Extend the session if this is due, and return whether it was. Does nothing for sessions of other engines."""
    return bool(session.renew()) if hasattr(session, "renew") else False


def build_cookie(scope: Mapping[str, Any], is_renewed: bool) -> list[tuple[bytes, bytes]]:
    """Return the header with the session's cookie, for a client without the cookie or after a renewal.

    Otherwise, and for a guest whose session is not stored, return no header.
    """
    session = scope["session"]
    if not session.session_key or (settings.SESSION_COOKIE_NAME in scope["cookies"] and not is_renewed):
        return []
    age = session.get_expiry_age()
    cookie = f"{settings.SESSION_COOKIE_NAME}={session.session_key}; Max-Age={age}; Path=/; HttpOnly; SameSite=Lax"
    if settings.SESSION_COOKIE_SECURE:
        cookie += "; Secure"
    return [(b"set-cookie", cookie.encode())]
