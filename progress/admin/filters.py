"""Gradebook filters: module, completion, and time of the last activity."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from progress.models import Module
from progress.records import Record
from progress.worth import add_up

MODULE = "module"


def chosen_module(request: HttpRequest) -> str:
    """Return the slug of the module that the page is filtered by, or an empty string for all modules."""
    return request.GET.get(MODULE, "")[:100].replace("\x00", "")


class ModuleFilter(admin.SimpleListFilter):
    """Filter the gradebook by module. The columns then show the module's sections, and its points and activity."""

    title = "module"
    parameter_name = MODULE

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(Module.objects.filter(status=Module.Status.PUBLISHED).values_list("slug", "title"))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset  # no-op: the standings are already those of the module


class CompletionFilter(admin.SimpleListFilter):
    title = "completion"
    parameter_name = "completion"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("none", "No points yet"), ("some", "Some points"), ("all", "All points")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value == "none":
            return queryset.filter(points=0)
        if value not in ("some", "all"):
            return queryset
        module = chosen_module(request)
        whole = add_up(Record("")).of(module).whole
        if value == "all":
            return queryset.filter(points__gte=max(whole, 1))
        return queryset.filter(points__gt=0, points__lt=max(whole, 1))


class ActivityFilter(admin.SimpleListFilter):
    title = "last activity"
    parameter_name = "activity"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("day", "Today"),
            ("week", "Within 7 days"),
            ("month", "Within 30 days"),
            ("older", "Longer ago"),
            ("never", "Never"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        days = {"day": 1, "week": 7, "month": 30, "older": 30}
        if value == "never":
            return queryset.filter(active__isnull=True)
        if value not in days:
            return queryset
        since = timezone.now() - timedelta(days=days[value])
        return queryset.filter(Q(active__lt=since) if value == "older" else Q(active__gte=since))
