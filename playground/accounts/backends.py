"""The authentication backend: Django's own, with delays after wrong passwords (`sign_in_delay`)."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from playground.accounts.known_browser_cookie import find_browser
from playground.accounts.password_hashing import TooManyHashes, check_password, reserve_attempt
from playground.accounts.rate_limits import address_of
from playground.accounts.sign_in_delay import SignInDelay


class ThrottledBackend(ModelBackend):
    """Used by every sign-in: the site's own page and the admin's."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        """Return the user, or None for a wrong name or password.

        Three attributes of the request tell the form more:

        - `sign_in_refused`: whether the attempt came too early.
        - `sign_in_wait`: seconds until the next attempt is allowed.
        - `sign_in_busy`: set if too many passwords are being checked at once. Such an attempt is not counted.

        An attempt that came too early or found the server busy raises PermissionDenied, which Django turns into None.
        A call without a request, such as from a command, is not counted.
        """
        if request is None:
            return super().authenticate(request, username, password, **kwargs)
        if username is None or password is None:
            return None
        try:
            with reserve_attempt(address_of(request)):
                return self._try(request, username, password)
        except TooManyHashes:
            request.sign_in_busy = True  # type: ignore[attr-defined]
            raise PermissionDenied("Too many passwords are being checked at once.") from None

    def _try(self, request: HttpRequest, username: str, password: str) -> User | None:
        """Check one password.

        Raises PermissionDenied if the attempt came too early, TooManyHashes if the server is busy.
        """
        delay = find_delay(request, username)
        wait = delay.begin()
        request.sign_in_refused, request.sign_in_wait = bool(wait), wait  # type: ignore[attr-defined]
        if wait:
            raise PermissionDenied("Too many attempts.")
        user = User.objects.filter(username=username).first()
        try:
            is_right = check_password(user, password)
        except TooManyHashes:
            delay.take_back()
            raise
        if user is None or not is_right or not self.user_can_authenticate(user):
            request.sign_in_wait = delay.find_wait()  # type: ignore[attr-defined]
            return None
        delay.succeed()
        return user


def find_delay(request: HttpRequest, username: str) -> SignInDelay:
    """Return the delay that applies to the browser of this request, for the account of this name."""
    browser = find_browser(request, username)
    if browser is not None:
        return SignInDelay(username, f"browser:{browser}", is_known=True)
    return SignInDelay(username, address_of(request))
