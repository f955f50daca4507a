"""The mail for a forgotten password: one for a mailbox, with a link for each of its accounts.

The page stores a request and looks nothing up, so that neither its answer nor its time tells which addresses have an
account. Accounts are looked up, limits checked and links made when the mail is delivered.

A link also goes to an address that was given at sign-up and never confirmed. Otherwise nobody who forgot a password
before confirming could come back, and staff would have to help. The price is small: such a mail quotes nobody and
counts towards the few that a mailbox gets a day. A mistyped address lets its owner take the account over until another
is given, as the page of the account shows; once an address is confirmed, resets go there alone.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from notifications import mail
from notifications.exceptions import MailLimitReached
from notifications.mailbox import is_same_address
from notifications.models import EmailMessage, MailKind, UserSettings

MAX_ACCOUNTS = 20
"""Links in one mail. Confirmed accounts come first, then the oldest, so that later accounts push none of them out."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Account:
    """An account that a reset is for. `is_confirmed`: its owner has shown that the mailbox is theirs."""

    user: User
    is_confirmed: bool

    @property
    def title(self) -> str:
        """Return what a mail may call it. Anybody can give a foreign address, so an unconfirmed name is not quoted."""
        if self.is_confirmed:
            return f"The account {self.user.get_username()}"
        return f"An account of {self.user.date_joined:%d %B %Y}"

    def build_link(self) -> str:
        """Return the secret link under which its password is replaced. Never store or log it."""
        arguments = [urlsafe_base64_encode(force_bytes(self.user.pk)), default_token_generator.make_token(self.user)]
        return settings.PUBLIC_URL + reverse("new_password", args=arguments)


def request_reset(address: str) -> None:
    """Store a request for a new password. Raises AddressRefused, HeaderInjection, MailLimitReached.

    MailLimitReached depends on the number of all requests alone, so that it tells nothing about the address.
    """
    since = timezone.now() - timedelta(hours=1)
    # Each request stores a row before any limit of mail applies, so the number of requests is limited here.
    if EmailMessage.objects.filter(kind=MailKind.RESET, created__gt=since).count() >= settings.EMAIL_PER_HOUR:
        logger.warning("a reset was not stored: %d were asked for within an hour", settings.EMAIL_PER_HOUR)
        raise MailLimitReached("Very many people ask for a new password right now.")
    mail.queue_reset(address)


def find_accounts(address: str) -> list[Account]:
    """Return the accounts with this address, which may have a new password."""
    local_part, _, _ = address.rpartition("@")
    # The database compares too little (international domains) or too much, hence the second look.
    alike = Q(email__iexact=address) | Q(email__istartswith=f"{local_part}@")
    users = get_user_model().objects.filter(alike, is_active=True)
    own = [user for user in users if is_same_address(user.email, address) and user.has_usable_password()]
    confirmed = dict(UserSettings.objects.filter(user__in=own).values_list("user_id", "email"))
    accounts = [Account(user, is_same_address(confirmed.get(user.pk, ""), user.email)) for user in own]
    return sorted(accounts, key=lambda account: (not account.is_confirmed, account.user.date_joined))
