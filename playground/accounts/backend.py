"""Django's check of names and passwords, behind the limits: for our own sign-in, the admin's, and any other."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from playground.accounts import limits
from playground.accounts.throttle import Limit, address_of


class ThrottledBackend(ModelBackend):
    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        """None for a wrong name or password. Raises PermissionDenied, which Django answers likewise, when too many
        were wrong before. Right ones do not count.
        """
        counted = list_counters(request, username or "")
        allowed = [limit.allows(who) for limit, who in counted]  # each of them counts, also after one has refused
        if not all(allowed):
            raise PermissionDenied("Too many attempts.")
        user = super().authenticate(request, username, password, **kwargs)
        if user is not None:
            for limit, who in counted:
                limit.give_back(who)
            limits.sign_ins_of_account().forget(username or "")
        return user


def list_counters(request: HttpRequest | None, username: str) -> list[tuple[Limit, str]]:
    """The limits that an attempt counts towards, each with whose count it is."""
    counters = [(limits.sign_ins_of_account(), username)]
    if request is not None:
        counters.append((limits.sign_ins_from_address(), address_of(request)))
    return counters
