"""Pages of user settings: the form, the theme switch, and the pages behind the links that e-mails contain."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST
from pydantic import ValidationError

from playground.accounts import user_settings
from playground.accounts.links import parse_confirmation_token, parse_stop_reports_token
from playground.accounts.preferences import CurrentSettings, Preferences
from playground.theme import Theme
from playground.wire.errors import InvalidData, PlaygroundError
from playground.wire.identity import identify

CHECKBOXES = ("notify_when_finished", "beginner_mode")
CSRF_FIELD = "csrfmiddlewaretoken"  # in every form. Every other field must be a preference.
SEND_AGAIN = "send_link_again"
TEMPLATES = "playground/account"


@never_cache
@require_http_methods(["GET", "POST"])
def edit_settings(request: HttpRequest) -> HttpResponse:
    """Show or change the settings. The same model validates them as for the event `updateUserSettings`."""
    identity = identify(request)
    before = user_settings.get(identity)
    if request.method != "POST":
        return _render_form(request, _build_fields(before))
    given = _read_form(request, before)
    try:
        _, note = user_settings.update(identity, _parse(given))
    except PlaygroundError as error:
        return _render_form(request, _build_fields(before) | given, error, status=error.status)
    messages.success(request, note)
    return redirect("settings")


@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Store the theme of the switch in the header. Redirects to the page on which it was chosen."""
    try:
        theme = Theme(request.POST.get("theme", ""))
    except ValueError:
        return HttpResponseBadRequest("There is no such theme.")
    user_settings.update(identify(request), Preferences(theme=theme))
    came_from = request.headers.get("Referer", "")
    return redirect(came_from if url_has_allowed_host_and_scheme(came_from, {request.get_host()}) else "index")


@never_cache
@require_http_methods(["GET", "POST"])
def confirm_email(request: HttpRequest, token: str) -> HttpResponse:
    """Confirm an address by POST. GET shows a button, since mail programs open links by themselves."""
    try:
        confirmation = parse_confirmation_token(token)
        if request.method == "POST":
            user_settings.confirm(confirmation)
        else:
            user_settings.check_pending(confirmation)
    except PlaygroundError as error:
        return _render_refusal(request, error)
    context = {"address": confirmation.address, "is_confirmed": request.method == "POST"}
    return render(request, f"{TEMPLATES}/confirm_address.html", context)


@csrf_exempt  # the provider of the mailbox posts without cookies (RFC 8058)
@never_cache
@require_http_methods(["GET", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Stop reports of all runs by POST. GET shows a button, since mail programs open links by themselves."""
    try:
        settings_id = parse_stop_reports_token(token)
    except PlaygroundError as error:
        return _render_refusal(request, error)
    if request.method == "POST":
        user_settings.stop_reports(settings_id)
    return render(request, f"{TEMPLATES}/stop_reports.html", {"is_done": request.method == "POST"})


def _read_form(request: HttpRequest, before: CurrentSettings) -> dict[str, Any]:
    """Return the fields that are preferences. The button for another link sends only the pending address."""
    if SEND_AGAIN in request.POST:
        return {"email": before.pending_email} if before.pending_email else {}
    given: dict[str, Any] = {name: value for name, value in request.POST.items() if name != CSRF_FIELD}
    if before.pending_email and given.get("email") == before.pending_email:
        del given["email"]  # unchanged: its link has been sent
    # Browsers leave out boxes that are not checked.
    return given | {name: given.get(name, False) for name in CHECKBOXES}


def _build_fields(current: CurrentSettings) -> dict[str, Any]:
    """Return the values of the form's fields, and the confirmed address."""
    return current.model_dump() | {
        "email": current.pending_email or current.email,
        "confirmed_email": current.email,
    }


def _parse(given: dict[str, Any]) -> Preferences:
    try:
        return Preferences.model_validate(given)
    except ValidationError as error:
        raise InvalidData.from_validation(error) from error


def _render_form(
    request: HttpRequest, fields: dict[str, Any], error: PlaygroundError | None = None, status: int = 200
) -> HttpResponse:
    context = {"fields": fields, "themes": list(Theme), "error": error.data if error else None}
    return render(request, f"{TEMPLATES}/settings.html", context, status=status)


def _render_refusal(request: HttpRequest, error: PlaygroundError) -> HttpResponse:
    return render(request, f"{TEMPLATES}/link_refused.html", {"error": error.data}, status=error.status)
