"""Who may send to whom, and how often. Prevents this server from becoming a relay for spam.

An address is the sender's own once the sender has followed the link that was sent there. Until then it is a
stranger's. All e-mails to one mailbox share one limit: from all senders and of every kind, including confirmation links
and e-mails that staff send again.

Accepted e-mails are counted by numbered rows (CountedMail). The limits are checked before anything is locked. Then the
row with the number after the last one is stored. Of two senders who counted the same rows, one stores this number. The
other checks the limits again. So the limits hold, and the lock is held for a few INSERTs.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError
from django.db.models import Max, Q, QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac

from notifications.exceptions import GuestsMayNotSend, MailLimitReached, RecipientNotAllowed, RunNeeded
from notifications.models import CountedMail, EmailMessage, MailKind
from playground.accounts.addresses import is_same_address, normalize_mailbox
from playground.accounts.user_settings import find_confirmed_address
from playground.closed_accounts import writing_for
from playground.wire.identity import Identity

PER_GUEST_PER_DAY = 5  # e-mails of one visitor without an account
PER_STRANGER_PER_DAY = 5  # e-mails of all kinds to a mailbox that the sender has not confirmed
TO_STRANGERS_PER_USER_PER_DAY = 5  # e-mails of one user to such mailboxes, including confirmation links
TO_STRANGERS_ADDRESS_PERCENT = 20  # share of EMAIL_TO_STRANGERS_PER_HOUR for all senders at one network address
RESETS_PER_MAILBOX_PER_HOUR = 3  # e-mails with links for a new password to one mailbox

MAILBOX_SALT = "notifications.mailbox"  # of the hashes in the database
GUESTS = Q(user=None)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

MAX_CHECKS = 100  # of one message, before its sender is refused because others are always faster
MAX_PAUSE = 0.01  # seconds between two checks of one message: random, so that senders do not collide again

Check = Callable[[EmailMessage], bool]
"""Returns whether the sender has confirmed the recipient's address. Raises if the message may not be sent."""


def authorise(identity: Identity, message: EmailMessage) -> bool:
    """Check a message before it is queued. Return whether its recipient is the sender's confirmed address.

    Without a confirmed address the message loses the sender's words and files: see EmailMessage.own_words.
    Raises GuestsMayNotSend, RecipientNotAllowed, RunNeeded, MailLimitReached.
    """
    message.sender_address = identity.address
    is_own = is_same_address(message.recipient, find_confirmed_address(identity))
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
    """The recipients that a page offers to a sender.

    Parameters
    ----------
    address
        The suggested address. Empty if none is known.
    is_fixed
        Whether the sender may write to this address only.
    """

    address: str
    is_fixed: bool


def find_offer(identity: Identity) -> Offer | None:
    """Return the recipients that a page offers, or None if every e-mail would be refused. Ignores the limits."""
    own = find_confirmed_address(identity)
    if identity.user_id is not None:
        if not own and not settings.EMAIL_TO_ANYONE:
            return None
        return Offer(own, is_fixed=not settings.EMAIL_TO_ANYONE)
    if not settings.EMAIL_FROM_GUESTS:
        return None
    known = find_guest_address(identity) or own
    return Offer(known, is_fixed=bool(known))


def find_guest_address(identity: Identity) -> str:
    """Return the only address that a guest has sent to in this session. Empty before the first, and for a user."""
    if identity.user_id is not None:
        return ""
    sent = EmailMessage.objects.filter(owner=identity.owner).exclude(kind=MailKind.CONFIRMATION)
    return sent.order_by("created").values_list("recipient", flat=True).first() or ""


def check_limits(identity: Identity, recipient: str, *, is_own: bool = False) -> None:
    """Check the limits of the sender and of the mailbox. Messages that failed or were cancelled count, too.

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
    """Check an e-mail with a confirmation link. Returns False: its address is not confirmed.

    Raises MailLimitReached, GuestsMayNotSend.
    """
    message.sender_address = identity.address
    check_limits(identity, message.recipient)
    return False


def check_resend(message: EmailMessage) -> bool:
    """Check a message that staff send again. It counts once more, and its words still need a confirmed address.

    Returns whether the address is confirmed. Raises RecipientNotAllowed, MailLimitReached.
    """
    sender = Identity(message.owner, user_id=message.user_id)
    is_own = message.kind != MailKind.CONFIRMATION and is_same_address(
        message.recipient, find_confirmed_address(sender)
    )
    has_words = message.own_words and message.kind in (MailKind.MESSAGE, MailKind.REPORT)
    if has_words and not (is_own or settings.EMAIL_GUEST_WORDS):
        raise RecipientNotAllowed(f"{message.recipient} is not the sender's confirmed address.")
    check_mailbox(message.recipient, is_own=is_own)
    return is_own


def check_reset(message: EmailMessage, *, is_own: bool) -> bool:
    """Check an e-mail with links for new passwords when it is due. Returns `is_own`.

    is_own: whether an account has confirmed the address. Raises MailLimitReached.
    """
    resets = _to_mailbox(message.recipient, HOUR).filter(kind=MailKind.RESET)
    most = RESETS_PER_MAILBOX_PER_HOUR
    _refuse_over(resets, most, "For new passwords, this address was sent", "an hour")
    check_mailbox(message.recipient, is_own=is_own)
    return is_own


def check_mailbox(recipient: str, *, is_own: bool) -> None:
    """Check the limits on what a mailbox receives and on what the server sends.

    A mailbox whose owner confirmed the address receives as much per hour as one user may send. Any other mailbox
    receives little per day, from all accounts and sessions and for all spellings of its address together.
    Raises MailLimitReached.
    """
    last_hour = CountedMail.objects.filter(created__gt=timezone.now() - HOUR)
    if is_own:
        _refuse_over(_to_mailbox(recipient, HOUR), settings.EMAIL_PER_USER_PER_HOUR, "This address was sent", "an hour")
    else:
        _refuse_over(_to_mailbox(recipient, DAY), PER_STRANGER_PER_DAY, "This address was sent", "a day")
        # Anybody can create accounts. They must not use up the limit that confirmed addresses share.
        strangers = last_hour.filter(to_stranger=True)
        limit = settings.EMAIL_TO_STRANGERS_PER_HOUR
        _refuse_over(strangers, limit, "To addresses that are not confirmed, this server has sent", "an hour")
    _refuse_over(last_hour, settings.EMAIL_PER_HOUR, "This server has sent", "an hour")


def _to_strangers(identity: Identity) -> QuerySet[EmailMessage]:
    """Return the last day's messages of a sender to addresses that the sender had not confirmed.

    Confirmation links count, even if the address is confirmed by now. Reports go to confirmed addresses only.
    """
    own = find_confirmed_address(identity)
    sent = _since(DAY).filter(owner=identity.owner)
    return sent.filter(kind=MailKind.CONFIRMATION) | sent.filter(kind=MailKind.MESSAGE).exclude(recipient__iexact=own)


def _check_network_share(address: str) -> None:
    """Check that one network address does not use up EMAIL_TO_STRANGERS_PER_HOUR. Raises MailLimitReached."""
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
                "You have already sent to another address. A visitor without an account has one.", where="email_address"
            )
    elif not settings.EMAIL_TO_ANYONE:
        raise RecipientNotAllowed("You may send e-mails to your own confirmed address only.", where="email_address")
    elif not settings.EMAIL_GUEST_WORDS:
        _check_has_run(message)


def _check_has_run(message: EmailMessage) -> None:
    if message.run_id is None:
        raise RunNeeded("To an address that is not confirmed, only results of a run are sent.", where="run_id")


def _refuse_over(rows: QuerySet[EmailMessage] | QuerySet[CountedMail], limit: int, who: str, period: str) -> None:
    if rows.count() >= limit:
        raise MailLimitReached(f"{who} {limit:,} e-mails already. The limit is {limit:,} {period}.")


def _since(period: timedelta) -> QuerySet[EmailMessage]:
    return EmailMessage.objects.filter(created__gt=timezone.now() - period)


def _to_mailbox(recipient: str, period: timedelta) -> QuerySet[CountedMail]:
    return CountedMail.objects.filter(mailbox=hash_mailbox(recipient), created__gt=timezone.now() - period)


# --- counting --------------------------------------------------------------------------------------------------------


def store_counted(message: EmailMessage, check: Check, store: Callable[[], None]) -> None:
    """Check a message, then count it and call `store` in one transaction.

    `check` is called again whenever another sender stored a message since. Raises what `check` raises,
    MailLimitReached if other senders are faster too often, and AccountClosed.
    """
    for _ in range(MAX_CHECKS):
        number = _find_last_number() + 1
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
        time.sleep(random.uniform(0, MAX_PAUSE))
    raise MailLimitReached("Too many e-mails are being sent at this moment.")


def hash_mailbox(address: str) -> str:
    """Return a keyed hash of the mailbox, 64 hexadecimal digits. E-mails are counted without storing the address."""
    return salted_hmac(MAILBOX_SALT, normalize_mailbox(address), algorithm="sha256").hexdigest()


def find_old_counts(before: datetime) -> QuerySet[CountedMail]:
    """Return the counts before that time, except the last one: the next number follows it."""
    return CountedMail.objects.filter(created__lt=before).exclude(number=_find_last_number())


def _find_last_number() -> int:
    return CountedMail.objects.aggregate(last=Max("number"))["last"] or 0
