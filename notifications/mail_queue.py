"""The queue of e-mails: the only writer of the state of an EmailMessage.

The state changes by conditional UPDATE, so that of several workers one sends a message. A worker holds a lease on the
message meanwhile (`playground.leases`). If a worker dies between sending and recording, the message is sent twice, with
the same Message-ID. This is the only such case.

Its signals are sent on commit, in the process that stored or delivered the message.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, F, Q, QuerySet
from django.dispatch import Signal
from django.utils import timezone

from notifications.models import Attachment, EmailMessage, MailKind, MailStatus
from notifications.policy import Check, find_old_counts, store_counted
from playground import leases
from playground.cleanup_tasks import CleanupTask, days_ago
from playground.closed_accounts import writing_for
from playground.wire.errors import PlaygroundError
from playground.wire.identity import owner_of

email_queued = Signal()
"""No arguments. A message is due: whatever delivers in this process, a thread or a Celery task, starts now."""

email_delivered = Signal()
"""Arguments: `message` (EmailMessage), which a transport has accepted."""

email_failed = Signal()
"""Arguments: `message` (EmailMessage), which is not tried again. Its `last_error` says why."""

OVER = (MailStatus.SENT, MailStatus.FAILED, MailStatus.CANCELLED)
LEASE_SECONDS = 30  # after which another process claims the message of a process that has ended
MAX_ATTEMPTS = 30  # before a message has failed: about a day
RETRY_SECONDS = 5  # until the second attempt. Each wait is twice the last, up to MAX_WAIT.
MAX_WAIT = 3_600  # seconds between two attempts, at most
MAX_ERROR = 500  # characters of `last_error`
COUNTED_DAYS = 2  # the longest period of a limit is one day


@dataclass(frozen=True)
class Claim:
    """The right to send one message, as long as `token` is in its row."""

    message_id: UUID
    token: str


# --- add and change messages -----------------------------------------------------------------------------------------


def add(message: EmailMessage, names: Sequence[str], check: Check) -> None:
    """Queue a message with the names of its attachments.

    `check` may change the message. It may be called several times: see `policy.store_counted`.
    Raises what `store_counted` raises, and IntegrityError for the second report of a run.
    """

    def store() -> None:
        _insert(message)
        Attachment.objects.bulk_create(Attachment(message=message, name=name) for name in names)

    store_counted(message, check, store)


def add_uncounted(message: EmailMessage) -> None:
    """Queue a message that is checked and counted when it is due (`count`)."""
    message.is_counted = False
    with transaction.atomic():
        _insert(message)


def count(claim: Claim, message: EmailMessage, check: Check) -> None:
    """Check and count a claimed message, once for all its attempts. Raises what `store_counted` raises."""
    if message.is_counted:
        return

    def store() -> None:
        _find_claimed(claim).update(is_counted=True)

    store_counted(message, check, store)


def resend(message_ids: Iterable[UUID], check: Check) -> tuple[int, list[str]]:
    """Queue messages again that are sent, failed or cancelled. Their attempts begin anew, and each counts once more.

    Returns the number of queued messages, and the reason for each message that was refused.
    """
    queued, refusals = 0, []
    for message in EmailMessage.objects.filter(pk__in=list(message_ids), status__in=OVER):
        try:
            queued += _resend(message, check)
        except PlaygroundError as refusal:
            refusals.append(refusal.message)
    return queued, refusals


def cancel(message_ids: Iterable[UUID]) -> int:
    """Cancel messages that no worker is sending. Return the number of cancelled messages."""
    waiting = EmailMessage.objects.filter(pk__in=list(message_ids), status=MailStatus.QUEUED)
    return waiting.update(status=MailStatus.CANCELLED)


def transfer(guest_owner: str, user: User) -> None:
    """Give all messages of a guest to an account. They count towards its limits from now on. Raises AccountClosed."""
    owner = owner_of(user.pk)
    with writing_for(owner):
        EmailMessage.objects.filter(owner=guest_owner).update(owner=owner, user_id=user.pk)


# --- claim and record ------------------------------------------------------------------------------------------------


def claim_next(worker: str) -> Claim | None:
    """Claim the message that is due for longest, or whose lease has expired. None if there is no such message."""
    while (message_id := _find_due().order_by("next_attempt").values_list("pk", flat=True).first()) is not None:
        row = _find_due().filter(pk=message_id)
        if token := leases.claim(row, worker, LEASE_SECONDS, status=MailStatus.SENDING):
            return Claim(message_id, token)
    return None


def has_due() -> bool:
    """Return whether `claim_next` would find a message."""
    return _find_due().exists()


def get_message(claim: Claim) -> EmailMessage | None:
    """Return the claimed message, or None if the lease has expired and another worker has claimed it."""
    return _find_claimed(claim).first()


def renew(claims: Iterable[Claim]) -> None:
    """Extend the leases of messages that are being sent."""
    tokens = [claim.token for claim in claims]
    rows = EmailMessage.objects.filter(worked_by__in=tokens, status=MailStatus.SENDING)
    leases.renew(rows, LEASE_SECONDS)


def record_sent(claim: Claim) -> None:
    """Record that a transport has accepted the message."""
    _record_end(claim, email_delivered, status=MailStatus.SENT, sent=timezone.now(), last_error="")


def record_failure(claim: Claim, reason: str) -> None:
    """Record that the message failed and is not tried again."""
    _record_end(claim, email_failed, status=MailStatus.FAILED, last_error=reason[:MAX_ERROR])


def record_cancelled(claim: Claim, reason: str) -> None:
    """Cancel a claimed message that nobody needs any more, or that a limit stops when it is due."""
    leases.give_back(_find_claimed(claim), status=MailStatus.CANCELLED, last_error=reason[:MAX_ERROR])


def retry_later(claim: Claim, attempts: int, reason: str) -> None:
    """Queue the message for another attempt, or record its failure after MAX_ATTEMPTS attempts."""
    if attempts >= MAX_ATTEMPTS:
        record_failure(claim, f"Given up after {attempts} attempts: {reason}")
        return
    _give_back(claim, compute_wait(attempts), last_error=reason[:MAX_ERROR])


def wait_for_files(claim: Claim, seconds: float) -> None:
    """Queue the message again because files are still being built. Does not count as an attempt."""
    _give_back(claim, seconds, attempts=F("attempts") - 1)


def compute_wait(attempts: int) -> float:
    """Return the seconds until the next attempt: doubled for each attempt, up to an hour, less up to one half.

    "Equal jitter" prevents workers that failed together from trying again together (M. Brooker, "Exponential Backoff
    And Jitter", 2015).
    """
    longest = min(MAX_WAIT, RETRY_SECONDS * 2 ** min(attempts - 1, 20))
    return longest * random.uniform(0.5, 1)


# --- count and delete ------------------------------------------------------------------------------------------------


def count_by_status() -> dict[MailStatus, int]:
    """Return the number of messages in each status."""
    counts = dict(EmailMessage.objects.order_by().values_list("status").annotate(Count("pk")))
    return {status: counts.get(status, 0) for status in MailStatus}


def list_cleanup_tasks() -> Iterator[CleanupTask]:
    """Return what `manage.py clean` deletes: old counts, and e-mails after KEEP_MAIL_DAYS (0: never)."""
    yield CleanupTask("counts of mail", lambda: find_old_counts(days_ago(COUNTED_DAYS)))
    if days := settings.KEEP_MAIL_DAYS:
        yield CleanupTask("e-mails", lambda: _find_over(days_ago(days)))


def delete_finished(owner: str) -> None:
    """Delete the messages of a guest. Those that are queued or being sent stay: KEEP_MAIL_DAYS applies to them."""
    EmailMessage.objects.filter(status__in=OVER, owner=owner).delete()


def _find_over(before: datetime) -> QuerySet[EmailMessage]:
    return EmailMessage.objects.filter(status__in=OVER, created__lt=before)


# --- rows ------------------------------------------------------------------------------------------------------------


def _insert(message: EmailMessage) -> None:
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    message.message_id = f"<{message.pk}@{domain}>"
    message.save(force_insert=True)
    _announce_on_commit()


def _resend(message: EmailMessage, check: Check) -> int:
    is_counted = message.kind != MailKind.RESET  # a reset e-mail is counted when it is due
    updated = 0

    def store() -> None:
        nonlocal updated
        updated = EmailMessage.objects.filter(pk=message.pk, status__in=OVER).update(
            status=MailStatus.QUEUED,
            attempts=0,
            next_attempt=timezone.now(),
            sent=None,
            last_error="",
            is_counted=is_counted,
        )
        _announce_on_commit()

    if is_counted:
        store_counted(message, check, store)
    else:
        with transaction.atomic():
            store()
    return updated


def _announce_on_commit() -> None:
    # Robust: the message is stored, and a later look at the queue finds it if a receiver fails.
    transaction.on_commit(lambda: email_queued.send_robust(sender=EmailMessage), robust=True)


def _find_due() -> QuerySet[EmailMessage]:
    waiting = Q(status=MailStatus.QUEUED, next_attempt__lte=timezone.now())
    return EmailMessage.objects.filter(waiting | Q(status=MailStatus.SENDING) & leases.has_expired())


def _find_claimed(claim: Claim) -> QuerySet[EmailMessage]:
    return EmailMessage.objects.filter(pk=claim.message_id, worked_by=claim.token, status=MailStatus.SENDING)


def _record_end(claim: Claim, signal: Signal, **fields: Any) -> None:
    with transaction.atomic():
        if leases.give_back(_find_claimed(claim), **fields):
            message = EmailMessage.objects.get(pk=claim.message_id)
            # Robust: the outcome stands if a receiver fails.
            transaction.on_commit(lambda: signal.send_robust(sender=EmailMessage, message=message), robust=True)


def _give_back(claim: Claim, seconds: float, **fields: Any) -> None:
    next_attempt = timezone.now() + timedelta(seconds=seconds)
    leases.give_back(_find_claimed(claim), status=MailStatus.QUEUED, next_attempt=next_attempt, **fields)
