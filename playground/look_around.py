"""What pages are told about a guest who can only look around. Called by the templates."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def add_look_around(request: HttpRequest) -> dict[str, Any]:
    """`only_looks`: this visitor needs an account to train. `may_sign_up`: and can make one here."""
    user = getattr(request, "user", None)
    only_looks = settings.ACCOUNTS_ONLY and not (user is not None and user.is_authenticated)
    return {"only_looks": only_looks, "may_sign_up": settings.OPEN_REGISTRATION}
