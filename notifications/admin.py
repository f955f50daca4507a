"""What staff see of mail: the outbox, to look at, to send again and to cancel, never to edit; and who has set what.

What a message says is shown to those alone who have the permission to read it.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from notifications import outbox, policy
from notifications.models import Attachment, EmailMessage, UserSettings
from notifications.preview import show
from playground.model_admin import ReadOnlyModelAdmin

CONTENT = ("subject", "body_text", "rendered")


class OwnedModelAdmin(ReadOnlyModelAdmin):
    """Rows of a user or a guest, to look at."""

    list_select_related = ("user",)

    @admin.display(description="owner", ordering="user")
    def owner_name(self, row: Any) -> str:
        return row.user.get_username() if row.user else "guest"


class AttachmentInline(admin.TabularInline):
    model = Attachment
    fields = ("name",)
    can_delete = False
    max_num = 0

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(EmailMessage)
class EmailMessageAdmin(OwnedModelAdmin):
    list_display = ("recipient", "kind", "owner_name", "status", "attempts", "last_error", "created", "sent")
    list_filter = ("status", "kind", "created")
    allowed_lookups = (
        "status__exact", "kind__exact",
        "created__gte", "created__lt", "created__year", "created__month", "created__day",
    )  # fmt: skip
    search_fields = ("recipient", "user__username", "id", "run_id", "message_id")
    search_fields_by_permission = {"auth.view_user": ("user__email",)}
    date_hierarchy = "created"
    actions = ["resend_emails", "cancel_emails"]
    inlines = [AttachmentInline]
    fields = (
        "id", "kind", "owner_name", "recipient", "status", "attempts", "next_attempt", "last_error", "run_id",
        "message_id", "created", "sent",
    )  # fmt: skip

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*self.fields, *CONTENT) if request.user.has_perm("notifications.read_emailmessage") else self.fields

    @admin.display(description="as it is sent")
    def rendered(self, message: EmailMessage) -> str | SafeString:
        return show(message)

    @admin.action(description="Send selected e-mails again", permissions=["resend"])
    def resend_emails(self, request: HttpRequest, queryset: QuerySet[EmailMessage]) -> None:
        chosen = list(queryset.values_list("pk", flat=True))
        count, refusals = outbox.resend(chosen, policy.check_resend)
        self.message_user(request, f"{count} of {len(chosen)} e-mails were over and are sent again.")
        for reason, times in Counter(refusals).items():
            self.message_user(request, f"{times} not sent again: {reason}", messages.WARNING)

    @admin.action(description="Cancel selected e-mails", permissions=["cancel"])
    def cancel_emails(self, request: HttpRequest, queryset: QuerySet[EmailMessage]) -> None:
        chosen = list(queryset.values_list("pk", flat=True))
        count = outbox.cancel(chosen)
        self.message_user(request, f"{count} of {len(chosen)} e-mails were still waiting and are cancelled.")

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("notifications.resend_emailmessage")

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("notifications.cancel_emailmessage")


@admin.register(UserSettings)
class UserSettingsAdmin(OwnedModelAdmin):
    list_display = ("__str__", "owner_name", "email", "pending_email", "notify_when_finished", "theme", "beginner_mode")
    list_filter = ("notify_when_finished", "theme", "beginner_mode")
    allowed_lookups = ("notify_when_finished__exact", "theme__exact", "beginner_mode__exact")
    search_fields = ("display_name", "email", "user__username")
    fields = (
        "owner_name", "display_name", "email", "pending_email", "notify_when_finished", "theme", "beginner_mode",
        "updated",
    )  # fmt: skip
