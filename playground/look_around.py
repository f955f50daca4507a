"""Template variables about guests who need an account to train (ACCOUNTS_ONLY). Named in `TEMPLATES`."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def add_look_around(request: HttpRequest) -> dict[str, Any]:
    """Return the variables.

    `only_looks`: whether the visitor needs an account to train. `may_sign_up`: whether they can make one.
    """
    user = getattr(request, "user", None)
    only_looks = settings.ACCOUNTS_ONLY and not (user is not None and user.is_authenticated)
    return {"only_looks": only_looks, "may_sign_up": settings.OPEN_REGISTRATION}
