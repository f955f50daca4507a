"""Admin pages for modules, sections and questions. A module is published only if every question can be graded."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from playground.model_admin import GuardedModelAdmin
from playground.wire.identity import Identity
from progress import services
from progress.catalogue import ContentError
from progress.description import describe_module, describe_question, with_everything
from progress.models import Choice, Module, Question, Section
from progress.permissions import VIEW_MODULES

NEW_LEARNER = Identity("preview", permissions=frozenset({VIEW_MODULES}))  # that no learner has answered or earned


class FixedSlugForm(forms.ModelForm):
    """Form that lets an identifier be set only when the object is created. Learners' records refer to it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and "slug" in self.fields:
            self.fields["slug"].disabled = True


class SectionInline(admin.TabularInline):
    model = Section
    form = FixedSlugForm
    fields = ("order", "slug", "title")
    extra = 0
    show_change_link = True


class QuestionInline(admin.TabularInline):
    model = Question
    form = FixedSlugForm
    fields = ("order", "slug", "kind", "points")
    readonly_fields = ("slug", "kind")
    extra = 0
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # a question has too many fields for a table row


class ChoiceFormSet(forms.BaseInlineFormSet):
    """Validate the whole question: the fields of its kind, and that it can be graded."""

    def clean(self) -> None:
        super().clean()
        if any(form.errors for form in self.forms):
            return
        kept = [form for form in self.forms if form.has_changed() or form.instance.pk]
        choices = [form.instance for form in kept if not form.cleaned_data.get("DELETE")]
        try:
            describe_question(self.instance, sorted(choices, key=lambda choice: choice.order))
        except ContentError as error:
            raise forms.ValidationError(f"This question cannot be graded: {error}.") from None


class ChoiceInline(admin.TabularInline):
    model = Choice
    form = FixedSlugForm
    formset = ChoiceFormSet
    fields = ("order", "slug", "text", "correct", "feedback")
    extra = 0

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in ("text", "feedback"):
            kwargs["widget"] = forms.Textarea(attrs={"rows": 2, "cols": 30})
        if db_field.name == "slug":
            kwargs["widget"] = forms.TextInput(attrs={"size": 12})
        return super().formfield_for_dbfield(db_field, request, **kwargs)


@admin.register(Module)
class ModuleAdmin(GuardedModelAdmin):
    form = FixedSlugForm
    list_display = ("title", "slug", "status", "order", "questions", "points", "preview_link")
    list_editable = ("order",)
    list_filter = ("status",)
    allowed_lookups = ("status__exact",)
    search_fields = ("title", "slug", "summary")
    fields = ("title", "slug", "summary", "order", "status", "preview_link")
    readonly_fields = ("preview_link",)
    inlines = [SectionInline]
    actions = ["publish", "withdraw"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Module]:
        counted = {"question_count": Count("sections__questions"), "point_count": Sum("sections__questions__points")}
        return super().get_queryset(request).annotate(**counted)

    @admin.display(ordering="question_count")
    def questions(self, module: Module) -> int:
        return module.question_count  # type: ignore[attr-defined]

    @admin.display(ordering="point_count")
    def points(self, module: Module) -> int:
        return module.point_count or 0  # type: ignore[attr-defined]

    @admin.display(description="as a learner sees it")
    def preview_link(self, module: Module) -> str | SafeString:
        if not module.pk:
            return "after saving"
        return format_html('<a href="{}">Preview</a>', reverse("admin:progress_module_preview", args=[module.pk]))

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if form.instance.status == Module.Status.PUBLISHED:
            self._publish(request, Module.objects.filter(pk=form.instance.pk))

    @admin.action(description="Publish selected modules", permissions=["change"])
    def publish(self, request: HttpRequest, modules: QuerySet[Module]) -> None:
        published = self._publish(request, modules)
        self.message_user(request, f"{published} published.")

    @admin.action(description="Withdraw selected modules: back to draft", permissions=["change"])
    def withdraw(self, request: HttpRequest, modules: QuerySet[Module]) -> None:
        withdrawn = Module.objects.filter(pk__in=modules.values("pk")).update(status=Module.Status.DRAFT)
        self.message_user(request, f"{withdrawn} withdrawn.")

    def _publish(self, request: HttpRequest, modules: QuerySet[Module]) -> int:
        """Publish the complete modules. Set the others to draft and tell the user why."""
        good, bad = [], []
        for module in with_everything(modules):
            try:
                describe_module(module)
                good.append(module.pk)
            except ContentError as error:
                bad.append(module.pk)
                self.message_user(request, f"{module} stays a draft: {error}.", messages.ERROR)
        Module.objects.filter(pk__in=good).update(status=Module.Status.PUBLISHED)
        Module.objects.filter(pk__in=bad).update(status=Module.Status.DRAFT)
        return len(good)

    def get_urls(self) -> list[URLPattern]:
        preview = path("<int:pk>/preview/", self.admin_site.admin_view(self.preview), name="progress_module_preview")
        return [preview, *super().get_urls()]

    def preview(self, request: HttpRequest, pk: int) -> HttpResponse:
        module = get_object_or_404(Module, pk=pk)
        if not self.has_view_permission(request, module):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": f"Preview: {module}",
            "opts": self.opts,
            "original": module,
            "module": services.get_module(NEW_LEARNER, module.slug),
        }
        return TemplateResponse(request, "admin/progress/module/preview.html", context)


@admin.register(Section)
class SectionAdmin(GuardedModelAdmin):
    form = FixedSlugForm
    list_display = ("title", "module", "order")
    list_filter = ("module",)
    allowed_lookups = ("module__id__exact",)
    list_select_related = ("module",)
    search_fields = ("title", "slug", "body")
    fields = ("module", "title", "slug", "order", "body", "add_question")
    readonly_fields = ("add_question",)
    inlines = [QuestionInline]

    @admin.display(description="more questions")
    def add_question(self, section: Section) -> str | SafeString:
        if not section.pk:
            return "after saving"
        return format_html(
            '<a href="{}?section={}">Add a question</a>', reverse("admin:progress_question_add"), section.pk
        )


@admin.register(Question)
class QuestionAdmin(GuardedModelAdmin):
    form = FixedSlugForm
    list_display = ("slug", "section", "kind", "points", "results_link")
    list_filter = ("section__module", "kind")
    allowed_lookups = ("section__module__id__exact", "kind__exact")
    list_select_related = ("section__module",)
    search_fields = ("slug", "prompt", "section__title")
    inlines = [ChoiceInline]
    readonly_fields = ("results_link",)
    fieldsets = (
        (None, {"fields": ("section", "slug", "kind", "prompt", ("points", "order"), "results_link")}),
        ("Feedback and hints", {"fields": ("right", "wrong", "hint_1", "hint_2", "hint_3"), "classes": ("collapse",)}),
        ("A number", {"fields": (("answer", "tolerance"),), "description": "For questions of kind number."}),
        ("A short text", {"fields": ("accepted",), "description": "For questions of kind text."}),
        (
            "A lab",
            {
                "fields": (
                    ("lab_dataset", "lab_metric"),
                    ("lab_at_least", "lab_at_most"),
                    ("lab_max_parameters", "lab_estimator", "lab_min_test_size"),
                ),
                "description": "For questions of kind lab: what a finished run must show. Either at least or at most.",
            },
        ),
    )

    @admin.display(description="results")
    def results_link(self, question: Question) -> str | SafeString:
        if not question.pk:
            return "after saving"
        return format_html('<a href="{}">Answers</a>', reverse("admin:progress_learner_question", args=[question.pk]))

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in ("right", "wrong", "hint_1", "hint_2", "hint_3", "accepted"):
            kwargs["widget"] = AdminTextareaWidget(attrs={"rows": 3})
        return super().formfield_for_dbfield(db_field, request, **kwargs)
