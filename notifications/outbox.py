"""The ONLY writer of a message's state: put in, claim, record what became of it. Called by mail, delivery and admin.

A state changes by conditional UPDATE, so that of two deliverers one sends. A claim lapses with its lease: a deliverer
that dies between sending and recording is the one case in which a message goes out twice, under one Message-ID.

Accepted mails are numbered (CountedMail). The limits are counted before anything is locked. Then the number after the
last one counted is stored, which one sender can do; another sender, who was overtaken, counts again. So the limits
hold, and the lock is held for a few INSERTs.
"""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Count, F, Max, Q, QuerySet
from django.dispatch import Signal
from django.utils import timezone

from notifications.exceptions import MailLimitReached
from notifications.mailbox import hash_mailbox
from notifications.models import Attachment, CountedMail, EmailMessage, MailKind, MailStatus
from notifications.signals import email_delivered, email_failed, email_queued
from playground.closing import writing_for
from playground.wire.errors import PlaygroundError
from playground.wire.identity import Identity

LEASE_SECONDS = 30  # after which another process takes over the message of a process that is silent
MAX_ATTEMPTS = 30  # before a message has failed: about a day
RETRY_SECONDS = 5  # until the second attempt; each wait is twice the last, up to MAX_WAIT

OVER = (MailStatus.SENT, MailStatus.FAILED, MailStatus.CANCELLED)
MAX_WAIT = 3_600  # seconds between two attempts, at most
MAX_ERROR = 500
MAX_OVERTAKEN = 100  # times, before whoever wants to store a message is sent away
STEP_ASIDE = 0.01  # seconds that whoever was overtaken waits at most, so that not all of them come back at once


@dataclass(frozen=True)
class Claim:
    """The right to send one message, for as long as `token` stands in its row."""

    message_id: UUID
    token: str


Check = Callable[[EmailMessage], bool]
"""Returns whether the sender has confirmed the recipient's address. Raises where the message may not be sent."""


def add(message: EmailMessage, names: Sequence[str], check: Check) -> None:
    """Store a queued message with the names of its attachments, or nothing.

    `check` may change the message. It is called again after each mail that another sender stored meanwhile.
    Raises what `check` raises, MailLimitReached where other senders are faster too often, IntegrityError.
    """

    def store() -> None:
        _insert(message)
        Attachment.objects.bulk_create(Attachment(message=message, name=name) for name in names)

    _store_counted(message, check, store)


def add_uncounted(message: EmailMessage) -> None:
    """Store a queued message that `count` counts when it is delivered."""
    message.is_counted = False
    with transaction.atomic():
        _insert(message)


def count(claim: Claim, message: EmailMessage, check: Check) -> None:
    """Count a claimed message once, however often it is tried. Raises what `check` raises, and MailLimitReached."""
    if message.is_counted:
        return

    def store() -> None:
        _held(claim).update(is_counted=True)

    _store_counted(message, check, store)


def resend(message_ids: Iterable[UUID], check: Check) -> tuple[int, list[str]]:
    """Queue again what is over, with all its attempts before it.

    Each counts as another mail to its mailbox. Returns how many are queued, and why others are not.
    """
    queued, refusals = 0, []
    for message in EmailMessage.objects.filter(pk__in=list(message_ids), status__in=OVER):
        try:
            queued += _resend(message, check)
        except PlaygroundError as refusal:
            refusals.append(refusal.message)
    return queued, refusals


def claim_next(worker: str) -> Claim | None:
    """The message that is due for longest, or that one who was lost left."""
    now = timezone.now()
    due = _due()
    while (message_id := due.order_by("next_attempt").values_list("pk", flat=True).first()) is not None:
        token = f"{worker}:{uuid.uuid4().hex[:12]}"
        taken = due.filter(pk=message_id).update(
            status=MailStatus.SENDING, worked_by=token, lease_until=now + _lease(), attempts=F("attempts") + 1
        )
        if taken:
            return Claim(message_id, token)
    return None


def has_due() -> bool:
    """Whether a claim would find something."""
    return _due().exists()


def get_message(claim: Claim) -> EmailMessage | None:
    """None where the claim has lapsed and somebody else has the message."""
    return _held(claim).first()


def renew(claims: Iterable[Claim]) -> None:
    """Prolongs the leases of what is being sent right now."""
    tokens = [claim.token for claim in claims]
    EmailMessage.objects.filter(worked_by__in=tokens, status=MailStatus.SENDING).update(
        lease_until=timezone.now() + _lease()
    )


def record_sent(claim: Claim) -> None:
    _end(claim, email_delivered, status=MailStatus.SENT, sent=timezone.now(), last_error="")


def record_failure(claim: Claim, reason: str) -> None:
    """For good: the message is not tried again."""
    _end(claim, email_failed, status=MailStatus.FAILED, last_error=reason[:MAX_ERROR])


def record_dropped(claim: Claim, reason: str) -> None:
    """Cancel a message that nobody needs any more, or that the limits stop at its delivery."""
    _held(claim).update(status=MailStatus.CANCELLED, worked_by="", lease_until=None, last_error=reason[:MAX_ERROR])


def retry_later(claim: Claim, attempts: int, reason: str) -> None:
    """Queued again after `compute_wait`, or failed where it has been tried often enough."""
    if attempts >= MAX_ATTEMPTS:
        record_failure(claim, f"Given up after {attempts} attempts: {reason}")
        return
    _put_back(claim, compute_wait(attempts), last_error=reason[:MAX_ERROR])


def await_files(claim: Claim, seconds: float) -> None:
    """Queued again until files are built, which is no attempt."""
    _put_back(claim, seconds, attempts=F("attempts") - 1)


def compute_wait(attempts: int) -> float:
    """Seconds until the next attempt after so many: doubled each time, up to an hour, and up to half of it less.

    "Equal jitter": senders that failed together do not come back together (M. Brooker, "Exponential Backoff And
    Jitter", 2015).
    """
    longest = min(MAX_WAIT, RETRY_SECONDS * 2 ** min(attempts - 1, 20))
    return longest * random.uniform(0.5, 1)


def cancel(message_ids: Iterable[UUID]) -> int:
    """Cancels what nobody is sending yet, and returns how many that were."""
    waiting = EmailMessage.objects.filter(pk__in=list(message_ids), status=MailStatus.QUEUED)
    return waiting.update(status=MailStatus.CANCELLED)


def find_over(before: datetime) -> QuerySet[EmailMessage]:
    """Return the messages stored before that time which are not sent any more."""
    return EmailMessage.objects.filter(status__in=OVER, created__lt=before)


def find_counted(before: datetime) -> QuerySet[CountedMail]:
    """Return the counted mails before that time. The last one stays: its number is counted on from."""
    return CountedMail.objects.filter(created__lt=before).exclude(number=_last_number())


def find_over_of(owner: str) -> QuerySet[EmailMessage]:
    """Return the messages of an owner that are not sent any more."""
    return EmailMessage.objects.filter(status__in=OVER, owner=owner)


def delete(messages: QuerySet[EmailMessage]) -> None:
    messages.delete()


def count_by_status() -> dict[MailStatus, int]:
    counts = dict(EmailMessage.objects.order_by().values_list("status").annotate(Count("pk")))
    return {status: counts.get(status, 0) for status in MailStatus}


def _store_counted(message: EmailMessage, check: Check, store: Callable[[], None]) -> None:
    """Call `check`, then `store` in one transaction with the message's row in CountedMail."""
    for _ in range(MAX_OVERTAKEN):
        number = _last_number() + 1
        is_confirmed = check(message)
        try:
            with writing_for(message.owner):
                CountedMail.objects.create(
                    number=number,
                    mailbox=hash_mailbox(message.recipient),
                    kind=message.kind,
                    to_stranger=not is_confirmed,
                    address=message.sender_address,
                )
                store()
                return
        except IntegrityError:
            if not CountedMail.objects.filter(number=number).exists():
                raise
        time.sleep(random.uniform(0, STEP_ASIDE))
    raise MailLimitReached("So many e-mails are being sent at this moment that this one found no place.")


def _insert(message: EmailMessage) -> None:
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    message.message_id = f"<{message.pk}@{domain}>"
    message.save(force_insert=True)
    _tell_on_commit()


def _resend(message: EmailMessage, check: Check) -> int:
    is_counted = message.kind != MailKind.RESET  # a reset is counted when it is delivered
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
        _tell_on_commit()

    if is_counted:
        _store_counted(message, check, store)
    else:
        with transaction.atomic():
            store()
    return updated


def _last_number() -> int:
    return CountedMail.objects.aggregate(last=Max("number"))["last"] or 0


def _tell_on_commit() -> None:
    # Robust: what is stored is found sooner or later, also where nobody could be told.
    transaction.on_commit(lambda: email_queued.send_robust(sender=EmailMessage), robust=True)


def hand_over(owner: str, to: Identity) -> None:
    """All messages of a guest are those of an account from now on, also while they are being sent."""
    EmailMessage.objects.filter(owner=owner).update(owner=to.owner, user_id=to.user_id)


def _held(claim: Claim) -> QuerySet[EmailMessage]:
    return EmailMessage.objects.filter(pk=claim.message_id, worked_by=claim.token, status=MailStatus.SENDING)


def _end(claim: Claim, signal: Signal, **fields: Any) -> None:
    with transaction.atomic():
        if _held(claim).update(worked_by="", lease_until=None, **fields):
            message = EmailMessage.objects.get(pk=claim.message_id)
            # Robust: whoever listens may fail without the message being taken for unsent.
            transaction.on_commit(lambda: signal.send_robust(sender=EmailMessage, message=message), robust=True)


def _due() -> QuerySet[EmailMessage]:
    now = timezone.now()
    return EmailMessage.objects.filter(
        Q(status=MailStatus.QUEUED, next_attempt__lte=now) | Q(status=MailStatus.SENDING, lease_until__lt=now)
    )


def _put_back(claim: Claim, seconds: float, **fields: Any) -> None:
    next_attempt = timezone.now() + timedelta(seconds=seconds)
    _held(claim).update(status=MailStatus.QUEUED, worked_by="", lease_until=None, next_attempt=next_attempt, **fields)


def _lease() -> timedelta:
    return timedelta(seconds=LEASE_SECONDS)
