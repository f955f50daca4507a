"""The queue of e-mails: messages, the names of their attachments, and the counts that limits use.

`owner` is an `Identity.owner`. Only `notifications/mail_queue.py` writes the state of a message.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone


class MailStatus(models.TextChoices):
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    CANCELLED = "cancelled"


class MailKind(models.TextChoices):
    MESSAGE = "message", "asked for"
    REPORT = "report", "report of a finished run"
    CONFIRMATION = "confirmation", "confirmation of an address"
    RESET = "reset", "link for a new password"


class EmailMessage(models.Model):
    """One message to one address. Its letter is composed when it is delivered, so that no secret link is stored."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.CharField(max_length=100, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, editable=False)
    kind = models.CharField(max_length=12, choices=MailKind, default=MailKind.MESSAGE)
    recipient = models.CharField(max_length=254)
    subject = models.CharField(max_length=200, blank=True, help_text="Empty: made from the run.")
    body_text = models.TextField(blank=True, help_text="Empty: made from the run.")
    own_words = models.BooleanField(default=True, help_text="It may quote the sender, down to the name of the run.")
    is_counted = models.BooleanField(default=True, editable=False, help_text="It has a row in CountedMail.")
    run_id = models.UUIDField(null=True, blank=True)
    message_id = models.CharField(max_length=320, help_text="The Message-ID of every attempt.")

    status = models.CharField(max_length=9, choices=MailStatus, default=MailStatus.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt = models.DateTimeField(default=timezone.now)
    worked_by = models.CharField(max_length=100, blank=True, help_text="The worker that holds the lease.")
    lease_until = models.DateTimeField(null=True, blank=True, help_text="When another worker may claim the message.")
    last_error = models.CharField(max_length=500, blank=True)
    created = models.DateTimeField(auto_now_add=True)
    sent = models.DateTimeField(null=True, blank=True)

    sender_address = ""
    """Keyed hash of the sender's network address, for the checks and counts. Not a field."""

    class Meta:
        ordering = ["-created"]
        indexes = [
            models.Index(fields=["status", "next_attempt"]),
            models.Index(fields=["-created"]),
            models.Index(fields=["owner", "-created"]),
            models.Index(fields=["created"]),
            models.Index(fields=["user", "-created"], name="mail_by_user"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["run_id"], condition=models.Q(kind="report"), name="one_report_a_run"),
        ]
        permissions = [
            ("read_emailmessage", "Can read what e-mails say"),
            ("resend_emailmessage", "Can send e-mails again"),
            ("cancel_emailmessage", "Can cancel e-mails"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} to {self.recipient}"


class CountedMail(models.Model):
    """One e-mail that was accepted for one mailbox. The limits count these rows.

    A row contains keyed hashes instead of names and refers to no message, so that deleting a message, an account or a
    session does not free a limit. `number` increases without gaps: see `notifications/policy.py`.
    """

    number = models.PositiveBigIntegerField(unique=True)
    mailbox = models.CharField(max_length=64, help_text="Keyed hash of the mailbox.")
    kind = models.CharField(max_length=12, choices=MailKind)
    to_stranger = models.BooleanField(help_text="The sender had not confirmed the address.")
    address = models.CharField(max_length=32, blank=True, help_text="Keyed hash of the sender's network address.")
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(fields=["mailbox", "-created"], name="counted_by_mailbox"),
            models.Index(fields=["-created"], name="counted_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, number {self.number}"


class Attachment(models.Model):
    """The name of a file of the message's run. The file is read when the message is delivered."""

    message = models.ForeignKey(EmailMessage, on_delete=models.CASCADE, related_name="attachments")
    name = models.CharField(max_length=40)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["message", "name"], name="mail_attachment_once")]

    def __str__(self) -> str:
        return self.name
