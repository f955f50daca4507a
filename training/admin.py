"""The admin of training. Staff view runs, uploads and links, and cancel runs. They edit nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from playground.model_admin import ReadOnlyModelAdmin
from training import runs
from training.messages.events import EpochRow
from training.models import Artifact, Dataset, Share, TrainingRun

CURVE_WIDTH, CURVE_HEIGHT = 480, 160
CURVE_POINTS = 200


TABLE_SOURCES = ("csvData", "fileURL")
"""The fields of a spec with the rows of a table, or the link to it."""


class ArtifactInline(admin.TabularInline):
    model = Artifact
    fields = ("name", "size")
    can_delete = False
    max_num = 0

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(TrainingRun)
class TrainingRunAdmin(ReadOnlyModelAdmin):
    list_display = ("__str__", "kind", "owner_name", "status", "data", "model", "percent", "created", "finished")
    list_filter = ("kind", "status", "created")
    allowed_lookups = (
        "kind__exact", "status__exact",
        "created__gte", "created__lt", "created__year", "created__month", "created__day",
    )  # fmt: skip
    search_fields = ("name", "data", "model", "user__username", "id")
    search_fields_by_permission = {"auth.view_user": ("user__email",)}
    date_hierarchy = "created"
    list_select_related = ("user",)
    actions = ["cancel_runs"]
    inlines = [ArtifactInline]
    fields = (
        "id", "kind", "name", "owner_name", "status", "message", "data", "model", "seed", "percent", "last_epoch",
        "attempts", "created", "started", "finished", "loss_curve", "accuracy_curve",
    )  # fmt: skip

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the fields to show. The rows of a learner's table are for roles that may see tables."""
        if request.user.has_perm("training.view_dataset"):
            return (*self.fields, "spec", "task")
        return (*self.fields, "spec_without_table", "task_without_table")

    @admin.display(description="spec")
    def spec_without_table(self, run: TrainingRun) -> str:
        return json.dumps(hide_table(run.spec), ensure_ascii=False)

    @admin.display(description="task")
    def task_without_table(self, run: TrainingRun) -> str:
        return json.dumps(hide_table(run.task), ensure_ascii=False)

    @admin.display(description="owner", ordering="user")
    def owner_name(self, run: TrainingRun) -> str:
        return run.user.get_username() if run.user else "guest"

    @admin.display(description="progress", ordering="progress")
    def percent(self, run: TrainingRun) -> str:
        return f"{run.progress:.0f} %"

    @admin.display(description="loss")
    def loss_curve(self, run: TrainingRun) -> str:
        rows = runs.read_epochs(run.pk)
        return draw_curves([row.train_loss for row in rows], [row.test_loss for row in rows])

    @admin.display(description="accuracy")
    def accuracy_curve(self, run: TrainingRun) -> str:
        rows: list[EpochRow] = runs.read_epochs(run.pk)
        return draw_curves([row.train_acc for row in rows], [row.test_acc for row in rows])

    @admin.action(description="Cancel selected runs", permissions=["cancel"])
    def cancel_runs(self, request: HttpRequest, queryset: QuerySet[TrainingRun]) -> None:
        active = [run for run in queryset if run.status in runs.ACTIVE]
        for run in active:
            runs.request_cancel(run.pk)
        self.message_user(
            request, f"{len(active)} of {len(queryset)} runs were still to be cancelled and are being stopped."
        )

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("training.cancel_trainingrun")


@admin.register(Dataset)
class DatasetAdmin(ReadOnlyModelAdmin):
    list_display = ("name", "user", "size", "created")
    list_select_related = ("user",)
    search_fields = ("name", "user__username", "id")
    fields = ("id", "name", "user", "url", "size", "created", "described")


@admin.register(Share)
class ShareAdmin(ReadOnlyModelAdmin):
    """Deleting a share withdraws the link. The link itself is not shown: only its owner may pass it on."""

    list_display = ("run", "owner_name", "created")
    list_select_related = ("run", "run__user")
    search_fields = ("run__name", "run__user__username")
    search_fields_by_permission = {"training.view_trainingrun": ("run__data", "run__model", "run__id")}
    date_hierarchy = "created"
    allowed_lookups = ("created__year", "created__month", "created__day")
    fields = ("run", "owner_name", "created")

    @admin.display(description="owner", ordering="run__user")
    def owner_name(self, share: Share) -> str:
        return share.run.user.get_username() if share.run.user else "guest"


def hide_table(value: Any) -> Any:
    """Return a spec, or a task that holds one, without the rows of its table and without the link to them."""
    if not isinstance(value, dict):
        return value
    return {
        name: "(not shown)" if name in TABLE_SOURCES and inner is not None else hide_table(inner)
        for name, inner in value.items()
    }


def draw_curves(train: Sequence[float | None], test: Sequence[float | None]) -> str | SafeString:
    """Return two curves as inline SVG, with their last values as text for screen readers."""
    pairs = [(a, b) for a, b in zip(train, test, strict=True) if a is not None and b is not None]
    if not pairs:
        return "none"
    step = max(1, len(pairs) // CURVE_POINTS)
    shown = [*pairs[::step], pairs[-1]]
    low = min(min(pair) for pair in shown)
    span = (max(max(pair) for pair in shown) - low) or 1.0

    def points(which: int) -> str:
        return " ".join(
            f"{CURVE_WIDTH * index / max(1, len(shown) - 1):.1f},{CURVE_HEIGHT * (1 - (pair[which] - low) / span):.1f}"
            for index, pair in enumerate(shown)
        )

    label = f"train {pairs[-1][0]:.4g}, test {pairs[-1][1]:.4g} after {len(pairs)} epochs"
    return format_html(
        '<svg viewBox="-4 -4 {} {}" width="{}" role="img" aria-label="{}" fill="none" stroke-width="2">'
        '<polyline points="{}" stroke="#3b82c4"/><polyline points="{}" stroke="#d97706" stroke-dasharray="5 3"/></svg>'
        "<p>{} (solid: train, dashed: test)</p>",
        CURVE_WIDTH + 8, CURVE_HEIGHT + 8, CURVE_WIDTH, label, points(0), points(1), label,
    )  # fmt: skip
