"""Limits on how often something may be done in a period, such as sign-ups from one network address.

The counters are in the database, which all processes share. No limit depends on the cache.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from playground.models import Throttle
from playground.wire.address import read_address

KEY_LENGTH = 32  # hexadecimal digits, 128 bits
HOUR = 3600
RESETS_PER_ADDRESS_PER_HOUR = 30  # requests for a new password from one network address
RESETS_PER_NETWORK_PER_HOUR = 100  # requests for a new password from one network (IPv4 /24, IPv6 /48)


@dataclass(frozen=True)
class Limit:
    """At most `most` attempts of one subject within `seconds`, counted from the first attempt."""

    name: str
    most: int
    seconds: int

    def allows(self, subject: str) -> bool:
        """Count this attempt and return whether it is allowed. Of concurrent attempts at most `most` are allowed."""
        row = self._row(subject)
        now = timezone.now()
        expires = now + timedelta(seconds=self.seconds)
        if row.filter(expires__gt=now, count__lt=self.most).update(count=F("count") + 1):
            return True
        if row.filter(expires__gt=now).exists() or self.most < 1:
            return False
        if row.filter(expires__lte=now).update(count=1, expires=expires):
            return True
        _, is_new = Throttle.objects.get_or_create(
            name=self.name, subject=hash_subject(subject), origin="", defaults={"count": 1, "expires": expires}
        )
        return is_new or self.allows(subject)

    def _row(self, subject: str) -> QuerySet[Throttle]:
        return Throttle.objects.filter(name=self.name, subject=hash_subject(subject), origin="")


# Functions, so that tests may override the settings.


def sign_ups_from_address() -> Limit:
    """Return the limit on new accounts from one network address."""
    return Limit("sign-up", settings.SIGN_UPS_PER_ADDRESS_PER_HOUR, HOUR)


def resets_from_address() -> Limit:
    """Return the limit on requests for a new password from one network address."""
    return Limit("reset-address", RESETS_PER_ADDRESS_PER_HOUR, HOUR)


def resets_from_network() -> Limit:
    """Return the limit on requests for a new password from one network (IPv4 /24, IPv6 /48)."""
    return Limit("reset-network", RESETS_PER_NETWORK_PER_HOUR, HOUR)


def hash_subject(subject: str) -> str:
    """Return the key under which an account name, a mailbox or a network address is counted. Case does not matter."""
    return salted_hmac("playground.accounts.throttle", subject.casefold(), algorithm="sha256").hexdigest()[:KEY_LENGTH]


def address_of(request: HttpRequest) -> str:
    """Return the network address of the browser, as the server saw it: see `playground.wire.address`."""
    return read_address(request)


def find_expired() -> QuerySet[Throttle]:
    """Return the rows that no longer count. `manage.py clean` deletes them."""
    return Throttle.objects.filter(expires__lt=timezone.now())
