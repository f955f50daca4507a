"""Django's authentication backend with the waits of `pace`: for our own sign-in, the admin's, and every other."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from playground.accounts.hashing import TooManyHashes, check_password, reserve_attempt
from playground.accounts.known_browser import find_browser
from playground.accounts.pace import Pace
from playground.accounts.throttle import address_of


class ThrottledBackend(ModelBackend):
    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        """Return the user, or None for a wrong name or password.

        Sets `request.sign_in_refused` to whether the attempt came too early, and `request.sign_in_wait` to the seconds
        until the next one. Sets `request.sign_in_busy` where too many passwords are checked at once; such an attempt
        is not counted. Raises PermissionDenied, which Django turns into None, for both. A call without a request, as
        from a command, is not counted.
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
            raise PermissionDenied("Too many passwords are checked at once.") from None

    def _try(self, request: HttpRequest, username: str, password: str) -> User | None:
        """Check one password. Raises PermissionDenied for an attempt that came too early, TooManyHashes."""
        pace = find_pace(request, username)
        wait = pace.begin()
        request.sign_in_refused, request.sign_in_wait = bool(wait), wait  # type: ignore[attr-defined]
        if wait:
            raise PermissionDenied("Too many attempts.")
        user = User.objects.filter(username=username).first()
        try:
            is_right = check_password(user, password)
        except TooManyHashes:
            pace.take_back()
            raise
        if user is None or not is_right or not self.user_can_authenticate(user):
            request.sign_in_wait = pace.find_wait()  # type: ignore[attr-defined]
            return None
        pace.succeed()
        return user


def find_pace(request: HttpRequest, username: str) -> Pace:
    """Return the pace of the browser that sent this request, for the account of this name."""
    browser = find_browser(request, username)
    if browser is not None:
        return Pace(username, f"browser:{browser}", is_known=True)
    return Pace(username, address_of(request))
