"""How often something may be done in a period: counters in the database. Called by the sign-up and the reset.

The database holds the counters, since it is shared by all processes and needed by these pages anyway: no limit
depends on the cache.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from playground.models import Throttle
from playground.wire.address import read_address

KEY_LENGTH = 32  # hexadecimal digits, 128 bits


@dataclass(frozen=True)
class Limit:
    """At most `most` attempts of one `who` within `seconds`, counted from the first."""

    name: str
    most: int
    seconds: int

    def allows(self, who: str) -> bool:
        """Count this attempt and return whether it is allowed. Of concurrent attempts at most `most` are allowed."""
        row = self._row(who)
        now = timezone.now()
        expires = now + timedelta(seconds=self.seconds)
        if row.filter(expires__gt=now, count__lt=self.most).update(count=F("count") + 1):
            return True
        if row.filter(expires__gt=now).exists() or self.most < 1:
            return False
        if row.filter(expires__lte=now).update(count=1, expires=expires):
            return True
        _, is_new = Throttle.objects.get_or_create(
            name=self.name, subject=hash_subject(who), origin="", defaults={"count": 1, "expires": expires}
        )
        return is_new or self.allows(who)

    def _row(self, who: str) -> QuerySet[Throttle]:
        return Throttle.objects.filter(name=self.name, subject=hash_subject(who), origin="")


def hash_subject(who: str) -> str:
    """Return the key under which an account's name, a mailbox or an address is counted, without regard to case."""
    return salted_hmac("playground.accounts.throttle", who.casefold(), algorithm="sha256").hexdigest()[:KEY_LENGTH]


def address_of(request: HttpRequest) -> str:
    """Return the network address of the browser as the server saw it: see `playground.wire.address`."""
    return read_address(request)


def find_expired() -> QuerySet[Throttle]:
    """Return the rows that no longer count. `manage.py clean` deletes them."""
    return Throttle.objects.filter(expires__lt=timezone.now())
