"""Who may send to whom, and how often: so that this never becomes a relay for spam. Called before anything is queued.

An address is the sender's own once they have confirmed it by the link that was sent there; before, it is a stranger's.
All mail to one mailbox shares one limit: of every kind and from every sender, links and what staff send again included.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet
from django.utils import timezone

from notifications.exceptions import GuestsMayNotSend, MailLimitReached, RecipientNotAllowed, RunNeeded
from notifications.mailbox import hash_mailbox, is_same_address
from notifications.models import CountedMail, EmailMessage, MailKind, UserSettings
from playground.wire.identity import Identity

PER_GUEST_PER_DAY = 5  # mails of one visitor without an account
PER_STRANGER_PER_DAY = 5  # mails of all kinds to a mailbox that the sender has not confirmed
TO_STRANGERS_PER_USER_PER_DAY = 5  # mails of one user to such mailboxes, links that confirm an address included
TO_STRANGERS_ADDRESS_PERCENT = 20  # percent of EMAIL_TO_STRANGERS_PER_HOUR for the senders at one network address
RESETS_PER_MAILBOX_PER_HOUR = 3  # mails with links for a new password to one mailbox

GUESTS = Q(user=None)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def authorise(identity: Identity, message: EmailMessage) -> bool:
    """Check a message that is not stored yet, and return whether its recipient is the sender's confirmed address.

    To any other address it loses the sender's words and files: see EmailMessage.own_words.
    Raises GuestsMayNotSend, RecipientNotAllowed, RunNeeded, MailLimitReached.
    """
    message.sender_address = identity.address
    is_own = is_same_address(message.recipient, find_own_address(identity))
    if identity.user_id is None:
        _check_guests_may_send()
    if not is_own:
        _check_other_address(identity, message)
    check_limits(identity, message.recipient, is_own=is_own)
    if not (is_own or settings.EMAIL_GUEST_WORDS):
        message.subject, message.body_text, message.own_words = "", "", False
    return is_own


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
    """Return the confirmed address; empty where there is none. One given at sign-up does not count before."""
    return UserSettings.objects.filter(owner=identity.owner).values_list("email", flat=True).first() or ""


def find_given_address(user_id: int | None) -> str:
    """Return the address of the account itself, confirmed or not; empty for a guest. Only a reset may go there."""
    if user_id is None:
        return ""
    return get_user_model().objects.filter(pk=user_id).values_list("email", flat=True).first() or ""


def find_guest_address(identity: Identity) -> str:
    """Return the one address that a guest has sent to in this session; empty before the first, and for a user."""
    if identity.user_id is not None:
        return ""
    sent = EmailMessage.objects.filter(owner=identity.owner).exclude(kind=MailKind.CONFIRMATION)
    return sent.order_by("created").values_list("recipient", flat=True).first() or ""


def check_limits(identity: Identity, recipient: str, *, is_own: bool = False) -> None:
    """Check the sender's limit and the mailbox's; messages that failed or were cancelled count, too.

    Raises MailLimitReached, GuestsMayNotSend.
    """
    last_hour, last_day = _since(HOUR), _since(DAY)
    if identity.user_id is None:
        _check_guests_may_send()
        _refuse_over(last_day.filter(owner=identity.owner), PER_GUEST_PER_DAY, "You have sent", "a day")
        guests = last_hour.filter(GUESTS).exclude(kind=MailKind.RESET)
        _refuse_over(guests, settings.EMAIL_FROM_GUESTS_PER_HOUR, "Visitors without an account sent", "an hour")
    else:
        _refuse_over(
            last_hour.filter(owner=identity.owner), settings.EMAIL_PER_USER_PER_HOUR, "You have sent", "an hour"
        )
        if not is_own:
            most = TO_STRANGERS_PER_USER_PER_DAY
            _refuse_over(_to_strangers(identity), most, "To addresses that are not confirmed, you have sent", "a day")
    if identity.address and not is_own:
        _check_network_share(identity.address)
    check_mailbox(recipient, is_own=is_own)


def check_confirmation(identity: Identity, message: EmailMessage) -> bool:
    """Check a link that confirms an address: it goes to a stranger. Returns False. Raises as `check_limits`."""
    message.sender_address = identity.address
    check_limits(identity, message.recipient)
    return False


def check_resend(message: EmailMessage) -> bool:
    """Check a message that staff send again: it counts as another mail, and its words need a confirmed address still.

    Returns whether its address is confirmed. Raises RecipientNotAllowed, MailLimitReached.
    """
    sender = Identity(message.owner, user_id=message.user_id)
    is_own = message.kind != MailKind.CONFIRMATION and is_same_address(message.recipient, find_own_address(sender))
    has_words = message.own_words and message.kind in (MailKind.MESSAGE, MailKind.REPORT)
    if has_words and not (is_own or settings.EMAIL_GUEST_WORDS):
        raise RecipientNotAllowed(f"{message.recipient} is not the sender's confirmed address.")
    check_mailbox(message.recipient, is_own=is_own)
    return is_own


def check_reset(message: EmailMessage, *, is_own: bool) -> bool:
    """Check a link for a new password at its delivery. Return `is_own`: whether an account has confirmed the address.

    Raises MailLimitReached.
    """
    resets = _to_mailbox(message.recipient, HOUR).filter(kind=MailKind.RESET)
    most = RESETS_PER_MAILBOX_PER_HOUR
    _refuse_over(resets, most, "For new passwords, this address was sent", "an hour")
    check_mailbox(message.recipient, is_own=is_own)
    return is_own


def check_mailbox(recipient: str, *, is_own: bool) -> None:
    """Check the limits of what a mailbox receives and of what the server sends.

    A mailbox whose owner asked for mail gets as many an hour as one user may send. Any other gets few a day, however
    many accounts, sessions and spellings of its address are used. Raises MailLimitReached.
    """
    last_hour = CountedMail.objects.filter(created__gt=timezone.now() - HOUR)
    if is_own:
        _refuse_over(_to_mailbox(recipient, HOUR), settings.EMAIL_PER_USER_PER_HOUR, "This address was sent", "an hour")
    else:
        _refuse_over(_to_mailbox(recipient, DAY), PER_STRANGER_PER_DAY, "This address was sent", "a day")
        # So that new accounts, which anybody may make, cannot use up what is left for confirmed addresses.
        strangers = last_hour.filter(to_stranger=True)
        limit = settings.EMAIL_TO_STRANGERS_PER_HOUR
        _refuse_over(strangers, limit, "To addresses that are not confirmed, this server has sent", "an hour")
    _refuse_over(last_hour, settings.EMAIL_PER_HOUR, "This server has sent", "an hour")


def _to_strangers(identity: Identity) -> QuerySet[EmailMessage]:
    """Return the last day's messages of a sender to addresses that the sender has not confirmed.

    A report goes to a confirmed address alone. A link counts also where its address was confirmed by it.
    """
    own = find_own_address(identity)
    sent = _since(DAY).filter(owner=identity.owner)
    return sent.filter(kind=MailKind.CONFIRMATION) | sent.filter(kind=MailKind.MESSAGE).exclude(recipient__iexact=own)


def _check_network_share(address: str) -> None:
    """Check that one network address leaves room for others in EMAIL_TO_STRANGERS_PER_HOUR. Raises MailLimitReached."""
    sent = CountedMail.objects.filter(created__gt=timezone.now() - HOUR, to_stranger=True, address=address)
    share = settings.EMAIL_TO_STRANGERS_PER_HOUR * TO_STRANGERS_ADDRESS_PERCENT // 100
    _refuse_over(sent, max(1, share), "To addresses that are not confirmed, your network has sent", "an hour")


def _check_guests_may_send() -> None:
    if not settings.EMAIL_FROM_GUESTS:
        raise GuestsMayNotSend("Visitors without an account may not send e-mails here.")


def _check_other_address(identity: Identity, message: EmailMessage) -> None:
    """Check whether this sender may write to an address that is not confirmed as theirs."""
    if identity.user_id is None:
        _check_has_run(message)
        first = find_guest_address(identity)
        if first and not is_same_address(first, message.recipient):
            raise RecipientNotAllowed(
                "You have sent to another address before; a visitor has one.", where="email_address"
            )
    elif not settings.EMAIL_TO_ANYONE:
        raise RecipientNotAllowed("You may send e-mails to your own confirmed address alone.", where="email_address")
    elif not settings.EMAIL_GUEST_WORDS:
        _check_has_run(message)


def _check_has_run(message: EmailMessage) -> None:
    if message.run_id is None:
        raise RunNeeded("Only results of a run are sent to an address that is not confirmed.", where="run_id")


def _refuse_over(rows: QuerySet[EmailMessage] | QuerySet[CountedMail], limit: int, who: str, period: str) -> None:
    if rows.count() >= limit:
        raise MailLimitReached(f"{who} {limit:,} e-mails already. The limit is {limit:,} {period}.")


def _since(period: timedelta) -> QuerySet[EmailMessage]:
    return EmailMessage.objects.filter(created__gt=timezone.now() - period)


def _to_mailbox(recipient: str, period: timedelta) -> QuerySet[CountedMail]:
    return CountedMail.objects.filter(mailbox=hash_mailbox(recipient), created__gt=timezone.now() - period)
