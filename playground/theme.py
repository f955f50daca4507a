"""The switch in the header: light, dark, or as the system says. It is the visitor's setting, account or none."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from notifications import user_settings
from notifications.preferences import Preferences, Theme
from playground.wire.identity import identify


@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Back to the page that it was chosen on, in its new colours. A script has changed them itself already."""
    try:
        theme = Theme(request.POST.get("theme", ""))
    except ValueError:
        return HttpResponseBadRequest("There is no such theme.")
    user_settings.update(identify(request), Preferences(theme=theme))
    came_from = request.headers.get("Referer", "")
    return redirect(came_from if url_has_allowed_host_and_scheme(came_from, {request.get_host()}) else "index")
