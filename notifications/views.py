"""The pages of this app: what a user has set, as a form, and those behind the links that confirm and unsubscribe."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods
from pydantic import ValidationError

from notifications import unsubscription, user_settings
from notifications.confirmation import parse_token
from notifications.preferences import CurrentSettings, Preferences, Theme
from playground.wire.errors import InvalidData, PlaygroundError
from playground.wire.identity import identify

CHECKBOXES = ("notify_when_finished", "beginner_mode")
CSRF_FIELD = "csrfmiddlewaretoken"  # of every form; each other field must be a preference
SEND_AGAIN = "send_link_again"


@never_cache
@require_http_methods(["GET", "POST"])
def edit_settings(request: HttpRequest) -> HttpResponse:
    """The same preferences as the event `updateUserSettings`, checked by the same model."""
    identity = identify(request)
    if request.method != "POST":
        return _render_form(request, _show(user_settings.get(identity)))
    before = user_settings.get(identity)
    given = _read_form(request, before)
    try:
        _, note = user_settings.update(identity, _parse(given))
    except PlaygroundError as error:
        return _render_form(request, _show(before) | given, error, status=error.status)
    messages.success(request, note)
    return redirect("settings")


@never_cache
@require_http_methods(["GET", "POST"])
def confirm_email(request: HttpRequest, token: str) -> HttpResponse:
    """The link shows a button, and the button confirms: programs that open links in mails must not."""
    try:
        confirmation = parse_token(token)
        if request.method == "POST":
            user_settings.confirm(confirmation)
        else:
            user_settings.check_waiting(confirmation)
    except PlaygroundError as error:
        return render(request, "notifications/refused.html", {"error": error.data}, status=error.status)
    context = {"address": confirmation.address, "is_confirmed": request.method == "POST"}
    return render(request, "notifications/confirm.html", context)


@csrf_exempt  # it is the mailbox's provider that posts, without any cookie (RFC 8058)
@never_cache
@require_http_methods(["GET", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """As above: the link shows a button, and the button, or a mail program's own, ends the reports."""
    try:
        settings_id = unsubscription.parse_token(token)
    except PlaygroundError as error:
        return render(request, "notifications/refused.html", {"error": error.data}, status=error.status)
    if request.method == "POST":
        user_settings.stop_reports(settings_id)
    return render(request, "notifications/unsubscribe.html", {"is_done": request.method == "POST"})


def _read_form(request: HttpRequest, before: CurrentSettings) -> dict[str, Any]:
    """The fields that are preferences. The small form beside the large one asks for another link and nothing else."""
    if SEND_AGAIN in request.POST:
        return {"email": before.pending_email} if before.pending_email else {}
    given: dict[str, Any] = {name: value for name, value in request.POST.items() if name != CSRF_FIELD}
    if before.pending_email and given.get("email") == before.pending_email:
        del given["email"]  # as it stood in the form: its link has been sent already
    # A box that is not ticked is not sent.
    return given | {name: given.get(name, False) for name in CHECKBOXES}


def _show(settings: CurrentSettings) -> dict[str, Any]:
    """What the form's fields hold; beside them, what is known of the address."""
    return settings.model_dump() | {
        "email": settings.pending_email or settings.email,
        "confirmed_email": settings.email,
    }


def _parse(given: dict[str, Any]) -> Preferences:
    try:
        return Preferences.model_validate(given)
    except ValidationError as error:
        raise InvalidData.from_validation(error) from error


def _render_form(
    request: HttpRequest, shown: dict[str, Any], error: PlaygroundError | None = None, status: int = 200
) -> HttpResponse:
    context = {"shown": shown, "themes": list(Theme), "error": error.data if error else None}
    return render(request, "notifications/settings.html", context, status=status)
