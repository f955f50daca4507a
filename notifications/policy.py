"""Who may send to whom, and how often: so that this never becomes a relay for spam. Called before anything is queued.

Limits count rows of the outbox, which counts again where another message was stored meanwhile: an owner with many
sockets, or an address with many admirers, gets no further than with one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.utils import timezone

from notifications.exceptions import GuestsMayNotSend, MailLimitReached, RecipientNotAllowed, RunNeeded
from notifications.models import EmailMessage, MailKind, UserSettings
from playground.wire.identity import Identity

GUESTS = Q(user=None)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def authorise(identity: Identity, message: EmailMessage) -> None:
    """Takes out of a message, not stored yet, the words that its sender may not send. Its recipient is parsed.

    A guest's words, to an address that nobody has proven, are none that may be sent.
    Raises GuestsMayNotSend, RecipientNotAllowed, RunNeeded, MailLimitReached.
    """
    is_own = _same(message.recipient, find_own_address(identity))
    if identity.user_id is None:
        _check_guests_may_send()
    if not is_own:
        _check_other_address(identity, message)
    check_limits(identity, message.recipient, is_own=is_own)
    if not (is_own or identity.user_id is not None or settings.EMAIL_GUEST_WORDS):
        message.subject, message.body_text, message.own_words = "", "", False


@dataclass(frozen=True)
class Offer:
    """Whom a sender may write to at all: `address`, empty where none is known yet; that one alone where `is_fixed`."""

    address: str
    is_fixed: bool


def find_offer(identity: Identity) -> Offer | None:
    """What a page may offer; None where whatever was sent would be refused. Limits are looked at when it is sent."""
    own = find_own_address(identity)
    if identity.user_id is not None:
        if not own and not settings.EMAIL_TO_ANYONE:
            return None
        return Offer(own, is_fixed=not settings.EMAIL_TO_ANYONE)
    if not settings.EMAIL_FROM_GUESTS:
        return None
    known = find_guest_address(identity) or own
    return Offer(known, is_fixed=bool(known))


def find_own_address(identity: Identity) -> str:
    """The one that was confirmed, or else the one that whoever made the account gave it; empty where there is none."""
    confirmed = UserSettings.objects.filter(owner=identity.owner).values_list("email", flat=True).first()
    if confirmed or identity.user_id is None:
        return confirmed or ""
    return get_user_model().objects.filter(pk=identity.user_id).values_list("email", flat=True).first() or ""


def find_guest_address(identity: Identity) -> str:
    """The one address that an anonymous visitor has sent to in this session; empty before the first."""
    sent = EmailMessage.objects.filter(owner=identity.owner).exclude(kind=MailKind.CONFIRMATION)
    return sent.order_by("created").values_list("recipient", flat=True).first() or ""


def check_limits(identity: Identity, recipient: str, *, is_own: bool = False) -> None:
    """For any message, links that confirm included; what failed or was cancelled counts, too.

    Raises MailLimitReached, GuestsMayNotSend.
    """
    last_hour, last_day = _since(HOUR), _since(DAY)
    if identity.user_id is None:
        _check_guests_may_send()
        _refuse_over(last_day.filter(owner=identity.owner), settings.EMAIL_PER_GUEST_PER_DAY, "You have sent", "a day")
        _refuse_over(
            last_hour.filter(GUESTS), settings.EMAIL_FROM_GUESTS_PER_HOUR, "Visitors without an account sent", "an hour"
        )
    else:
        _refuse_over(
            last_hour.filter(owner=identity.owner), settings.EMAIL_PER_USER_PER_HOUR, "You have sent", "an hour"
        )
    if not is_own:
        # Whoever did not ask for mail from here gets little of it, however many senders there are.
        received = last_day.alias(address=Lower("recipient")).filter(address=recipient.lower())
        _refuse_over(received, settings.EMAIL_PER_STRANGER_PER_DAY, "This address was sent", "a day")
    _refuse_over(last_hour, settings.EMAIL_PER_HOUR, "This server has sent", "an hour")


def _check_guests_may_send() -> None:
    if not settings.EMAIL_FROM_GUESTS:
        raise GuestsMayNotSend("Visitors without an account may not send e-mails here.")


def _check_other_address(identity: Identity, message: EmailMessage) -> None:
    """May this sender write to an address that is not proven to be theirs?"""
    if identity.user_id is None:
        if message.run_id is None:
            raise RunNeeded("Visitors without an account send what came of their runs alone.", where="run_id")
        first = find_guest_address(identity)
        if first and not _same(first, message.recipient):
            raise RecipientNotAllowed(
                "You have sent to another address before; a visitor has one.", where="email_address"
            )
    elif not settings.EMAIL_TO_ANYONE:
        raise RecipientNotAllowed("You may send e-mails to your own address alone.", where="email_address")


def _refuse_over(messages: QuerySet[EmailMessage], limit: int, who: str, period: str) -> None:
    if messages.count() >= limit:
        raise MailLimitReached(f"{who} {limit:,} e-mails already, which is as many as {period} may have.")


def _since(period: timedelta) -> QuerySet[EmailMessage]:
    return EmailMessage.objects.filter(created__gt=timezone.now() - period)


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()
