"""The cookie that identifies a browser from which somebody has signed in to an account before.

It grants nothing: it only exempts the browser from waits that other people's wrong passwords cause (`pace`). Its value
is signed and lists, for each account, a random name of this browser and a fingerprint of the account's password, so
that a new password invalidates it everywhere.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.core import signing
from django.http import HttpRequest, HttpResponseBase
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.deprecation import MiddlewareMixin

KNOWN_DAYS = 180  # for which a browser is known to an account after a sign-in

COOKIE = "known_browser"
SALT = "playground.accounts.known_browser"
MAX_ACCOUNTS = 5  # of one browser, the latest

Entries = list[tuple[int, str, str]]
"""(primary key of the user, name of the browser, fingerprint of the password), the latest last."""


def find_browser(request: HttpRequest, username: str) -> str | None:
    """Return the name of the browser where it is known for this account, otherwise None."""
    entries = _read(request)
    if not entries:
        return None
    user = User.objects.filter(username=username).only("pk", "password").first()
    for user_id, browser, fingerprint in entries:
        if user is not None and user.pk == user_id and constant_time_compare(fingerprint, _fingerprint(user)):
            return browser
    return None


def remember(request: HttpRequest, user: User) -> None:
    """Make the browser of this request known for the account. The answer to the request sets the cookie."""
    entries = _read(request)
    browser = next((browser for user_id, browser, _ in entries if user_id == user.pk), None)
    others = [entry for entry in entries if entry[0] != user.pk]
    entry = (user.pk, browser or secrets.token_urlsafe(9), _fingerprint(user))
    request.known_browser_entries = [*others, entry][-MAX_ACCOUNTS:]  # type: ignore[attr-defined]


def remember_signed_in(*, request: HttpRequest | None, user: User, **_: object) -> None:
    """Receiver of `user_logged_in`, which the admin's sign-in sends, too."""
    if request is not None:
        remember(request, user)


class KnownBrowserMiddleware(MiddlewareMixin):
    """Sets the cookie on the answer to a request that `remember` was called for."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        entries = getattr(request, "known_browser_entries", None)
        if entries is not None:
            response.set_cookie(
                COOKIE,
                signing.dumps(entries, salt=SALT),
                max_age=_max_age(),
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        return response


def _read(request: HttpRequest) -> Entries:
    """Return what the cookie says; nothing where there is none, or it is forged or too old."""
    try:
        entries = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=_max_age())
    except signing.BadSignature:
        return []
    return [(int(user_id), str(browser), str(fingerprint)) for user_id, browser, fingerprint in entries]


def _fingerprint(user: User) -> str:
    return salted_hmac(SALT, user.password, algorithm="sha256").hexdigest()[:32]


def _max_age() -> timedelta:
    return timedelta(days=KNOWN_DAYS)
