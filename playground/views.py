"""The pages."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse

from playground.contract import get_contract


def index(request: HttpRequest) -> HttpResponse:
    return HttpResponse("soon")


def run(request: HttpRequest, run_id: UUID) -> HttpResponse:
    return HttpResponse("soon")


def asyncapi(request: HttpRequest) -> HttpResponse:
    return JsonResponse(get_contract())


def developers(request: HttpRequest) -> HttpResponse:
    return HttpResponse("soon")
