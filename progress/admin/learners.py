"""The gradebook: a table of learners and modules, pages for one learner and one question, CSV export, and reset."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ERROR_FLAG, ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet, Value
from django.db.models.functions import Coalesce
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from playground.model_admin import GuardedModelAdmin
from progress import gradebook, services
from progress.admin.filters import ActivityFilter, CompletionFilter, ModuleFilter, chosen_module
from progress.exceptions import StorageUnavailable
from progress.export import stream_csv
from progress.gradebook import Column
from progress.models import Learner, Question
from progress.totals import Share
from progress.worth import add_up, read_worth

LONG_AGO = "1970-01-01T00:00:00Z"
NOT_AVAILABLE = "not available"
EXPORTS: dict[str, Callable[[str], list[Column]]] = {
    "modules": lambda module: gradebook.list_sections(module) if module else gradebook.list_modules(),
    "questions": gradebook.list_questions,
}


@admin.register(Learner)
class LearnerAdmin(GuardedModelAdmin):
    """Read-only admin of learners. Staff with the change permission may reset a learner's progress."""

    list_per_page = 50
    list_display = ("named", "total", "last_activity")
    list_filter = (ModuleFilter, CompletionFilter, ActivityFilter)
    allowed_lookups = ("module", "completion", "activity")
    search_fields = ("username", "first_name", "last_name", "email")
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = ["reset_progress"]

    class Media:
        css = {"all": ["progress/admin.css"]}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Learner]:
        return gradebook.with_standings(super().get_queryset(request), chosen_module(request))

    # --- change list -------------------------------------------------------------------------------------------------

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        module = chosen_module(request)
        columns = gradebook.list_sections(module) if module else gradebook.list_modules()

        @admin.display(description="points", ordering="points")
        def total(learner: Learner) -> str | SafeString:
            if learner.totals is None:
                return NOT_AVAILABLE
            shown = draw_share(learner.totals.of(module))
            uncounted = learner.totals.uncounted.points
            if module or not uncounted:
                return shown
            return format_html('{} <span class="quiet">{} not counted</span>', shown, uncounted)

        return ["named", total, "last_activity", *map(_build_cell, columns)]

    @admin.display(description="learner", ordering="username")
    def named(self, learner: Learner) -> SafeString:
        return format_html('{}<span class="learner-email">{}</span>', self.who(learner), learner.email)

    def who(self, learner: Learner) -> str:
        name = learner.get_full_name()
        return f"{name} ({learner.get_username()})" if name else learner.get_username()

    @admin.display(ordering="points")
    def total(self, learner: Learner) -> int:
        return learner.points

    @admin.display(description="last activity", ordering=Coalesce(F("active"), Value(LONG_AGO)), empty_value="never")
    def last_activity(self, learner: Learner) -> Any:
        return learner.active

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        exports = [(name, reverse("admin:progress_learner_export", args=[name])) for name in EXPORTS]
        extra = {"title": "Gradebook", "exports": exports, **(extra_context or {})}
        response = super().changelist_view(request, extra)
        listed: ChangeList | None = getattr(response, "context_data", {}).get("cl")
        if listed is not None:
            self._add_records(request, listed)
        return response

    def _add_records(self, request: HttpRequest, listed: ChangeList) -> None:
        """Add the totals to the learners of one page. Sends one request to the storage."""
        learners = list(listed.result_list)
        try:
            records = services.read_many([learner.owner for learner in learners])
        except StorageUnavailable as error:
            self.message_user(request, f"{error.message} What learners have earned is not shown.", messages.ERROR)
            records = {}
        worth = read_worth()
        for learner in learners:
            learner.totals = add_up(records[learner.owner], worth) if learner.owner in records else None
        listed.result_list = learners

    # --- other pages -------------------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("export/<str:what>/", wrap(self.export), name="progress_learner_export"),
            path("question/<int:pk>/", wrap(self.question_view), name="progress_learner_question"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show one learner's progress and attempts, read-only."""
        learner = self.get_object(request, object_id)
        if learner is None:
            raise Http404
        if not self.has_view_permission(request, learner):
            raise PermissionDenied
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        try:
            totals, modules = gradebook.describe_learner(learner)
        except StorageUnavailable as error:
            return self._render(request, "unavailable", str(learner), error=error.data)
        context = {
            "learner": learner,
            "who": self.who(learner),
            "total": totals.of(),
            "modules": modules,
            "uncounted": [
                (" / ".join(astuple(key)), points) for key, points in sorted(totals.uncounted.earned.items())
            ],
            "uncounted_points": totals.uncounted.points,
            "may_reset": self.has_change_permission(request, learner),
        }
        return self._render(request, "learner", self.who(learner), **context)

    def question_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        question = get_object_or_404(Question.objects.select_related("section__module"), pk=pk)
        if not self.has_view_permission(request):
            raise PermissionDenied
        results = gradebook.describe_question(question)
        return self._render(request, "question", f"Answers: {question.slug}", question=question, results=results)

    def export(self, request: HttpRequest, what: str) -> HttpResponseBase:
        """Return all rows of the change list with these filters, in its order, as CSV."""
        if what not in EXPORTS:
            raise Http404
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            learners = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            return HttpResponseRedirect(f"{reverse('admin:progress_learner_changelist')}?{ERROR_FLAG}=1")
        module = chosen_module(request)
        return stream_csv(request, learners, EXPORTS[what](module), f"progress-by-{what[:-1]}", module)

    @admin.action(description="Reset progress of selected learners…", permissions=["change"])
    def reset_progress(self, request: HttpRequest, learners: QuerySet[Learner]) -> HttpResponse | None:
        """Reset the progress of the selected learners after a confirmation page."""
        if "confirmed" not in request.POST:
            context = {"learners": [(learner, self.who(learner)) for learner in learners]}
            return self._render(request, "reset", "Reset progress?", **context)
        done = 0
        try:
            for learner in learners:
                forgotten = services.reset(learner.owner)
                self.log_change(request, learner, f"Reset progress: {forgotten} were removed.")
                done += 1
        except StorageUnavailable as error:
            self.message_user(request, f"{error.message} Try again for the others.", messages.ERROR)
        self.message_user(request, f"The progress of {done} learner{'' if done == 1 else 's'} was reset.")
        return None

    def _render(self, request: HttpRequest, name: str, title: str, **context: Any) -> HttpResponse:
        shared = {**self.admin_site.each_context(request), "title": title, "opts": self.opts, "media": self.media}
        return TemplateResponse(request, f"admin/progress/learner/{name}.html", {**shared, **context})


def draw_share(share: Share) -> SafeString:
    """Return HTML of a progress bar with its value as text beside it."""
    return format_html(
        '<span class="share"><svg class="share-bar" aria-hidden="true"><rect width="{}%" height="100%"/></svg>'
        '<span class="share-text">{} of {} <span class="share-percent">({} %)</span></span></span>',
        share.percent, share.part, share.whole, share.percent,
    )  # fmt: skip


def _build_cell(column: Column) -> Callable[[Learner], str | SafeString]:
    @admin.display(description=column.title)
    def cell(learner: Learner) -> str | SafeString:
        return NOT_AVAILABLE if learner.totals is None else draw_share(column.share_of(learner.totals))

    cell.__name__ = f"of_{column.section_id or column.module_id}".replace("-", "_")  # the cell's CSS class
    return cell
