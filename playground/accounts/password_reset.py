"""Forgotten passwords: which accounts a reset e-mail is for.

The page stores a request and does not look for an account. Neither its answer nor its response time shows whether an
address belongs to an account. Accounts are found, limits checked and links built when the e-mail is sent.

A reset e-mail also goes to an address that was given at sign-up and never confirmed. Otherwise nobody who forgot a
password before confirming the address could sign in again without the help of staff. The cost is small: the e-mail
quotes nobody and counts towards the small daily limit of a mailbox. The owner of a mistyped address can take over the
account until another address is given; the account page shows the address. Once an address is confirmed, reset e-mails
go to that address alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db.models import Q

from playground.accounts.addresses import is_same_address
from playground.accounts.links import build_password_link
from playground.accounts.signals import password_reset_requested
from playground.models import UserSettings

MAX_ACCOUNTS = 20
"""Links in one e-mail. Confirmed accounts come first, then the oldest: new accounts cannot displace them."""


@dataclass(frozen=True)
class ResetAccount:
    """An account whose password may be reset by e-mail. `is_confirmed`: the address of the account is confirmed."""

    user: User
    is_confirmed: bool

    @property
    def title(self) -> str:
        """Return what an e-mail calls the account.

        Anybody can give a foreign address at sign-up, so the name of an unconfirmed account is not quoted.
        """
        if self.is_confirmed:
            return f"The account {self.user.get_username()}"
        return f"An account of {self.user.date_joined:%d %B %Y}"

    def build_link(self) -> str:
        """Return the secret link to the page for the new password."""
        return build_password_link(self.user)


def request_reset(address: str) -> None:
    """Ask for a reset e-mail. Raises the errors of the signal's receivers, which do not depend on accounts."""
    password_reset_requested.send(sender=ResetAccount, address=address)


def find_reset_accounts(address: str) -> list[ResetAccount]:
    """Return the active accounts with this address, the confirmed ones first, then by age."""
    local_part, _, _ = address.rpartition("@")
    # The database does not compare like `is_same_address`, so its candidates are compared again.
    candidates = Q(email__iexact=address) | Q(email__istartswith=f"{local_part}@")
    users = get_user_model().objects.filter(candidates, is_active=True)
    own = [user for user in users if is_same_address(user.email, address) and user.has_usable_password()]
    confirmed = dict(UserSettings.objects.filter(user__in=own).values_list("user_id", "email"))
    accounts = [ResetAccount(user, is_same_address(confirmed.get(user.pk, ""), user.email)) for user in own]
    return sorted(accounts, key=lambda account: (not account.is_confirmed, account.user.date_joined))
