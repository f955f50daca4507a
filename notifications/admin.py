"""The queue of e-mails in the admin. Staff see, resend and cancel messages, and edit none.

Only staff with the permission `read_emailmessage` see what a message says. Nobody sees its secret links.
"""

from __future__ import annotations

import base64
import re
from collections import Counter
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import linebreaksbr
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString

from notifications import mail_queue, policy
from notifications.letter import FilesPending, Letter, compose
from notifications.models import Attachment, EmailMessage
from playground.model_admin import OwnedModelAdmin
from playground.wire.errors import PlaygroundError

CONTENT = ("subject", "body_text", "rendered")


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
        return render_preview(message)

    @admin.action(description="Send selected e-mails again", permissions=["resend"])
    def resend_emails(self, request: HttpRequest, queryset: QuerySet[EmailMessage]) -> None:
        chosen = list(queryset.values_list("pk", flat=True))
        count, refusals = mail_queue.resend(chosen, policy.check_resend)
        self.message_user(request, f"{count} of {len(chosen)} e-mails are queued again.")
        for reason, times in Counter(refusals).items():
            self.message_user(request, f"{times} not sent again: {reason}", messages.WARNING)

    @admin.action(description="Cancel selected e-mails", permissions=["cancel"])
    def cancel_emails(self, request: HttpRequest, queryset: QuerySet[EmailMessage]) -> None:
        chosen = list(queryset.values_list("pk", flat=True))
        count = mail_queue.cancel(chosen)
        self.message_user(request, f"{count} of {len(chosen)} e-mails were still queued and are cancelled.")

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("notifications.resend_emailmessage")

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("notifications.cancel_emailmessage")


def render_preview(message: EmailMessage) -> str | SafeString:
    """Return the letter as HTML without secret links: its text, and its HTML in a sandboxed frame.

    The page's content security policy applies to the frame, so the letter is shown without its styles.
    """
    try:
        letter = compose(message, hide_links=True)
    except FilesPending:
        return "The e-mail waits for files that are still being built."
    except PlaygroundError as error:
        return f"The e-mail cannot be composed: {error.message}"
    # `escape`, since templates mark their output as safe and `format_html` would insert it unescaped.
    return format_html(
        '<p>{}</p><p>{}</p><iframe sandbox="" title="The HTML part" srcdoc="{}" width="640" height="480"></iframe>',
        letter.subject, linebreaksbr(escape(letter.body)), escape(_remove_styles(_inline_picture(letter))),
    )  # fmt: skip


def _remove_styles(html: str) -> str:
    """Remove styles, which the policy would refuse and report. In the words of users, quotes are escaped."""
    return re.sub(r'\sstyle="[^"]*"', "", html)


def _inline_picture(letter: Letter) -> str:
    """Return the HTML with its picture as a `data:` URL, since the browser has no parts of an e-mail."""
    if letter.picture is None:
        return letter.html
    content = base64.b64encode(letter.picture.content).decode()
    return letter.html.replace(f"cid:{letter.picture.name}", f"data:image/png;base64,{content}")
