"""The answer to a request that failed with an exception: Django's `handler500`.

Django calls it for exceptions of views and of middleware alike, after it has written the traceback to the log.
"""

from __future__ import annotations

import sys

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import loader
from django.views.defaults import server_error

from playground.wire.errors import InternalError, PlaygroundError
from playground.wire.outage import RETRY_SECONDS, build_unavailable, is_outage

PROGRAMS = ("/api/", "/datasets/", "/asyncapi.json", "/openapi.json")
"""Paths that are answered in JSON, whatever the request accepts."""


def answer_failure(request: HttpRequest) -> HttpResponse:
    """Answer 503 with Retry-After where another service does not answer, and 500 otherwise.

    Programs get the wire form of an error as JSON, people a page. Neither needs the database.
    """
    if is_outage(sys.exc_info()[1]):
        error = build_unavailable()
        response = _render_json(error) if _is_program(request) else _render("503.html")
        response.status_code = error.status
        response["Retry-After"] = str(RETRY_SECONDS)
        response["Cache-Control"] = "no-store"
        return response
    if _is_program(request):
        return _render_json(InternalError("Something went wrong on the server."))
    return server_error(request)


def _is_program(request: HttpRequest) -> bool:
    accepts_json = request.get_preferred_type(["text/html", "application/json"]) == "application/json"
    return accepts_json or request.path.startswith(PROGRAMS)


def _render_json(error: PlaygroundError) -> HttpResponse:
    return JsonResponse(error.data.model_dump(exclude={"event"}), status=error.status)


def _render(template: str) -> HttpResponse:
    return HttpResponse(loader.get_template(template).render())
