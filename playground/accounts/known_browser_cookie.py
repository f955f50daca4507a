"""The cookie of a browser from which somebody has signed in to an account before.

The cookie grants no access. It only exempts the browser from delays that other people's wrong passwords cause
(`sign_in_delay`). Its value is signed. For each account it contains a random name of this browser and a fingerprint of
the account's password, so that a new password invalidates the cookies of all browsers.
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
SALT = "playground.accounts.known_browser"  # part of every cookie: a change would invalidate them
MAX_ACCOUNTS = 5  # in one browser, the latest

Entries = list[tuple[int, str, str]]
"""(primary key of the user, name of the browser, fingerprint of the password), the latest sign-in last."""


def find_browser(request: HttpRequest, username: str) -> str | None:
    """Return the name of the browser if somebody signed in to this account from it before, otherwise None."""
    entries = _read(request)
    if not entries:
        return None
    user = User.objects.filter(username=username).only("pk", "password").first()
    for user_id, browser, fingerprint in entries:
        if user is not None and user.pk == user_id and constant_time_compare(fingerprint, _fingerprint(user)):
            return browser
    return None


def remember(request: HttpRequest, user: User) -> None:
    """Add the account to the cookie of this browser. The response to the request sets the cookie."""
    entries = _read(request)
    browser = next((browser for user_id, browser, _ in entries if user_id == user.pk), None)
    others = [entry for entry in entries if entry[0] != user.pk]
    entry = (user.pk, browser or secrets.token_urlsafe(9), _fingerprint(user))
    request.known_browser_entries = [*others, entry][-MAX_ACCOUNTS:]  # type: ignore[attr-defined]


def remember_signed_in(*, request: HttpRequest | None, user: User, **_: object) -> None:
    """Add the account to the cookie at every sign-in, the admin's included. Receiver of `user_logged_in`."""
    if request is not None:
        remember(request, user)


class KnownBrowserMiddleware(MiddlewareMixin):
    """Sets the cookie on the response to a request for which `remember` was called."""

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
    """Return the entries of the cookie. Empty if there is no cookie, or if it is forged or expired."""
    try:
        entries = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=_max_age())
    except signing.BadSignature:
        return []
    return [(int(user_id), str(browser), str(fingerprint)) for user_id, browser, fingerprint in entries]


def _fingerprint(user: User) -> str:
    return salted_hmac(SALT, user.password, algorithm="sha256").hexdigest()[:32]


def _max_age() -> timedelta:
    return timedelta(days=KNOWN_DAYS)
